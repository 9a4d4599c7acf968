# a path may be as long as a line; none of ours is
C* 2000 GET /
C<  HTTP/1.1\r\nHost: a\r\n\r\n
S: HTTP/1.1 404 Not Found
S~ 
S: 404 Not Found: there is no such document
open
