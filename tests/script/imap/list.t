as anna
C: a LIST "" ""
S: * LIST (\Noselect) "/" ""
S: a OK *
C: b LIST "" *
S: * LIST (\HasNoChildren \Archive) "/" "Archive"
S: * LIST (\HasNoChildren \Drafts) "/" "Drafts"
S: * LIST (\HasChildren \Noselect) "/" "Gruppen"
S: * LIST (\HasChildren \Noselect) "/" "Gruppen/koko"
S: * LIST (\HasNoChildren) "/" "Gruppen/koko/board"
S: * LIST (\HasNoChildren) "/" "Gruppen/koko/empty"
S: * LIST (\HasNoChildren) "/" "Gruppen/koko/open"
S: * LIST (\HasNoChildren) "/" "Gruppen/koko/test"
S: * LIST (\HasNoChildren) "/" "INBOX"
S: * LIST (\HasNoChildren \Junk) "/" "Junk"
S: * LIST (\HasNoChildren \Sent) "/" "Sent"
S: * LIST (\HasNoChildren \Trash) "/" "Trash"
S: * LIST (\HasChildren \Noselect) "/" "Vertr&AOQ-ge"
S: * LIST (\HasNoChildren) "/" "Vertr&AOQ-ge/2026"
S: b OK *
C: c LIST "" %/%
S: * LIST (\HasChildren \Noselect) "/" "Gruppen/koko"
S: * LIST (\HasNoChildren) "/" "Vertr&AOQ-ge/2026"
S: c OK *
C: d LIST "Gruppen/" "k%"
S: * LIST (\HasChildren \Noselect) "/" "Gruppen/koko"
S: d OK *
C: e LIST (SPECIAL-USE) "" * RETURN (CHILDREN)
S: * LIST (\HasNoChildren \Archive) "/" "Archive"
S: * LIST (\HasNoChildren \Drafts) "/" "Drafts"
S: * LIST (\HasNoChildren \Junk) "/" "Junk"
S: * LIST (\HasNoChildren \Sent) "/" "Sent"
S: * LIST (\HasNoChildren \Trash) "/" "Trash"
S: e OK *
# as Thunderbird asks
C: 7 list (subscribed) "" "*" return (special-use)
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
S: * LIST (\HasNoChildren \Subscribed) "/" "Vertr&AOQ-ge/2026"
S: 7 OK *
C: f LIST "" inbox RETURN (STATUS (MESSAGES UNSEEN))
S: * STATUS "INBOX" (MESSAGES 4 UNSEEN 3)
S: * LIST (\HasNoChildren) "/" "INBOX"
S: f OK *
C: g LIST (SUBSCRIBED RECURSIVEMATCH) "" %
S: * LIST (\HasNoChildren \Subscribed \Archive) "/" "Archive"
S: * LIST (\HasNoChildren \Subscribed \Drafts) "/" "Drafts"
S: * LIST (\HasChildren \Noselect) "/" "Gruppen" (CHILDINFO ("SUBSCRIBED"))
S~ * LIST (\HasChildren \Noselect) "/" "Vertr&AOQ-ge" (CHILDINFO ("SUBSCRIBED"))
S: g OK *
C: h UNSUBSCRIBE Drafts
S: h OK done
C: i LSUB "" %
S: * LSUB (\HasNoChildren \Archive) "/" "Archive"
S: * LSUB (\HasChildren \Noselect) "/" "Gruppen"
S: * LSUB (\HasNoChildren) "/" "INBOX"
S~ i OK *
C: j LIST (RECURSIVEMATCH) "" %
S: j BAD *
C: k NAMESPACE
S: * NAMESPACE (("" "/")) NIL (("Gruppen/" "/"))
S: k OK *
C: l LIST "" Nothing
S: l OK *
C: m ENABLE UTF8=ACCEPT X
S: * ENABLED UTF8=ACCEPT
S: m OK *
C: n LIST "" V%
S: * LIST (\HasChildren \Noselect) "/" "Verträge"
S: n OK *
# RFC 3501 section 6.3.6: a server may look whether it is there
C: o SUBSCRIBE Nichts
S: o NO [NONEXISTENT] *
C: p SUBSCRIBE Gruppen/koko/closed
S: p NO [NONEXISTENT] *
C: q SUBSCRIBE Gruppen/koko/open
S: q OK done
