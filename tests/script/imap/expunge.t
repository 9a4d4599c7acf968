as anna
C: a SELECT INBOX
S~ a OK *
C: b STORE 1,3 +FLAGS.SILENT (\Deleted)
S: b OK stored
C: c UID EXPUNGE 2:3
S: * 3 EXPUNGE
S: c OK expunged
C: d FETCH 1:3 UID
S: * 1 FETCH (UID 1)
S: * 2 FETCH (UID 2)
S: * 3 FETCH (UID 4)
S: d OK fetched
C: e EXPUNGE
S: * 1 EXPUNGE
S: e OK expunged
C: f EXPUNGE
S: f OK there was nothing to expunge
C: g STORE 1 +FLAGS.SILENT (\Deleted)
S: g OK *
C: h CLOSE
S: h OK closed
C: i STATUS INBOX (MESSAGES)
S: * STATUS "INBOX" (MESSAGES 1)
S: i OK *
