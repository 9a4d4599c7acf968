# RFC 3977 section 6.1.1
as anna
C: GROUP koko.test
S: 211 4 1 5 koko.test
C: GROUP koko.empty
S: 211 0 1 0 koko.empty
C: STAT
S: 420 *
C: GROUP koko.none
S: 411 *
C: GROUP koko.closed
S: 411 *
# a failed GROUP leaves the selection alone
C: STAT
S: 420 *
C: GROUP
S: 501 *
C: GROUP koko.test koko.empty
S: 501 *
