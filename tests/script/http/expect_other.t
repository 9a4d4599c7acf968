C: POST /setup HTTP/1.1
C: Host: a
C: Expect: wonders
C: 
S: HTTP/1.1 417 Expectation Failed
S~ 
S: 417 Expectation Failed: unknown expectation
closed
