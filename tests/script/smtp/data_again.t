# A program that did not hear the answer sends the mail once more
as anna
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
C: From: Anna <anna@koko.test>
C: Subject: Again
C: Message-ID: <a1@koko.test>
C:
C: text
C: .
S: 250 *
S: 250 *
S: 354 *
S: 554 5.6.0 *
open
