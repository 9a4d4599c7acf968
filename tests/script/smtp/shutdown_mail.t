# A mail that is being sent is taken first
as anna
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<anna@koko.test>
C: RCPT TO:<koko.empty@koko.test>
C: DATA
S: 250 *
S: 250 *
S: 354 *
C: From: Anna <anna@koko.test>
shutdown
C: Subject: Last
C: Message-ID: <last@koko.test>
C:
C: text
C: .
S: 250 2.0.0 <last@koko.test>
S: 421 4.3.2 *
closed
