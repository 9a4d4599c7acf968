# answers come in the order of the requests
C: GET /1 HTTP/1.1
C: Host: a
C: 
C: HEAD /setup HTTP/1.1
C: Host: a
C: 
C: POST /setup HTTP/1.1
C: Host: a
C: Content-Length: 4
C: 
C< abcdGET /2%00 HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n
S: HTTP/1.1 404 Not Found
S~ 
S: 404 Not Found: there is no such document
S: HTTP/1.1 200 OK
S~ Content-Type: text/html; charset=utf-8
S~ 
S: HTTP/1.1 405 Method Not Allowed
S~ Allow: GET, HEAD
S~ 
S: 405 Method Not Allowed: not this way
S: HTTP/1.1 400 Bad Request
S~ 
S: 400 Bad Request: the path is not well-formed
S: HTTP/1.1 302 Found
S~ Content-Length: 0
S: Location: /setup
S~ 
open
