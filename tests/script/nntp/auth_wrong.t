# Wrong and unknown are one answer; the name is forgotten after each try.
C: AUTHINFO PASS anna
S: 482 *
C: AUTHINFO USER anna
C: AUTHINFO PASS wrong
S: 381 *
S: 481 wrong name or password
C: AUTHINFO PASS anna
S: 482 *
C: AUTHINFO USER nobody
C: AUTHINFO PASS nobody
S: 381 *
S: 481 wrong name or password
C: AUTHINFO USER busy
C: AUTHINFO PASS busy
S: 381 *
S: 481 *
C: AUTHINFO USER bert
C: AUTHINFO USER anna
C: AUTHINFO PASS anna
S: 381 *
S: 381 *
S: 281 *
