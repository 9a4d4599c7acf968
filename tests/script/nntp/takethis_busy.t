# 400 says "again", and what came behind it is offered again too.  RFC 4644 section 2.5.2
only fake
set relay
set post busy
C: TAKETHIS <t1@koko.test>
C: Newsgroups: koko.test
C:
C: .
C: CHECK <t2@koko.test>
S: 400 *
closed
