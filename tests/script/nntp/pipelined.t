# RFC 3977 section 3.5: many commands in one segment, one answer each, in order
C: AUTHINFO USER anna
C: AUTHINFO PASS anna
C: MODE READER
C: GROUP koko.test
C: ARTICLE
C: NOSUCH
C: OVER 1-2
C: LISTGROUP koko.empty
C: STAT
C: QUIT
S: 381 *
S: 281 *
S: 200 *
S: 211 4 1 5 koko.test
S: 220 1 *
S~ .
S: 500 *
S: 224 *
S: 1	*
S: 2	*
S: .
S: 211 0 1 0 koko.empty list follows
S: .
S: 420 *
S: 205 *
closed
