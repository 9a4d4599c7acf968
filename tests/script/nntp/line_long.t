# reliability row 1
C* 2100 DATE 
S: 501 line is too long
closed
