# An author may send 4 KiB here; what servers added to it on the way is taken too.
set relay
C: TAKETHIS <t1@koko.test>
C: Path: peer.example!not-for-mail
C: From: x@peer.example
C: Newsgroups: koko.test
C: Subject: S
C: Date: Mon, 23 Nov 2026 13:00:00 +0000
C: Message-ID: <t1@koko.test>
C:
C* 4400 
C: 
C: .
S: 239 <t1@koko.test>
C: TAKETHIS <t2@koko.test>
C: Newsgroups: koko.test
C: Message-ID: <t2@koko.test>
C:
C* 9000 
C: 
C: .
C: CHECK <t2@koko.test>
S: 439 <t2@koko.test> *
S: 238 <t2@koko.test>
