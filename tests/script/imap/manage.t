as anna
C: a CREATE "Neu/&AOQ-"
S: a OK done
C: b CREATE Archiv (USE (\Archive))
S: b OK done
C: c LIST (SPECIAL-USE) "" A*
S: * LIST (\HasNoChildren \Archive) "/" "Archiv"
S: c OK *
C: d CREATE Archiv
S: d NO [ALREADYEXISTS] *
C: e SELECT Archiv
S~ e OK *
C: f RENAME Archiv Alt
S: f OK done
C: g NOOP
S: g OK *
C: h DELETE Alt
S: h OK done
C: i NOOP
S: i OK *
C: j DELETE INBOX
S: j NO [NOPERM] *
C: k CREATE Gruppen/x
S: k NO [NOPERM] *
C: l CREATE &AOQ
S: l BAD *
