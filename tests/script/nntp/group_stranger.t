# Before login a closed group and none at all are the same; a public one is open.
C: GROUP koko.test
S: 480 log in first
C: GROUP koko.none
S: 480 log in first
C: LISTGROUP koko.closed
S: 480 log in first
C: ARTICLE <a1@koko.test>
S: 480 log in first
C: ARTICLE <none@koko.test>
S: 480 log in first
C: OVER <a1@koko.test>
S: 480 log in first
C: HDR Subject <a1@koko.test>
S: 480 log in first
C: GROUP koko.open
S: 211 1 1 1 koko.open
C: STAT
S: 223 1 <a7@koko.test>
C: POST
S: 480 log in first
