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
S: 404 Not Found: not an address of this server
C: GET /mail/config-v1.1.xml?emailaddress=anna HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 400 Bad Request
S~ 
S: 400 Bad Request: not an address of this server
# a person reads a page
C: HEAD /setup/apple.mobileconfig?address=%22%3E%3Cscript%3E%40koko.test HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 400 Bad Request
S~ Content-Type: text/html; charset=utf-8
S: Content-Language: en
S~ 
C: HEAD /setup/apple.mobileconfig?address=a%00%40koko.test HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 400 Bad Request
S~ 
C: HEAD /setup/apple.mobileconfig?address=anna%40else.test HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 404 Not Found
S~ 
# blanks at the ends are forgiven there, and "+" of programs is itself
C: HEAD /setup/apple.mobileconfig?address=+anna%40koko.test++ HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 200 OK
S~ Content-Disposition: attachment; filename="koko.mobileconfig"
S~ 
C: HEAD /mail/config-v1.1.xml?emailaddress=anna+x@koko.test HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 200 OK
S~ 
open
