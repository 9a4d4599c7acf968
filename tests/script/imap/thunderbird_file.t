# Thunderbird 153 keeps a copy of what was sent (RFC 6855 section 4: UTF8 literal, not synchronised),
# makes a folder and moves a message there.
as anna
C: 1 ENABLE UTF8=ACCEPT
S~ 1 OK *
C: 2 select "INBOX"
S~ 2 OK *
C: 3 append "Sent" (\Seen) UTF8 (~{15+}
C: Subject: ü
C:
C< )\r\n
S: 3 OK [APPENDUID *
C: 4 create "Projekt Übergang"
S: 4 OK *
C: 5 subscribe "Projekt Übergang"
S: 5 OK *
C: 6 list "" "Projekt Übergang"
S: * LIST (\HasNoChildren) "/" "Projekt Übergang"
S: 6 OK *
C: 7 uid move 2 "Projekt Übergang"
S: * OK [COPYUID *
S: * 2 EXPUNGE
S: 7 OK *
C: 8 select "Projekt Übergang"
S: * FLAGS *
S: * OK *
S: * 1 EXISTS
S~ 8 OK *
