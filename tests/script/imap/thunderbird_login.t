# Thunderbird 153 after its account is set up: bare numbers as tags, lower case, the password in a
# line of its own; then it looks for the folders, twice, and opens INBOX.
C: 83 authenticate PLAIN
S: + 
C: AGFubmEAYW5uYQ==
S: 83 OK [CAPABILITY *
C: 84 namespace
S: * NAMESPACE (("" "/")) NIL (("Gruppen/" "/"))
S: 84 OK *
C: 85 ID ("name" "Thunderbird" "version" "153.7.0")
S: * ID *
S: 85 OK *
C: 86 ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: 86 OK *
C: 87 list (subscribed) "" "*" return (special-use)
S: * LIST (\HasNoChildren \Subscribed \Archive) "/" "Archive"
S: * LIST (\HasNoChildren \Subscribed \Drafts) "/" "Drafts"
S: * LIST (\HasNoChildren \Subscribed) "/" "Gruppen/koko/board"
S: * LIST (\HasNoChildren \Subscribed) "/" "Gruppen/koko/empty"
S: * LIST (\HasNoChildren \Subscribed) "/" "Gruppen/koko/open"
S: * LIST (\HasNoChildren \Subscribed) "/" "Gruppen/koko/test"
S: * LIST (\HasNoChildren \Subscribed) "/" "INBOX"
S: * LIST (\HasNoChildren \Subscribed \Junk) "/" "Junk"
S: * LIST (\HasNoChildren \Subscribed \Sent) "/" "Sent"
S: * LIST (\HasNoChildren \Subscribed \Trash) "/" "Trash"
S: * LIST (\HasNoChildren \Subscribed) "/" "Verträge/2026"
S: 87 OK *
C: 88 list (subscribed) "" "Gruppen/*" return (special-use)
S: * LIST (\HasNoChildren \Subscribed) "/" "Gruppen/koko/board"
S: * LIST (\HasNoChildren \Subscribed) "/" "Gruppen/koko/empty"
S: * LIST (\HasNoChildren \Subscribed) "/" "Gruppen/koko/open"
S: * LIST (\HasNoChildren \Subscribed) "/" "Gruppen/koko/test"
S: 88 OK *
C: 89 list "" "INBOX"
S: * LIST (\HasNoChildren) "/" "INBOX"
S: 89 OK *
C: 90 select "INBOX"
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] *
S: * 4 EXISTS
S~ * OK [UIDVALIDITY %{INBOX}] *
S~ 90 OK [READ-WRITE] *
C: 91 UID fetch 1:* (FLAGS)
S: * 1 FETCH (UID 1 FLAGS (\Seen))
S~ 91 OK *
C: 92 IDLE
S: + idling
C: DONE
S: 92 OK *
