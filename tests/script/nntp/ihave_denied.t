as anna
C: IHAVE <i1@koko.test>
S: 502 *
C: CHECK <i1@koko.test>
S: 502 *
C: MODE STREAM
S: 502 *
