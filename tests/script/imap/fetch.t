as anna
C: a EXAMINE INBOX
S~ a OK *
C: b FETCH 1,3 (FLAGS UID)
S: * 1 FETCH (FLAGS (\Seen) UID 1)
S: * 3 FETCH (FLAGS () UID 3)
S: b OK fetched
C: c UID FETCH 4:* (RFC822.SIZE INTERNALDATE)
S: * 4 FETCH (UID 4 RFC822.SIZE 150 INTERNALDATE "23-Nov-2026 14:00:00 +0000")
S: c OK fetched
C: d FETCH 5 FLAGS
S: d BAD there is no message of that number
C: e FETCH 2 (BODY[1] BODY[2.MIME] BODY[HEADER.FIELDS (subject)]<0.8> BODY[9])
S: * 2 FETCH (BODY[1] {5}
S: plain BODY[2.MIME] {27}
S: Content-Type: text/html
S: 
S:  BODY[HEADER.FIELDS (subject)]<0> {8}
S: Subject: BODY[9] NIL)
S: e OK fetched
C: f FETCH 2 BODYSTRUCTURE
S: * 2 FETCH (BODYSTRUCTURE (("text" "plain" *
S: f OK fetched
C: g FETCH 1 ENVELOPE
S: * 1 FETCH (ENVELOPE ("Mon, 23 Nov 2026 13:00:01 +0000" "Subject 1" (("Anna" NIL "anna" "koko.test")) *
S: g OK fetched
C: h FETCH 1 BODY[]
S: * 1 FETCH (BODY[] {150}
S: From: Anna <anna@koko.test>
S~ Body of 1.
S: )
S: h OK fetched
C: i FETCH 1 (BODY[TEXT] RFC822.HEADER)
S: * 1 FETCH (BODY[TEXT] {12}
S: Body of 1.
S:  RFC822.HEADER {138}
S~ )
S: i OK fetched
C: j FETCH 1 BODY[]<10.5>
S: * 1 FETCH (BODY[]<10> {5}
S:  <ann)
S: j OK fetched
C: k FETCH 1 (X)
S: k BAD *
C: l UID FETCH 100:* FLAGS
S: * 4 FETCH (UID 4 FLAGS ())
S: l OK fetched
C: m FETCH 1:4 FAST
S: * 1 FETCH (FLAGS (\Seen) INTERNALDATE "23-Nov-2026 14:00:00 +0000" RFC822.SIZE 150)
S~ m OK fetched
