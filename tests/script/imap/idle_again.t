# A message that was told of with the answer to a STORE is told of once more in IDLE: Thunderbird
# stores \Answered while its reply arrives, and looks for messages only when IDLE tells of them.
as anna
C: a SELECT INBOX
S~ a OK *
other new
C: b UID STORE 1 +FLAGS (\Answered)
S~ * 5 EXISTS
S: b OK stored
C: c IDLE
S: + idling
S: * 5 EXISTS
C: DONE
S: c OK back again
C: d IDLE
S: + idling
C: DONE
S: d OK back again
other new
C: e NOOP
S: * 6 EXISTS
S: e OK *
C: f IDLE
S: + idling
C: DONE
S: f OK back again
