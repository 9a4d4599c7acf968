# RFC 2980 section 2.6; suck and slrnpull ask for Message-ID, the range is open
as anna
C: group koko.test
S: 211 *
C: xhdr Message-ID 2-7
S: 221 *
S: 2 <a2@koko.test>
S: 4 <a4@koko.test>
S: 5 <a5@koko.test>
S: .
C: XHDR Message-ID 1-
S: 221 *
S: 1 <a1@koko.test>
S~ .
C: XHDR References 1
S: 221 *
S: 1 (none)
S: .
C: XHDR Subject <a2@koko.test>
S: 221 *
S: <a2@koko.test> Subject 2
S: .
C: XHDR Subject <none@koko.test>
S: 430 *
C: XHDR Subject 9-
S: 420 *
C: XHDR xref 1
S: 221 *
S: 1 news.koko.test koko.test:1
S: .
C: XHDR
S: 501 *
