# RFC 3977 section 6.3.1; dots are undone
as anna
C: POST
S: 340 *
C: From: Anna <anna@koko.test>
C: Newsgroups: koko.empty
C: Subject: New
C: Date: Mon, 23 Nov 2026 14:00:00 +0000
C: Message-ID: <new@koko.test>
C:
C: ..one dot
C: ...
C: .
S: 240 <new@koko.test>
C: GROUP koko.empty
S: 211 1 1 1 koko.empty
C: BODY
S: 222 1 <new@koko.test>
S: ..one dot
S: ...
S: .
C: POST now
S: 501 *
