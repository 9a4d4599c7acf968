# Nothing can be posted, and no login would change that.
set greeting
set nologin
S: 201 news.koko.test *
C: MODE READER
S: 201 *
C: POST
S: 440 *
C: QUIT
S: 205 *
closed
