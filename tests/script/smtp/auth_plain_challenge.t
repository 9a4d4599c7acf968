# anna\0anna\0anna
C: EHLO x
S~ 250 SMTPUTF8
C: auth plain
S: 334 
C: YW5uYQBhbm5hAGFubmE=
S: 235 2.7.0 *
