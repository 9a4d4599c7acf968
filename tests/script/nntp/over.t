# RFC 3977 section 8.3; :bytes counts Xref
as anna
C: OVER
S: 412 *
C: OVER 1-
S: 412 *
C: GROUP koko.test
S: 211 *
C: OVER
S: 224 *
S: 1	Subject 1	Anna <anna@koko.test>	Mon, 23 Nov 2026 13:00:01 +0000	<a1@koko.test>		239	4	Xref: news.koko.test koko.test:1
S: .
C: OVER 2-4
S: 224 *
S: 2	Subject 2	Anna <anna@koko.test>	Mon, 23 Nov 2026 13:00:02 +0000	<a2@koko.test>	<a1@koko.test>	*
S: 4	Subject 4	*
S: .
C: OVER 5-
S: 224 *
S: 5	*
S: .
C: OVER 3
S: 423 *
C: OVER 5-3
S: 423 *
C: OVER 6-
S: 423 *
C: OVER 0
S: 423 *
C: OVER -5
S: 501 *
C: OVER 1 2
S: 501 *
C: OVER <a2@koko.test>
S: 224 *
S: 0	Subject 2	*
S: .
C: OVER <none@koko.test>
S: 430 *
C: OVER <bad
S: 501 *
C: GROUP koko.empty
C: OVER
C: OVER 1-
S: 211 *
S: 420 *
S: 423 *
