# RFC 4644 section 2.4
set relay
C: CHECK <a1@koko.test>
C: CHECK <c1@koko.test>
C: check <a3@koko.test>
S: 438 <a1@koko.test>
S: 238 <c1@koko.test>
S: 438 <a3@koko.test>
C: CHECK
S: 501 *
C: CHECK <c 1>
S: 501 *
C: CHECK c1
S: 501 *
