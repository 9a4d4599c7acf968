# A password may be any text: its blanks count.  RFC 4643 section 3.1
only fake
C: AUTHINFO USER cleo
C: AUTHINFO PASS grüne Wälder 
S: 381 *
S: 481 *
C: AUTHINFO USER cleo
C: AUTHINFO PASS it may have more than ten words in it, and none of them is an argument
S: 381 *
S: 481 *
C: AUTHINFO USER cleo
C: AUTHINFO PASS  grüne  Wälder 
S: 381 *
S: 281 *
