as anna
C: a SELECT INBOX
S~ a OK *
C: b COPY 2:3 Trash
S: b OK [COPYUID %{Trash} 2:3 1:2] copied
C: c UID COPY 1 Nothing
S: c NO [TRYCREATE] *
C: d MOVE 2 Trash
S: * OK [COPYUID %{Trash} 2 3] moved
S: * 2 EXPUNGE
S: d OK moved
C: e UID MOVE 99 Trash
S: e OK there are none
C: f COPY 1 INBOX
S: * 4 EXISTS
S: f OK [COPYUID %{INBOX} 1 5] copied
