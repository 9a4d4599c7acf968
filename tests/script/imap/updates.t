# RFC 3501 section 7.4.1: no EXPUNGE while FETCH, STORE or SEARCH is answered
as anna
C: a SELECT INBOX
S~ a OK *
other gone 2
other new
C: b FETCH 1:4 UID
S: * 1 FETCH (UID 1)
S: * 3 FETCH (UID 3)
S: * 4 FETCH (UID 4)
S: * 5 EXISTS
S: b OK fetched
C: c UID FETCH 3 FLAGS
S: * 3 FETCH (UID 3 FLAGS ())
S: * 2 EXPUNGE
S: c OK fetched
other flag 3
C: d NOOP
S: * 2 FETCH (FLAGS (\Flagged))
S: d OK *
# a message that came has a keyword that another device has made
other keyword
C: e NOOP
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft Neu)
S: * OK [PERMANENTFLAGS *
S: * 5 EXISTS
S: e OK *
C: f FETCH 5 FLAGS
S: * 5 FETCH (FLAGS (Neu))
S: f OK *
# RFC 3501 section 6.4.6: .SILENT does not hide what another device has done
other flag 1
C: g STORE 1:3 +FLAGS.SILENT (\Answered)
S: * 1 FETCH (FLAGS (\Answered \Flagged \Seen))
S: * 2 FETCH (FLAGS (\Answered \Flagged))
S: * 3 FETCH (FLAGS (\Answered))
S: g OK *
C: h STORE 1:3 -FLAGS.SILENT (\Answered)
S: h OK *
# ... nor does a STORE tell flags without a keyword that another device has just made
other keyword 3
C: i STORE 2:3 +FLAGS (\Answered)
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft Neu Auch)
S: * OK [PERMANENTFLAGS *
S: * 2 FETCH (FLAGS (\Answered \Flagged Auch))
S: * 3 FETCH (FLAGS (\Answered))
S: i OK *
C: j NOOP
S: j OK *
