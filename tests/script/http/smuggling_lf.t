C< GET /setup HTTP/1.1\r\nHost: a\nX: y\r\n\r\n
S: HTTP/1.1 400 Bad Request
S~ 
S: 400 Bad Request: LF without CR
closed
