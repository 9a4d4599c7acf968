as anna
C: a SELECT inbox
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] these are kept
S: * 4 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 2] the first one unread
S: * OK [UIDVALIDITY %{INBOX}] numbers hold
S: * OK [UIDNEXT 5] the next number
S: * OK [HIGHESTMODSEQ *
S: a OK [READ-WRITE] selected
C: b EXAMINE Drafts
S~ * 0 EXISTS
S~ b OK [READ-ONLY] selected
C: c SELECT Nothing
S: c NO [NONEXISTENT] *
C: d UNSELECT
S: d BAD *
C: e SELECT Gruppen
S: e NO [NONEXISTENT] *
C: f STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN SIZE)
S: * STATUS "INBOX" (MESSAGES 4 RECENT 0 UIDNEXT 5 UIDVALIDITY %{INBOX} UNSEEN 3 SIZE *
S: f OK *
C: g STATUS INBOX (MESSAGES X)
S: g BAD *
C: h EXAMINE INBOX
S~ h OK [READ-ONLY] selected
C: i STORE 1 +FLAGS (\Deleted)
S: i NO *
C: j CLOSE
S: j OK closed
