# RFC 3977 section 6.3.2
set relay
C: IHAVE <a1@koko.test>
S: 435 *
C: IHAVE <i1@koko.test>
S: 335 *
C: Path: peer.example!not-for-mail
C: From: x@peer.example
C: Newsgroups: koko.test
C: Subject: S
C: Date: Mon, 23 Nov 2026 13:00:00 +0000
C: Message-ID: <i1@koko.test>
C:
C: text
C: .
S: 235 *
C: IHAVE <i1@koko.test>
S: 435 *
C: IHAVE <i2@koko.test>
S: 335 *
C: Message-ID: <i2@koko.test>
C:
C: no group
C: .
S: 437 *
C: IHAVE
S: 501 *
C: IHAVE i5
S: 501 *
