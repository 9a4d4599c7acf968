C: GET /setup HTTP/1.1
C: 
S: HTTP/1.1 400 Bad Request
S~ Connection: close
S: 
S: 400 Bad Request: one Host is needed
closed
