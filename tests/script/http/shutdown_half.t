# half a request is still answered, and is the last
C: HEAD /setup HTTP/1.1
open
shutdown
open
C: Host: a
C: 
S: HTTP/1.1 200 OK
S~ Connection: close
S: 
closed
