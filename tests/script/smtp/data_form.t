# reliability rows 20, 21, 23, 24: only CRLF.CRLF ends a mail; nothing in it is taken for a command
as anna
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
S: 250 *
S: 250 *
S: 354 *
C< From: anna@koko.test\r\nSubject: s\r\n\r\ntext\n.\nMAIL FROM:<anna@koko.test>\r\n.\r
C< \n
S: 554 5.6.0 LF *
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
S: 250 *
S: 250 *
S: 354 *
C< From: anna@koko.test\r\nSubject: s\r\n\r\ntext\r\n.\n\r\n.\r\r\n\r.\rNOOP\r\n.\r\n
S: 554 5.6.0 CR *
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
S: 250 *
S: 250 *
S: 354 *
C< From: anna@koko.test\r\nSubject: s\r\n\r\na\0b\r\n.\r\n
S: 554 5.6.0 NUL *
C: NOOP
S: 250 *
open
