# 421 when the daemon drains
C: EHLO x
S~ 250 SMTPUTF8
shutdown
S: 421 4.3.2 *
closed
