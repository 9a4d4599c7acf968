only fake
set relay
set post busy
C: IHAVE <i3@koko.test>
S: 335 *
C: .
S: 436 *
set post none
set done full
C: IHAVE <i4@koko.test>
S: 335 *
C: Newsgroups: koko.test
C:
C: .
S: 436 *
