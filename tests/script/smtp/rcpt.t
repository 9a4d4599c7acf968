# What is absent, closed or not for posting is answered alike
as anna
C: EHLO x
S~ 250 SMTPUTF8
C: MAIL FROM:<anna@koko.test>
S: 250 2.1.0 *
C: RCPT TO:<koko.absent@koko.test>
S: 550 5.1.1 no such person here, and no group that you may write to
C: RCPT TO:<koko.closed@koko.test>
S: 550 5.1.1 no such person here, and no group that you may write to
C: RCPT TO:<koko.board@koko.test>
S: 550 5.1.1 no such person here, and no group that you may write to
C: RCPT TO:<nobody@koko.test>
S: 550 5.1.1 no such person here, and no group that you may write to
C: RCPT TO:<Postmaster>
S: 550 5.1.1 no such person here, and no group that you may write to
C: RCPT TO:<../etc/passwd@koko.test>
S: 501 5.1.3 *
C: RCPT TO:<koko.test@elsewhere.test>
S: 550 5.7.1 *
C: RCPT TO:<>
S: 501 5.1.3 *
C: RCPT TO:<koko.test>
S: 501 5.1.3 *
C: RCPT TO:<koko.test@koko.test> NOTIFY=NEVER
S: 555 5.5.4 *
C< RCPT TO:<gr\xc3\xbcn@koko.test>\r\n
S: 553 5.6.7 *
C: DATA
S: 554 5.5.1 *
C: RCPT TO:<koko.test@news.koko.test>
S: 250 2.1.5 *
C: RCPT TO:<koko.test@koko.test>
S: 250 2.1.5 *
