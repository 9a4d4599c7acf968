# RFC 3977 section 6.1.3, 6.1.4
as anna
C: NEXT
S: 412 *
C: LAST
S: 412 *
C: GROUP koko.test
S: 211 *
C: LAST
S: 422 *
C: NEXT
S: 223 2 <a2@koko.test>
C: NEXT
S: 223 4 <a4@koko.test>
C: LAST
S: 223 2 <a2@koko.test>
C: NEXT
C: NEXT
C: NEXT
S: 223 4 <a4@koko.test>
S: 223 5 <a5@koko.test>
S: 421 *
C: STAT
S: 223 5 <a5@koko.test>
C: NEXT 1
S: 501 *
C: GROUP koko.empty
S: 211 *
C: NEXT
S: 420 *
C: LAST
S: 420 *
