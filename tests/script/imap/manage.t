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
C: m CREATE Bald
S: m OK done
C: n SELECT Bald
S~ n OK *
C: o DELETE Bald
S: o OK done
C: p CHECK
S: p BAD *
C: q SELECT INBOX
S~ q OK *
C: r DELETE INBOX
S: r NO [NOPERM] *
C: s DELETE Nichts
S: s NO [NONEXISTENT] *
C: t CHECK
S: t OK *
C: u CREATE Alle (USE (\All))
S: u NO [USEATTR] *
C: v CREATE Beides (USE (\Sent \Junk))
S: v NO [USEATTR] *
C: w CREATE Keines (USE ())
S: w OK done
C: x CREATE Halb (USE (\Sent)
S: x BAD *
C: y LIST "" (Alle Beides Keines Halb)
S: * LIST (\HasNoChildren) "/" "Keines"
S: y OK *
