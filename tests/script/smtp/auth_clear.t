# A password in the clear is not looked at
set noplain
set starttls
C: EHLO x
S: 250-news.koko.test
S: 250-PIPELINING
S: 250-SIZE 4096
S: 250-STARTTLS
S: 250-ENHANCEDSTATUSCODES
S: 250-8BITMIME
S: 250 SMTPUTF8
C: AUTH PLAIN AGFubmEAYW5uYQ==
S: 538 5.7.11 *
open
