# AUTH is offered where it can be used, STARTTLS where it can be had; RFC 4954 section 3
as anna
set starttls
C: EHLO x
S: 250-news.koko.test
S: 250-PIPELINING
S: 250-SIZE 4096
S: 250-STARTTLS
S: 250-ENHANCEDSTATUSCODES
S: 250-8BITMIME
S: 250 SMTPUTF8
