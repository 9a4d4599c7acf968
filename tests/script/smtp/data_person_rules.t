# From is the account's in mail to persons too; it comes twice only when it is another mail
only store
as anna
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<bert@koko.test>
C: DATA
C: From: Bert <bert@koko.test>
C:
C: text
C: .
S: 250 *
S: 250 *
S: 354 *
S: 550 5.7.1 From is not an address of your account
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<bert@koko.test>
C: DATA
C: From: Anna <anna@koko.test>
C: To: bert@koko.test
C: To: bert@koko.test
C:
C: text
C: .
S: 250 *
S: 250 *
S: 354 *
S: 554 5.6.0 To occurs twice
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<bert@koko.test>
C: DATA
C: From: Anna <anna@koko.test>
C: Message-ID: <m1@laptop.test>
C:
C: text
C: .
S: 250 *
S: 250 *
S: 354 *
S: 250 2.0.0 <m1@laptop.test>
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<bert@koko.test>
C: DATA
C: From: Anna <anna@koko.test>
C: Message-ID: <m1@laptop.test>
C:
C: text
C: .
S: 250 *
S: 250 *
S: 354 *
S: 250 2.0.0 delivered before
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<bert@koko.test>
C: DATA
C: From: Anna <anna@koko.test>
C: Message-ID: <m1@laptop.test>
C:
C: another text
C: .
S: 250 *
S: 250 *
S: 354 *
S: 250 2.0.0 <m1@laptop.test>
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
C: From: Anna <anna@koko.test>
C: Message-ID: <m2@koko.test>
C: Subject: In a group
C:
C: text
C: .
S: 250 *
S: 250 *
S: 354 *
S: 250 2.0.0 <m2@koko.test>
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
C: From: Anna <anna@koko.test>
C: Message-ID: <m2@koko.test>
C: Subject: In a group
C:
C: text
C: .
S: 250 *
S: 250 *
S: 354 *
S: 250 2.0.0 delivered before
open
