# RFC 3977 section 6.2.2 to 6.2.4
as anna
C: HEAD
S: 412 *
C: BODY
S: 412 *
C: GROUP koko.test
S: 211 *
C: HEAD 5
S: 221 5 <a5@koko.test>
S: Path: news.koko.test!not-for-mail
S~ References: <a4@koko.test>
S: Xref: news.koko.test koko.test:5
S: .
C: BODY
S: 222 5 <a5@koko.test>
S: Body of 5.
S: ..a dot
S: ...
S: end
S: .
C: STAT 2
S: 223 2 <a2@koko.test>
C: HEAD 3
S: 423 *
C: BODY 3
S: 423 *
C: STAT 3
S: 423 *
C: STAT <none@koko.test>
S: 430 *
C: GROUP koko.empty
C: HEAD
C: BODY
C: STAT
C: ARTICLE
S: 211 *
S: 420 *
S: 420 *
S: 420 *
S: 420 *
