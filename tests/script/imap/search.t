as anna
C: a SELECT INBOX
S~ a OK *
C: b SEARCH ALL
S: * SEARCH 1 2 3 4
S: b OK searched
C: c UID SEARCH UNSEEN SUBJECT "subject"
S: * SEARCH 3 4
S: c OK searched
C: d SEARCH TEXT html
S: * SEARCH 2
S: d OK searched
C: e SEARCH RETURN (MIN MAX COUNT) SEEN
S: * ESEARCH (TAG "e") MIN 1 MAX 1 COUNT 1
S: e OK searched
C: f UID SEARCH RETURN () UID 2:*
S: * ESEARCH (TAG "f") UID ALL 2:4
S: f OK searched
C: g SEARCH CHARSET utf-8 SUBJECT {6}
S: + go ahead
C< Gr\xc3\xbc\xc3\x9f\r\n
S: * SEARCH 2
S: g OK searched
C: h SEARCH CHARSET x SUBJECT a
S: h NO [BADCHARSET *
C: i SEARCH KEYWORD nothing
S: * SEARCH
S: i OK searched
C: j SEARCH NONSENSE
S: j BAD *
C: k SEARCH OR FROM bert NOT SENTON 23-Nov-2026
S: * SEARCH 2
S: k OK searched
C: l SEARCH DELETED
S: * SEARCH
S: l OK searched
