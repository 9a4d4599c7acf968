# reliability rows 20, 25, 26: what an author may send.  RFC 5536 section 3.1
only store
as anna
C: POST
S: 340 *
C: From: Bert <bert@koko.test>
C: Newsgroups: koko.test
C: Subject: in another's name
C:
C: text
C: .
S: 441 *
C: POST
S: 340 *
C: From: Anna <anna@koko.test>
C: From: Anna <anna@koko.test>
C: Newsgroups: koko.test
C: Subject: twice
C:
C: text
C: .
S: 441 *
C: POST
S: 340 *
C: From: Anna <anna@koko.test>
C: Newsgroups: koko.test
C: Newsgroups: koko.empty
C: Subject: twice
C:
C: text
C: .
S: 441 *
C: POST
S: 340 *
C: From: Anna <anna@koko.test>
C: Newsgroups: koko.test
C: Subject: no body
C: .
S: 441 *
C: POST
S: 340 *
C: From: Anna <anna@koko.test>
C: Newsgroups: koko.test
C* 999 Subject: 
C:
C:
C: text
C: .
S: 441 *
C: POST
S: 340 *
C: From: Anna <anna@koko.test>
C: Newsgroups: koko.board
C: Subject: read only
C:
C: text
C: .
S: 441 you may not post in koko.board
C: POST
S: 340 *
C: From: Anna <anna@koko.test>
C: Newsgroups: koko.closed
C: Subject: of others
C:
C: text
C: .
S: 441 no such group: koko.closed
C: POST
S: 340 *
C: From: Anna <anna@koko.test>
C: Newsgroups: koko.test
C: Subject: known
C: Message-ID: <a1@koko.test>
C:
C: text
C: .
S: 441 *
