set tls
set nologin
C: AUTHINFO USER anna
S: 502 *
