# Twenty in a row and nothing good
C: A
C: B
C: C
C: D
C: E
C: F
C: G
C: H
C: I
C: J
C: K
C: L
C: M
C: N
C: O
C: P
C: Q
C: R
C: S
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
open
C: T
S: 500 5.5.1 *
S: 421 4.7.0 too many errors
closed
