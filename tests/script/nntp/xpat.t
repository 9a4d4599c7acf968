# RFC 2980 section 2.9; a pattern may have blanks
as anna
C: XPAT Subject 1- *5
S: 412 *
C: GROUP koko.test
S: 211 *
C: XPAT Subject 1- *5 
S: 221 *
S: 5 Subject 5
S: .
C: XPAT Subject 1- Subject ?
S: 221 *
S: 1 Subject 1
S: 2 Subject 2
S: 4 Subject 4
S: 5 Subject 5
S: .
C: XPAT Organization 1- Amt*
S: 221 *
S: 2 Amt fuer Folds
S: 4 Amt fuer Folds
S: .
C: XPAT Organization 1- *
S: 221 *
S: 2 Amt fuer Folds
S: 4 Amt fuer Folds
S: .
C: XPAT Subject 1- nothing
S: 221 *
S: .
C: XPAT Subject 1- a pattern may have as many words as a long subject has, and blanks  between
S: 221 *
S: .
C: XPAT Subject 1- [
S: 221 *
S: .
C: XPAT From <a1@koko.test> *Anna*
S: 221 *
S: <a1@koko.test> Anna <anna@koko.test>
S: .
C: XPAT From <none@koko.test> *
S: 430 *
C: XPAT Subject 1-
S: 501 *
