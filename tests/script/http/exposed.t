# without TLS and from another machine: pages and profiles are had with TLS alone
set exposed
C: GET /setup?lang=en HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 302 Found
S~ Location: https://news.koko.test:443/setup
S~ 
C: GET /setup/apple.mobileconfig?address=anna%40koko.test HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 302 Found
S~ Location: https://news.koko.test:443/setup/apple.mobileconfig
S~ 
# Outlook asks where TLS is
C: GET /Autodiscover/Autodiscover.xml HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 302 Found
S~ Location: https://news.koko.test:443/autodiscover/autodiscover.xml
S~ 
# Thunderbird asks so where a name has no certificate
C: HEAD /mail/config-v1.1.xml HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 200 OK
S~ 
C: POST /setup HTTP/1.1
C: Host: a
C: Content-Length: 0
C: 
S: HTTP/1.1 405 Method Not Allowed
S~ 
S: 405 Method Not Allowed: not this way
open
