# design.md section 3: others' articles may not be removed
only fake
as anna
C: a SELECT Gruppen/koko/test
S~ a OK *
C: b STORE 1:2 +FLAGS (\Deleted)
S: b NO [NOPERM] *
C: c FETCH 1:2 FLAGS
S: * 1 FETCH (FLAGS ())
S: * 2 FETCH (FLAGS ())
S: c OK fetched
C: d STORE 1 +FLAGS (\Deleted)
S: * 1 FETCH (FLAGS (\Deleted))
S: d OK stored
C: e EXPUNGE
S: * 1 EXPUNGE
S: e OK expunged
