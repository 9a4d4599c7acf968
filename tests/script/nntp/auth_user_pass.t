# RFC 4643 section 2.3; Thunderbird sends the keyword in lower case, pan sends it first of all
C: AUTHINFO user anna
S: 381 *
C: authinfo pass anna
S: 281 *
C: AUTHINFO USER bert
S: 502 *
C: AUTHINFO PASS anna
S: 502 *
C: MODE READER
S: 200 *
C: GROUP koko.test
S: 211 4 1 5 koko.test
