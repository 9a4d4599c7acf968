# RFC 6409 section 6.1; reliability row 4
as anna
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<bert@koko.test>
S: 550 5.7.1 *
C: MAIL FROM:<anna@elsewhere.test>
S: 550 5.7.1 *
C: MAIL FROM:anna@koko.test
S: 501 5.1.7 *
C: MAIL TO:<anna@koko.test>
S: 501 5.1.7 *
C: MAIL FROM:<anna>
S: 501 5.1.7 *
C: MAIL FROM:<anna@>
S: 501 5.1.7 *
C: MAIL FROM:<@koko.test>
S: 501 5.1.7 *
C: MAIL FROM:<an..na@koko.test>
S: 501 5.1.7 *
C: MAIL FROM:<"anna@koko.test>
S: 501 5.1.7 *
C: MAIL FROM:<anna@[127.0.0.1]>
S: 550 5.7.1 *
C: MAIL FROM:<anna@[127]0]>
S: 501 5.1.7 *
C: MAIL FROM:<gr\xc3\xbcn@koko.test>
S: 501 5.1.7 *
C< MAIL FROM:<gr\xc3\xbcn@koko.test>\r\n
S: 553 5.6.7 *
C< MAIL FROM:<gr\xc3\xbcn@koko.test> SMTPUTF8\r\n
S: 550 5.7.1 *
open
