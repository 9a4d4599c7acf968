# RFC 3977 section 6.1.2
as anna
C: LISTGROUP
S: 412 *
C: LISTGROUP koko.test
S: 211 4 1 5 koko.test list follows
S: 1
S: 2
S: 4
S: 5
S: .
C: STAT 5
S: 223 5 <a5@koko.test>
C: LISTGROUP
S: 211 4 1 5 koko.test list follows
S~ .
# it sets the current article, even outside of the range
C: STAT
S: 223 1 <a1@koko.test>
C: LISTGROUP koko.test 2-4
S: 211 *
S: 2
S: 4
S: .
C: LISTGROUP koko.test 4-
S: 211 *
S: 4
S: 5
S: .
C: LISTGROUP koko.test 5-3
S: 211 *
S: .
C: LISTGROUP koko.test 3
S: 211 *
S: .
C: LISTGROUP koko.test x
S: 501 *
C: LISTGROUP koko.test 1- 2
S: 501 *
C: LISTGROUP koko.empty
S: 211 0 1 0 koko.empty list follows
S: .
C: LISTGROUP koko.none
S: 411 *
