# reliability rows 4 and 5: nothing of the line is sent back
C< DATE\n
S: 501 line does not end in CRLF
C< \n
S: 501 *
C< DA\0TE\r\n
S: 501 *
C< D\xc4TE\r\n
S: 501 *
C< DATE\rDATE\r\n
S: 501 *
C< DATE\r\r\n
S: 501 *
C< ARTICLE \xff\xfe\r\n
S: 501 *
C< HDR Subj\x1b[31m 1\r\n
S: 501 *
C< GROUP a\x7f\r\n
S: 501 *
C: A B C D E F G H I J K L
S: 500 *
C: DATE
S: 111 *
