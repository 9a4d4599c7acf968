# There is no memory for the mail: it is read to its end and refused for now; the next is taken
as anna
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
S: 250 *
S: 250 *
S: 354 *
C: From: Anna <anna@koko.test>
C: Subject: big
C:
C: text
full
C: more text
C: .
S: 452 4.3.1 too much mail is coming in at once, try again later
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
S: 250 *
S: 250 *
S: 354 *
full
C: From: Anna <anna@koko.test>
C: .
S: 452 4.3.1 *
# between two commands it means nothing
full
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
S: 250 *
S: 250 *
S: 354 *
C: From: Anna <anna@koko.test>
C: Subject: small
C:
C: text
C: .
S: 250 2.0.0 <*
open
