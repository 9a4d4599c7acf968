only fake
set readonly
as anna
C: POST
S: 440 *
C: MODE READER
S: 201 *
