C: a AUTHENTICATE X
S: a NO [CANNOT] unknown mechanism
C: b AUTHENTICATE PLAIN
S: + 
C: *
S: b BAD given up
C: c AUTHENTICATE PLAIN ===
S: c BAD this is no base64
C: d AUTHENTICATE LOGIN
S: + VXNlcm5hbWU6
C: YW5uYQ==
S: + UGFzc3dvcmQ6
C: d3Jvbmc=
S: d NO [AUTHENTICATIONFAILED] *
C: e authenticate plain
S: + 
C: AGFubmEAYW5uYQ==
S: e OK [CAPABILITY *
