C: GET /setup HTTP/1.1
C: Host: a
C: Content-Length: 5
C: 
S: HTTP/1.1 400 Bad Request
S~ 
S: 400 Bad Request: a body where none may be
closed
