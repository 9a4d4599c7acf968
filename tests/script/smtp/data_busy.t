only fake
as anna
C: EHLO x
S~ 250 SMTPUTF8
set post busy
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
C: Subject: s
C: .
S: 250 *
S: 250 *
S: 354 *
S: 451 4.3.0 *
set post none
set done full
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
C: Subject: s
C: .
S: 250 *
S: 250 *
S: 354 *
S: 452 4.3.1 *
open
