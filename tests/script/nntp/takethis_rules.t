# reliability rows 25, 26: what a peer may send; the id must be that of the article
only store
set relay
C: TAKETHIS <t1@koko.test>
C: Path: peer.example!not-for-mail
C: From: x@peer.example
C: Newsgroups: koko.test
C: Subject: S
C: Date: Mon, 23 Nov 2026 13:00:00 +0000
C: Message-ID: <other@koko.test>
C:
C: text
C: .
C: TAKETHIS <t2@koko.test>
C: Path: peer.example!not-for-mail
C: From: x@peer.example
C: From: x@peer.example
C: Newsgroups: koko.test
C: Subject: S
C: Date: Mon, 23 Nov 2026 13:00:00 +0000
C: Message-ID: <t2@koko.test>
C:
C: text
C: .
C: TAKETHIS <t3@koko.test>
C: Path: peer.example!news.koko.test!not-for-mail
C: From: x@peer.example
C: Newsgroups: koko.test
C: Subject: a loop
C: Date: Mon, 23 Nov 2026 13:00:00 +0000
C: Message-ID: <t3@koko.test>
C:
C: text
C: .
C: TAKETHIS <t4@koko.test>
C: Path: peer.example!not-for-mail
C: From: x@peer.example
C: Newsgroups: koko.none
C: Subject: none of our groups
C: Date: Mon, 23 Nov 2026 13:00:00 +0000
C: Message-ID: <t4@koko.test>
C:
C: text
C: .
S: 439 <t1@koko.test> *
S: 439 <t2@koko.test> *
S: 439 <t3@koko.test> *
S: 439 <t4@koko.test> *
