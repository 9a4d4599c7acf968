# RFC 3977 section 5.4: what comes behind it is not read
C: QUIT now
S: 501 *
C: QUIT
C: DATE
S: 205 *
closed
