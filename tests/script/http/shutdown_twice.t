C: HEAD /setup HTTP/1.1
open
shutdown
open
shutdown
closed
