# The null sender, and automatic replies: to persons, never into groups
as anna
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<>
S: 250 2.1.0 *
C: RCPT TO:<koko.test@koko.test>
S: 550 5.7.1 mail without a sender does not enter groups
C: RCPT TO:<bert@koko.test>
S: 250 2.1.5 *
C: DATA
S: 354 *
C: From: Anna <anna@koko.test>
C: Auto-Submitted: auto-replied
C: Message-ID: <delivered@koko.test>
C:
C: I am away.
C: .
S: 250 2.0.0 <delivered@koko.test>
C: MAIL FROM:<anna@koko.test>
S: 250 2.1.0 *
C: RCPT TO:<koko.test@koko.test>
S: 250 2.1.5 *
open
