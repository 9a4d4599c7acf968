# One who is no member sees no name, no number, no header of a closed group.  reliability row 37
as anna
C: LIST ACTIVE *closed*
S: 215 *
S: .
C: ARTICLE <a6@koko.test>
S: 430 *
C: OVER <a6@koko.test>
S: 430 *
C: HDR Organization <a6@koko.test>
S: 430 *
C: NEWNEWS koko.closed 20261101 000000 GMT
S: 230 *
S: .
C: GROUP koko.test
S: 211 *
C: HDR Xref 4
S: 225 *
S: 4 news.koko.test koko.test:4
S: .
C: LISTGROUP koko.closed
S: 411 *
