# RFC 3977 section 7.6.6, 7.6.4
as anna
C: LIST NEWSGROUPS koko.b*,koko.t*
S: 215 *
S: koko.board	Read only
S: koko.test	Tests und Ü
S: .
C: LIST ACTIVE.TIMES koko.board
S: 215 *
S: koko.board 1000000000 anna
S: .
