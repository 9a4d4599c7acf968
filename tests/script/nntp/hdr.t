# RFC 3977 section 8.5
as anna
C: HDR
S: 501 *
C: HDR Subject
S: 412 *
C: HDR Subject 1-
S: 412 *
C: GROUP koko.test
S: 211 *
C: HDR subject 1-
S: 225 *
S: 1 Subject 1
S: 2 Subject 2
S: 4 Subject 4
S: 5 Subject 5
S: .
C: HDR References 1-2
S: 225 *
S: 1 
S: 2 <a1@koko.test>
S: .
C: HDR :lines 1
S: 225 *
S: 1 4
S: .
C: HDR :BYTES 1
S: 225 *
S: 1 239
S: .
C: HDR xref 1
S: 225 *
S: 1 news.koko.test koko.test:1
S: .
C: HDR :other 1
S: 503 *
C: HDR a:b 1
S: 501 *
C: HDR Subject 3
S: 423 *
C: HDR Subject 5-3
S: 423 *
C: HDR Subject <a2@koko.test>
S: 225 *
S: 0 Subject 2
S: .
C: HDR Subject <none@koko.test>
S: 430 *
C: HDR Subject
S: 225 *
S: 1 Subject 1
S: .
C: GROUP koko.empty
C: HDR Subject
C: HDR Subject 1-
S: 211 *
S: 420 *
S: 423 *
