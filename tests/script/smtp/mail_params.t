# RFC 1870, 4954 section 5, 6152, 6531
as anna
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<anna@koko.test> BODY=8BITMIME SIZE=300
S: 250 2.1.0 *
C: RSET
S: 250 *
C: mail from: <anna@KOKO.test> size=0 smtputf8 auth=<> body=7bit
S: 250 2.1.0 *
C: RSET
S: 250 *
C: MAIL FROM:<@a.test,@b.test:anna@koko.test> AUTH=anna+40koko.test
S: 250 2.1.0 *
C: RSET
S: 250 *
C: MAIL FROM:<"an\na"@koko.test>
S: 250 2.1.0 *
C: RSET
S: 250 *
C: MAIL FROM:<anna@koko.test> SIZE=4097
S: 552 5.3.4 *
C: MAIL FROM:<anna@koko.test> SIZE=x
S: 501 5.5.4 *
C: MAIL FROM:<anna@koko.test> SIZE=99999999999999999999999
S: 501 5.5.4 *
C: MAIL FROM:<anna@koko.test> SIZE=1 SIZE=1
S: 501 5.5.4 *
C: MAIL FROM:<anna@koko.test> BODY=BINARYMIME
S: 501 5.5.4 *
C: MAIL FROM:<anna@koko.test> SMTPUTF8=1
S: 501 5.5.4 *
C: MAIL FROM:<anna@koko.test> RET=HDRS
S: 555 5.5.4 *
C: MAIL FROM:<anna@koko.test>SIZE=1
S: 501 5.1.7 *
C: MAIL FROM:<anna@koko.test> =1
S: 501 5.5.4 *
open
