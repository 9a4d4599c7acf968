# before login 8 KiB in all
C* 9000 a LOGIN 
S: * BAD command is too long
closed
