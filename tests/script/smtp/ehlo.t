# RFC 5321 section 4.1.1.1; a name, an address literal (Thunderbird), any case
C: ehlo [127.0.0.1]
S: 250-news.koko.test
S: 250-PIPELINING
S: 250-SIZE 4096
S: 250-AUTH PLAIN LOGIN
S: 250-ENHANCEDSTATUSCODES
S: 250-8BITMIME
S: 250 SMTPUTF8
C: HELO laptop
S: 250 news.koko.test
C: EHLO
S: 501 5.5.4 *
C: EHLO two names
S: 501 5.5.4 *
open
