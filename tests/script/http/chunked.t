C: POST /autodiscover/autodiscover.xml HTTP/1.1
C: Host: a
C: Transfer-Encoding: chunked
C: 
S: HTTP/1.1 411 Length Required
S~ Connection: close
S: 
S: 411 Length Required: Content-Length is needed
closed
