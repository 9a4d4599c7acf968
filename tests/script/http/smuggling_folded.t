C: GET /setup HTTP/1.1
C: Host: a
C:  folded
S: HTTP/1.1 400 Bad Request
S~ 
S: 400 Bad Request: no field of a header
closed
