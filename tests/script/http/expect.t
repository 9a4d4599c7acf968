# a body that waits for our word, which is said once
C: POST /setup HTTP/1.1
C: Host: a
C: Content-Length: 2
C: Expect: 100-continue
C: 
S: HTTP/1.1 100 Continue
S: 
open
C< x
open
C< y
S: HTTP/1.1 405 Method Not Allowed
S~ 
S: 405 Method Not Allowed: not this way
open
