# the head of a document is that of GET, and its length too
C: HEAD /mail/config-v1.1.xml HTTP/1.1
C: Host: autoconfig.koko.test
C: 
S: HTTP/1.1 200 OK
S: Date: Mon, 23 Nov 2026 14:00:00 GMT
S: Content-Type: text/xml; charset=utf-8
S: Content-Length: 825
S: Cache-Control: no-store
S: Content-Security-Policy: default-src *
S: Referrer-Policy: no-referrer
S: X-Content-Type-Options: nosniff
S: X-Frame-Options: DENY
S: 
open
