# RFC 4644 section 2.3
set relay
C: MODE STREAM
S: 203 *
C: MODE STREAM x
S: 501 *
