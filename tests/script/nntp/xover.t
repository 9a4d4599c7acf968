# RFC 2980 section 2.8; slrn sends XOVER and XHDR Path as a probe and wants 412
as anna
C: XOVER
S: 412 *
C: XHDR Path
S: 412 *
C: GROUP koko.test
S: 211 *
C: XOVER 1-2
S: 224 *
S: 1	Subject 1	*
S: 2	Subject 2	*
S: .
C: xover
S: 224 *
S: 1	*
S: .
C: XOVER 6-9
S: 420 *
C: XOVER x
S: 501 *
