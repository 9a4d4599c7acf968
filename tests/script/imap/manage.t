as anna
C: a CREATE "Neu/&AOQ-"
S: a OK done
C: b CREATE Zeug (USE (\Archive))
S: b OK done
C: c LIST (SPECIAL-USE) "" Z*
S: * LIST (\HasNoChildren \Archive) "/" "Zeug"
S: c OK *
C: d CREATE Zeug
S: d NO [ALREADYEXISTS] *
C: e SELECT Zeug
S~ e OK *
C: f RENAME Zeug Alt
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
