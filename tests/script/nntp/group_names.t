# Names that cannot be are not there.  reliability row 18
as anna
C: GROUP ..
S: 411 *
C: GROUP .a
S: 411 *
C: GROUP a..b
S: 411 *
C: GROUP ../../x
S: 411 *
C: GROUP KOKO.TEST
S: 411 *
C< GROUP k\xc3\xb6ko\r\n
S: 411 *
C< GROUP a\0b\r\n
S: 501 *
C* 500 GROUP 
C:
S: 411 *
