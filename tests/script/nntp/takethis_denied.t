as anna
C: TAKETHIS <t1@koko.test>
C: QUIT
C: .
C: DATE
S: 502 *
S: 111 *
