# RFC 5321 section 4.1.4, RFC 6409 section 4.3
C: MAIL FROM:<anna@koko.test>
S: 503 5.5.1 *
C: AUTH PLAIN
S: 503 5.5.1 *
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<anna@koko.test>
S: 530 5.7.0 *
C: RCPT TO:<koko.test@koko.test>
S: 530 5.7.0 *
C: DATA
S: 530 5.7.0 *
C: RSET
S: 250 2.0.0 *
C: NOOP with words
S: 250 2.0.0 *
C: VRFY anna
S: 252 2.5.0 *
C: HELP
S: 214 2.0.0 AUTH DATA EHLO HELO HELP MAIL NOOP QUIT RCPT RSET STARTTLS VRFY
C: QUIT
S: 221 2.0.0 *
closed
