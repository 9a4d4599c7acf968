# RFC 3977 section 7.4
as anna
C: NEWNEWS koko.* 20261123 130004 GMT
S: 230 *
S: <a4@koko.test>
S: <a5@koko.test>
S: <a7@koko.test>
S: .
C: NEWNEWS *,!koko.test 20261101 000000
S: 230 *
S: <a7@koko.test>
S: .
C: NEWNEWS none 20261101 000000 GMT
S: 230 *
S: .
C: NEWNEWS [ 20261101 000000 GMT
S: 501 *
C: NEWNEWS * x 000000 GMT
S: 501 *
C: NEWNEWS * 20261101
S: 501 *
