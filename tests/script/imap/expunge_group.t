# design.md section 3: APPEND to a group posts, EXPUNGE there is a cancel, of one's own articles
only store
as anna
C< a APPEND Gruppen/koko/test {69+}\r\nFrom: anna@koko.test\r\nSubject: mine\r\nMessage-ID: <n@koko.test>\r\n\r\nx\r\n\r\n
S: a OK [APPENDUID *
C: b SELECT Gruppen/koko/test
S~ * 5 EXISTS
S~ b OK *
C: c STORE 4:5 +FLAGS (\Deleted)
S: c NO [NOPERM] *
C: d FETCH 4:5 FLAGS
S: * 4 FETCH (FLAGS ())
S: * 5 FETCH (FLAGS ())
S: d OK fetched
C: e STORE 5 +FLAGS (\Deleted)
S: * 5 FETCH (FLAGS (\Deleted))
S: e OK stored
C: f EXPUNGE
S: * 5 EXPUNGE
S: f OK expunged
C: g STATUS Gruppen/koko/test (MESSAGES UIDNEXT)
S: * STATUS "Gruppen/koko/test" (MESSAGES 4 UIDNEXT 7)
S: g OK *
