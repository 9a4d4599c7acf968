# RFC 3977 section 7.6.3
as anna
C: LIST
S: 215 *
S: koko.board 0 1 n
S: koko.empty 0 1 y
S: koko.open 1 1 y
S: koko.test 5 1 y
S: .
C: list active koko.*,!*.o*
S: 215 *
S: koko.board 0 1 n
S: koko.empty 0 1 y
S: koko.test 5 1 y
S: .
C: LIST ACTIVE none.*
S: 215 *
S: .
C: LIST ACTIVE [
S: 501 *
C: LIST ACTIVE a b
S: 501 *
