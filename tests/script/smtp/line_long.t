# reliability row 1
C* 2100 NOOP 
S: 500 5.5.6 line is too long
closed
