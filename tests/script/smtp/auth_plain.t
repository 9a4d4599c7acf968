# RFC 4954 section 4; \0anna\0anna
C: EHLO x
S~ 250 SMTPUTF8
C: AUTH PLAIN AGFubmEAYW5uYQ==
S: 235 2.7.0 *
C: AUTH PLAIN AGFubmEAYW5uYQ==
S: 503 5.5.1 *
C: MAIL FROM:<anna@koko.test>
S: 250 2.1.0 *
