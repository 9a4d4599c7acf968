C* 8200 GET /
S: HTTP/1.1 414 URI Too Long
S~ Connection: close
S: 
S: 414 URI Too Long: the request line is too long
closed
