# BODY[] sets \Seen, BODY.PEEK[] does not
as anna
C: a SELECT INBOX
S~ a OK *
C: b FETCH 3 BODY.PEEK[TEXT]
S: * 3 FETCH (BODY[TEXT] {12}
S: Body of 3.
S: )
S: b OK fetched
C: c FETCH 3 BODY[TEXT]
S: * 3 FETCH (BODY[TEXT] {12}
S: Body of 3.
S: )
S: * 3 FETCH (FLAGS (\Seen))
S: c OK fetched
C: d FETCH 3 FLAGS
S: * 3 FETCH (FLAGS (\Seen))
S: d OK fetched
