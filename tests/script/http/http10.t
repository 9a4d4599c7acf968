# the connection ends behind the answer unless it was asked to go on
C: HEAD /setup HTTP/1.0
C: Connection: keep-alive
C: 
S: HTTP/1.1 200 OK
S~ Connection: keep-alive
S: 
open
C: HEAD /setup HTTP/1.0
C: 
S: HTTP/1.1 200 OK
S~ Connection: close
S: 
closed
