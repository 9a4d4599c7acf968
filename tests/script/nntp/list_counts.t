# RFC 6048 section 2.2; tin asks for it
as anna
C: LIST COUNTS koko.test
S: 215 *
S: koko.test 5 1 4 y
S: .
C: LIST COUNTS
S: 215 *
S: koko.board 0 1 0 n
S~ .
