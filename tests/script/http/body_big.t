C: POST /autodiscover/autodiscover.xml HTTP/1.1
C: Host: a
C: Content-Length: 16385
C: Expect: 100-continue
C: 
S: HTTP/1.1 413 Content Too Large
S~ Connection: close
S: 
S: 413 Content Too Large: the body is too big
closed
