# RFC 3977 section 5.1
set greeting
S: 200 news.koko.test *
C: QUIT
S: 205 *
closed
