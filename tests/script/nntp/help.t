# RFC 3977 section 7.2
C: HELP
S: 100 *
S:   ARTICLE [message-id|number]
S~   LIST ACTIVE [wildmat]
S~   XPAT *
S: .
C: HELP me
S: 501 *
