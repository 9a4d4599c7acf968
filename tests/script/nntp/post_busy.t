# Refused at once, or by the store.
only fake
as anna
set post busy
C: POST
S: 340 *
C: Newsgroups: koko.test
C: .
S: 441 *
set post none
set done full
C: POST
S: 340 *
C: Newsgroups: koko.test
C: .
S: 441 *
