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
