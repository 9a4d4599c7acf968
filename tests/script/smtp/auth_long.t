# reliability row 35: a reply of any size is no more than a line
C: EHLO x
S~ 250 SMTPUTF8
C: AUTH PLAIN
S: 334 
C* 13000 x
S: 500 5.5.6 line is too long
closed
