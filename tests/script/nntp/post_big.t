# 4 KiB is the limit here: a bigger article is read to its end and refused.  reliability row 20
as anna
C: POST
S: 340 *
C: Newsgroups: koko.test
C:
C* 5000 
C: 
C: .
S: 441 article is too big
C: DATE
S: 111 *
