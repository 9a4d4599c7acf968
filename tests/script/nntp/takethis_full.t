only fake
set relay
set done full
C: TAKETHIS <t1@koko.test>
C: Newsgroups: koko.test
C:
C: .
S: 400 *
closed
