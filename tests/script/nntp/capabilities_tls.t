# No password before TLS, so AUTHINFO is not listed; STARTTLS goes when TLS is on.
set starttls
set noplain
C: CAPABILITIES
S: 101 *
S~ OVER MSGID
S: STARTTLS
S: .
C: AUTHINFO USER anna
S: 483 *
C: STARTTLS
S: 382 *
tls
C: CAPABILITIES
S: 101 *
S~ OVER MSGID
S: AUTHINFO USER
S: .
C: AUTHINFO USER anna
C: AUTHINFO PASS anna
S: 381 *
S: 281 *
C: CAPABILITIES
S~ OVER MSGID
S: .
