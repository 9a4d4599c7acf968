# a domain is known or not; people are never looked up
C: HEAD /mail/config-v1.1.xml?emailaddress=nobody%40koko.test HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 200 OK
S~ 
C: GET /mail/config-v1.1.xml?emailaddress=anna%40else.test HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 404 Not Found
S~ 
S: 404 Not Found: not a domain of this server
C: GET /setup/apple.mobileconfig?address=%22%3E%3Cscript%3E%40koko.test HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 400 Bad Request
S~ 
S: 400 Bad Request: no address
C: GET /setup/apple.mobileconfig?address=a%00%40koko.test HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 400 Bad Request
S~ 
S: 400 Bad Request: no address
open
