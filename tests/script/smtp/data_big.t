# reliability row 20: read to its end, refused, and the conversation goes on
as anna
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
S: 250 *
S: 250 *
S: 354 *
C: From: anna@koko.test
C: Subject: big
C:
C* 5000 x
C:
C: .
S: 552 5.3.4 *
C: NOOP
S: 250 *
open
