# Its block is read in any case: no line of it is a command.
set relay
C: TAKETHIS
C: QUIT
C: .
C: TAKETHIS t1
C: QUIT
C: .
C: TAKETHIS <t1@koko.test> <t2@koko.test>
C: QUIT
C: .
S: 501 *
S: 501 *
S: 501 *
C< TAKETHIS <t5@koko.test>\r\nNewsgroups: koko.test\r\n\r\na\nb\r\n.\r\nDATE\r\n
S: 439 <t5@koko.test> *
S: 111 *
C< TAKETHIS <t6@koko.test>\r\nNewsgroups: koko.test\r\n\r\n\n.\nQUIT\r\n.\r
C< \nDATE\r\n
S: 439 <t6@koko.test> *
S: 111 *
open
# a CHECK that is no CHECK waits for its turn, too
C: TAKETHIS <t7@koko.test>
C: Path: peer.example!not-for-mail
C: From: x@peer.example
C: Newsgroups: koko.test
C: Subject: S
C: Date: Mon, 23 Nov 2026 13:00:00 +0000
C: Message-ID: <t7@koko.test>
C:
C: text
C: .
C: CHECK <t8@koko.test> x
C: CHECK t8
S: 239 <t7@koko.test>
S: 501 *
S: 501 *
