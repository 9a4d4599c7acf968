# a keyword that another device has just made is found, and hides nothing
as anna
C: a SELECT INBOX
S~ a OK *
other keyword 3
C: b SEARCH KEYWORD Auch
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft Auch)
S: * OK [PERMANENTFLAGS *
S: * SEARCH 3
S: * 3 FETCH (FLAGS (Auch))
S: b OK searched
C: c SEARCH UNKEYWORD Auch FROM nobody
S: * SEARCH
S: c OK searched
C: d SEARCH UNKEYWORD Auch
S: * SEARCH 1 2 4
S: d OK searched
