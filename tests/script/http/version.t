C: GET /setup HTTP/2.0
S: HTTP/1.1 505 HTTP Version Not Supported
S~ Connection: close
S: 
S: 505 HTTP Version Not Supported: HTTP/1.1 is spoken here
closed
