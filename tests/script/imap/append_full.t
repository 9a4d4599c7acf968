# There is no memory for the message: it is read to its end and refused; the next is taken
as anna
C: a APPEND INBOX {20}
S: + *
C< From: anna
full
C< \r\n\r\ntext\r\n\r\n
S: a NO [LIMIT] too many messages are coming in at once, try again later
C< b APPEND INBOX {20+}\r\n
full
C< From: anna\r\n\r\ntext\r\n\r\n
S: b NO [LIMIT] *
C< c APPEND INBOX {18+}\r\nFrom: anna\r\n\r\ntext
full
C< \r\n
S: c NO [LIMIT] *
full
C< d APPEND INBOX {18+}\r\nFrom: anna\r\n\r\ntext\r\n
S: d OK [APPENDUID *
open
