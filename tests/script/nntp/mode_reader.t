# RFC 3977 section 5.3: it changes nothing
as anna
C: GROUP koko.test
S: 211 4 1 5 koko.test
C: mode reader
S: 200 *
C: STAT
S: 223 1 <a1@koko.test>
C: MODE READER now
S: 501 *
C: MODE
S: 501 *
C: MODE OTHER
S: 501 *
