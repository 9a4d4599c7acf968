# A group that others have too stands alone in its article
as anna
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<anna@koko.test>
S: 250 *
C: RCPT TO:<koko.open@koko.test>
S: 250 2.1.5 *
C: RCPT TO:<koko.open@koko.test>
S: 250 2.1.5 *
C: RCPT TO:<koko.test@koko.test>
S: 550 5.7.1 *
C: RSET
S: 250 *
C: MAIL FROM:<anna@koko.test>
S: 250 *
C: RCPT TO:<koko.test@koko.test>
S: 250 2.1.5 *
C: RCPT TO:<koko.empty@koko.test>
S: 250 2.1.5 *
C: RCPT TO:<koko.open@koko.test>
S: 550 5.7.1 *
open
