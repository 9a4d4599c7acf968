# From is the account's; automatic replies stay outside; who may post is asked again
only store
as anna
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
C: From: Bert <bert@koko.test>
C: Subject: Not mine
C:
C: text
C: .
S: 250 *
S: 250 *
S: 354 *
S: 550 5.7.1 From is not an address of your account
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
C: From: Anna <anna@koko.test>
C: Auto-Submitted: auto-replied
C: Subject: Away
C:
C: text
C: .
S: 250 *
S: 250 *
S: 354 *
S: 550 5.7.1 automatic replies do not enter groups
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
C: From: Anna <anna@koko.test>
C: From: Anna <anna@koko.test>
C: Subject: Two
C:
C: text
C: .
S: 250 *
S: 250 *
S: 354 *
S: 554 5.6.0 From occurs twice
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
C: .
S: 250 *
S: 250 *
S: 354 *
S: 554 5.6.0 *
# a Message-ID of the mail program's own is replaced in a shared group
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.open@koko.test>
C: DATA
C: From: Anna <anna@koko.test>
C: Message-ID: <x@laptop.test>
C: Subject: Three
C:
C: text
C: .
S: 250 *
S: 250 *
S: 354 *
S~ 250 2.0.0 <*
C: QUIT
S: 221 *
closed
