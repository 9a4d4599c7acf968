# RFC 2177; what another device does is told at once
as anna
C: a SELECT INBOX
S~ a OK *
C: b IDLE
S: + idling
other new
S: * 5 EXISTS
other flag 2
S: * 2 FETCH (FLAGS (\Flagged))
other gone 1
S: * 1 EXPUNGE
C: DONE
S: b OK back again
C: c IDLE
S: + idling
C: what
S: c BAD expected DONE
