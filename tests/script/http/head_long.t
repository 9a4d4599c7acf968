C: GET /setup HTTP/1.1
C* 16384 X: 
S: HTTP/1.1 431 Request Header Fields Too Large
S~ Connection: close
S: 
S: 431 Request Header Fields Too Large: the header is too long
closed
