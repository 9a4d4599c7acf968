# Thunderbird 153 in a folder: it asks for the flags of all and for the heads and texts of what it
# does not know, looks into a folder that is not open, and marks.
as anna
C: 1 ENABLE UTF8=ACCEPT
S~ 1 OK *
C: 2 STATUS "Gruppen/koko/test" (UIDNEXT MESSAGES UNSEEN RECENT)
S: * STATUS "Gruppen/koko/test" (*
S: 2 OK *
C: 3 select "INBOX"
S~ 3 OK [READ-WRITE] *
C: 4 UID fetch 1:* (FLAGS)
S: * 1 FETCH (UID 1 FLAGS (\Seen))
S: * 2 FETCH (UID 2 FLAGS ())
S: * 3 FETCH (UID 3 FLAGS ())
S: * 4 FETCH (UID 4 FLAGS ())
S: 4 OK *
C: 5 UID fetch 3:4 (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To Received)])
S: * 3 FETCH (UID 3 RFC822.SIZE *
S~ )
S: * 4 FETCH (UID 4 RFC822.SIZE 150 FLAGS () BODY[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To Received)] {*
S~ )
S: 5 OK *
C: 6 UID fetch 4 (UID BODY.PEEK[HEADER.FIELDS (Content-Type Content-Transfer-Encoding)] BODY.PEEK[TEXT]<0.2048>)
S: * 4 FETCH (UID 4 BODY[HEADER.FIELDS (Content-Type Content-Transfer-Encoding)] {2}
S: 
S:  BODY[TEXT]<0> {12}
S: Body of 4.
S: )
S: 6 OK *
C: 7 UID fetch 4 (UID RFC822.SIZE BODY.PEEK[])
S: * 4 FETCH (UID 4 RFC822.SIZE 150 BODY[] {150}
S~ Body of 4.
S: )
S: 7 OK *
C: 8 uid store 4 +Flags (\Seen)
S~ 8 OK *
C: 9 uid store 4 +Flags (\Answered)
S~ 9 OK *
C: 10 noop
S: 10 OK *
C: 11 UID fetch 5:* (FLAGS)
S: * 4 FETCH (UID 4 FLAGS (\Answered \Seen))
S: 11 OK *
