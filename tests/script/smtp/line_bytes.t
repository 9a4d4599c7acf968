# reliability rows 4, 5: nothing of it comes back
C< NOOP\n
S: 500 5.5.2 line does not end in CRLF
C< NO\0OP\r\n
S: 500 5.5.2 control character in the command
C< NO\rOP\r\n
S: 500 5.5.2 control character in the command
C< NOOP \xff\xfe\r\n
S: 500 5.5.2 command is not UTF-8
C< \r\n
S: 500 5.5.1 *
C: XYZZY
S: 500 5.5.1 *
C: EXPN list
S: 500 5.5.1 *
C: QUIT now
S: 501 5.5.4 *
C: noop
S: 250 *
open
