# What was said before TLS is forgotten.  RFC 4642 section 2.2.2
set starttls
C: GROUP koko.open
S: 211 1 1 1 koko.open
C: AUTHINFO USER anna
S: 381 *
C: STARTTLS now
S: 501 *
C: STARTTLS
S: 382 *
tls
C: STAT
S: 412 *
C: AUTHINFO PASS anna
S: 482 *
C: STARTTLS
S: 502 *
