# between two requests there is nothing to say
C: HEAD /setup HTTP/1.1
C: Host: a
C: 
S: HTTP/1.1 200 OK
S~ 
open
shutdown
closed
