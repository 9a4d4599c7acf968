# Any header, also folded ones; Claws asks for Newsgroups, To and Cc.  RFC 3977 section 8.5.2
as anna
C: GROUP koko.test
S: 211 *
C: HDR Organization 1-
S: 225 *
S: 1 
S: 2 Amt fuer Folds
S: 4 Amt fuer Folds
S: 5 
S: .
C: XHDR newsgroups 4-
S: 221 *
S: 4 koko.test,koko.closed
S: 5 koko.test
S: .
C: XHDR to 1-2
S: 221 *
S: 1 (none)
S: 2 (none)
S: .
C: HDR Organization <a2@koko.test>
S: 225 *
S: 0 Amt fuer Folds
S: .
C: HDR Lines 1
S: 225 *
S: 1 
S: .
C: HDR Organization 3
S: 423 *
C: HDR Organization 9-
S: 423 *
C: HDR Organization <none@koko.test>
S: 430 *
