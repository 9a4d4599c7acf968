# there is no folder to climb out of
C: GET /setup/../../etc/passwd HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 404 Not Found
S~ 
S: 404 Not Found: there is no such document
C: GET /setup/%2e%2e/%2e%2e/etc/passwd HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 404 Not Found
S~ 
S: 404 Not Found: there is no such document
C: HEAD /%73etup HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 200 OK
S~ 
open
