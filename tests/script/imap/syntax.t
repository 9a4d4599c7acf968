C: 
S: * BAD *
C: a
S: * BAD *
C: a1 NONSENSE
S: a1 BAD unknown command
C< a2 NOOP\n
S: a2 BAD *
C: a3 UID NOOP
S: a3 BAD unknown command
C: a4 LOGIN {4294967296}
S: a4 BAD *
C: a5 ID ("name" "x")
S: * ID ("name" "kokod" "version" *
S: a5 OK *
C: a6 LOGIN {257}
S: a6 BAD literal over limit
C: a7 NOOP (((((
S: a7 BAD *
C: a8 LOGIN {300+}
S: a8 BAD literal over limit
closed
