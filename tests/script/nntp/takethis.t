# RFC 4644 section 2.5; answers stand in order, whatever they wait for
set relay
C: MODE STREAM
C: TAKETHIS <t1@koko.test>
C: Path: peer.example!not-for-mail
C: From: x@peer.example
C: Newsgroups: koko.test
C: Subject: S
C: Date: Mon, 23 Nov 2026 13:00:00 +0000
C: Message-ID: <t1@koko.test>
C:
C: ..text
C: .
C: CHECK <a1@koko.test>
C: CHECK <t2@koko.test>
C: TAKETHIS <a1@koko.test>
C: Path: peer.example!not-for-mail
C: From: x@peer.example
C: Newsgroups: koko.test
C: Subject: S
C: Date: Mon, 23 Nov 2026 13:00:00 +0000
C: Message-ID: <a1@koko.test>
C:
C: known
C: .
C: TAKETHIS <t3@koko.test>
C: Message-ID: <t3@koko.test>
C:
C: no group
C: .
C: DATE
C: TAKETHIS <t4@koko.test>
C: Path: peer.example!not-for-mail
C: From: x@peer.example
C: Newsgroups: koko.test
C: Subject: S
C: Date: Mon, 23 Nov 2026 13:00:00 +0000
C: Message-ID: <t4@koko.test>
C:
C: text
C: .
C: QUIT
S: 203 *
S: 239 <t1@koko.test>
S: 438 <a1@koko.test>
S: 238 <t2@koko.test>
S: 439 <a1@koko.test> *
S: 439 <t3@koko.test> *
S: 111 *
S: 239 <t4@koko.test>
S: 205 *
closed
