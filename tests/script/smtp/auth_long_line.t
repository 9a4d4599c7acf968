# 12,288 bytes are read, RFC 4954 section 4
C: EHLO x
S~ 250 SMTPUTF8
C* 12000 AUTH PLAIN 
C:
S: 501 5.5.2 *
C* 12000 NOOP 
S: 500 5.5.6 line is too long
closed
