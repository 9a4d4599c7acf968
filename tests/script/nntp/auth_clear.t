# No password in the clear.  RFC 4643 section 2.3.2
set noplain
C: AUTHINFO USER anna
S: 483 *
C: AUTHINFO PASS anna
S: 483 *
C: CAPABILITIES
S~ OVER MSGID
S: .
