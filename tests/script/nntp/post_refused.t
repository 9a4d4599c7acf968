# reliability rows 20, 23, 24: refused at the end of the block, and the conversation goes on
as anna
C: POST
S: 340 *
C: .
S: 441 *
C: POST
S: 340 *
C: From: Anna <anna@koko.test>
C: Subject: no newsgroups
C:
C: text
C: .
S: 441 *
C: POST
S: 340 *
C: From: Anna <anna@koko.test>
C: Newsgroups: koko.none
C: Subject: no such group
C:
C: text
C: .
S: 441 *
C: POST
S: 340 *
C< Newsgroups: koko.test\r\nMessage-ID: <n@koko.test>\r\n\r\na\0b\r\n.\r\n
S: 441 NUL *
C: POST
S: 340 *
C< Newsgroups: koko.test\r\nMessage-ID: <n@koko.test>\r\n\r\nbare\nline\r\n.\r\n
S: 441 LF *
C: POST
S: 340 *
C< Newsgroups: koko.test\r\nMessage-ID: <n@koko.test>\r\n\r\nbare\rline\r\n.\r\n
S: 441 CR *
C: POST
S: 340 *
C< Newsgroups: koko.test\r\nMessage-ID: <n@koko.test>\r\n\r\n.\r\r\n\n.\n\r\n.\r
C< \n
S: 441 *
C: DATE
S: 111 *
open
