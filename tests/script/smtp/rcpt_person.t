# Persons here, by address or login, once each; also beside a group that others have too
as anna
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<anna@koko.test>
S: 250 2.1.0 *
C: RCPT TO:<bert@koko.test>
S: 250 2.1.5 *
C: RCPT TO:<BERT@news.koko.test>
S: 250 2.1.5 *
C: RCPT TO:<anna@koko.test>
S: 250 2.1.5 *
C: RCPT TO:<koko.open@koko.test>
S: 250 2.1.5 *
C: RCPT TO:<koko.test@koko.test>
S: 550 5.7.1 a group shared with others stands alone: *
C: RCPT TO:<bert@elsewhere.test>
S: 550 5.7.1 mail to other places is not taken
C: RCPT TO:<berta@koko.test>
S: 550 5.1.1 no such person here, and no group that you may write to
open
