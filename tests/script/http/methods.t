C: GET /autodiscover/autodiscover.xml HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 405 Method Not Allowed
S~ Allow: POST
S~ 
S: 405 Method Not Allowed: not this way
C: DELETE /setup HTTP/1.1
S: HTTP/1.1 501 Not Implemented
S~ Connection: close
S: 
S: 501 Not Implemented: unknown method
closed
