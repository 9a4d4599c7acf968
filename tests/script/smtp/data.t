# RFC 5321 section 4.1.1.4; pipelined as RFC 2920 allows
as anna
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<anna@koko.test> SIZE=200
C: RCPT TO:<koko.empty@koko.test>
C: DATA
S: 250 2.1.0 *
S: 250 2.1.5 *
S: 354 *
C: From: Anna <anna@koko.test>
C: To: koko.empty@koko.test
C: Subject: New
C: Message-ID: <mail1@koko.test>
C:
C: ..one dot
C: ...
C: QUIT
C: .
S: 250 2.0.0 <mail1@koko.test>
C: DATA
S: 503 5.5.1 *
C: MAIL FROM:<anna@koko.test>
S: 250 2.1.0 *
C: RCPT TO:<koko.test@koko.test>
C: RCPT TO:<koko.empty@koko.test>
C: DATA
C: From: Anna <anna@koko.test>
C: Subject: Two groups
C: Message-ID: <mail2@koko.test>
C:
C: text
C: .
C: QUIT
S: 250 2.1.5 *
S: 250 2.1.5 *
S: 354 *
S: 250 2.0.0 <mail2@koko.test>
S: 221 2.0.0 *
closed
