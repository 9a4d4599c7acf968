# A stranger gets the public groups.
C: LIST
S: 215 *
S: koko.open 1 1 n
S: .
C: LIST NEWSGROUPS
S: 215 *
S: koko.open	For all
S: .
C: NEWNEWS * 20261101 000000 GMT
S: 230 *
S: <a7@koko.test>
S: .
