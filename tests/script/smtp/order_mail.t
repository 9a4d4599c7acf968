as anna
C: EHLO x
S~ 250 SMTPUTF8
C: RCPT TO:<koko.test@koko.test>
S: 503 5.5.1 *
C: DATA
S: 503 5.5.1 *
C: MAIL FROM:<anna@koko.test>
S: 250 2.1.0 *
C: MAIL FROM:<anna@koko.test>
S: 503 5.5.1 *
C: DATA
S: 554 5.5.1 *
C: RSET
S: 250 2.0.0 *
C: RCPT TO:<koko.test@koko.test>
S: 503 5.5.1 *
# EHLO forgets the mail under way
C: MAIL FROM:<anna@koko.test>
S: 250 2.1.0 *
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<anna@koko.test>
S: 250 2.1.0 *
open
