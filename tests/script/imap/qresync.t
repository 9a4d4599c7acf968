# RFC 7162
as anna
C: a ENABLE QRESYNC CONDSTORE
S: * ENABLED CONDSTORE QRESYNC
S: a OK *
C: b SELECT INBOX
S~ b OK *
other gone 1
other flag 2
C: c NOOP
S: * VANISHED 1
S: * 1 FETCH (UID 2 MODSEQ (%{M+2}) FLAGS (\Flagged))
S: c OK *
C: d SELECT INBOX (QRESYNC (%{INBOX} %{M} 1:4))
S: * OK [CLOSED] *
S~ * OK [HIGHESTMODSEQ %{M+2}] *
S: * VANISHED (EARLIER) 1
S: * 1 FETCH (UID 2 MODSEQ (%{M+2}) FLAGS (\Flagged))
S: d OK *
C: e UID FETCH 1:4 (FLAGS) (CHANGEDSINCE %{M+1} VANISHED)
S: * 1 FETCH (UID 2 FLAGS (\Flagged) MODSEQ (%{M+2}))
S: e OK fetched
C: f STORE 2 +FLAGS.SILENT (\Deleted)
S: * 2 FETCH (MODSEQ (%{M+3}))
S: f OK stored
C: g EXPUNGE
S: * VANISHED 3
S: g OK [HIGHESTMODSEQ %{M+4}] expunged
C: h STORE 1 (UNCHANGEDSINCE 3) +FLAGS (\Seen)
S: * 1 FETCH (MODSEQ (%{M+2}) FLAGS (\Flagged))
S: h OK [MODIFIED 1] some had changed
