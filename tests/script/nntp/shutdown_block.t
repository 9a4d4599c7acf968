# A block under way is taken and answered first.
set relay
C: TAKETHIS <t1@koko.test>
C: Path: peer.example!not-for-mail
C: From: x@peer.example
C: Newsgroups: koko.test
C: Subject: S
C: Date: Mon, 23 Nov 2026 13:00:00 +0000
C: Message-ID: <t1@koko.test>
shutdown
open
C:
C: text
C: .
S: 239 <t1@koko.test>
S: 400 *
closed
