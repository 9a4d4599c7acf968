# Mail to persons: no Subject and no body is well, bad heads are not
as anna
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<bert@koko.test>
C: DATA
C: From: Anna <anna@koko.test>
C: Message-ID: <delivered@koko.test>
C:
C: .
S: 250 *
S: 250 *
S: 354 *
S: 250 2.0.0 <delivered@koko.test>
# the same to a group too: one article, with the same name
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<bert@koko.test>
C: RCPT TO:<koko.test@koko.test>
C: DATA
C: From: Anna <anna@koko.test>
C: Subject: Both
C: Message-ID: <both@koko.test>
C:
C: text
C: .
S: 250 *
S: 250 *
S: 250 *
S: 354 *
S: 250 2.0.0 <both@koko.test>
C: QUIT
S: 221 *
closed
