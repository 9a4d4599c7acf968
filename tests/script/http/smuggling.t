# a length beside a transfer coding: nothing behind it is read
C: POST /autodiscover/autodiscover.xml HTTP/1.1
C: Host: a
C: Content-Length: 4
C: Transfer-Encoding: chunked
C: 
C: 0
C: 
C: GET /setup HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 400 Bad Request
S~ 
S: 400 Bad Request: Transfer-Encoding where none may be
closed
