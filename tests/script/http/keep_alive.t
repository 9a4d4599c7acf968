# one connection, several requests; what is refused for itself does not end it
C: GET /absent HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 404 Not Found
S: Date: Mon, 23 Nov 2026 14:00:00 GMT
S: Content-Type: text/plain; charset=utf-8
S: Content-Length: 42
S: Cache-Control: no-store
S: Content-Security-Policy: default-src *
S: Referrer-Policy: no-referrer
S: X-Content-Type-Options: nosniff
S: X-Frame-Options: DENY
S: 
S: 404 Not Found: there is no such document
open
C: HEAD /setup HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 200 OK
S~ Content-Language: en
S: Vary: Accept-Language
S~ 
open
C: HEAD /setup HTTP/1.1
C: Host: a
C: Connection: close
C: 
S: HTTP/1.1 200 OK
S~ Connection: close
S: 
closed
