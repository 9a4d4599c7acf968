as anna
C: a SELECT INBOX
S~ a OK *
C: b STORE 1:2 +FLAGS (\Flagged)
S: * 1 FETCH (FLAGS (\Flagged \Seen))
S: * 2 FETCH (FLAGS (\Flagged))
S: b OK stored
C: c UID STORE 2 FLAGS.SILENT ($Wichtig Arbeit)
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Wichtig)
S~ * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Wichtig Arbeit \*)] these are kept
S: c OK stored
C: d FETCH 2 FLAGS
S: * 2 FETCH (FLAGS ($Wichtig Arbeit))
S: d OK fetched
C: e STORE 2 -FLAGS arbeit
S: * 2 FETCH (FLAGS ($Wichtig))
S: e OK stored
C: f STORE 2 FLAGS (\Nonsense)
S: f BAD *
C: g STORE 9 +FLAGS (\Seen)
S: g BAD *
C: h UID STORE 9 +FLAGS (\Seen)
S: h OK *
C: i STORE 4 (UNCHANGEDSINCE 0) +FLAGS (\Seen)
S: i OK [MODIFIED 4] some had changed
C: j STORE 4 (UNCHANGEDSINCE 999999) +FLAGS (\Seen)
S: * 4 FETCH (MODSEQ (*
S: j OK stored
