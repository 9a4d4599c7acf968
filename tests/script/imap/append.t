as anna
C: a APPEND Drafts (\Seen) "01-Jan-2026 10:00:00 +0100" {14}
S: + send it
C: Subject: x
C: 
C: 
S: a OK [APPENDUID %{Drafts} 1] stored
C: b APPEND Nothing {14}
S: b NO [TRYCREATE] *
C: c APPEND Drafts {14+}
C: Subject: y
C: 
C: 
S: c OK [APPENDUID %{Drafts} 2] stored
C: d APPEND Drafts {5000}
S: d NO [TOOBIG] *
C: e APPEND Drafts
S: e BAD *
C: f APPEND Nothing {5+}
C< abcde\r\n
S: f NO [TRYCREATE] *
C: g SELECT Drafts
S~ g OK *
C: h FETCH 1 (FLAGS INTERNALDATE BODY.PEEK[])
S: * 1 FETCH (FLAGS (\Seen) INTERNALDATE " 1-Jan-2026 09:00:00 +0000" BODY[] {14}
S: Subject: x
S: 
S: )
S: h OK fetched
C: i APPEND Drafts {3}
S: + send it
C< abc\r\n
S: * 3 EXISTS
S: i OK [APPENDUID %{Drafts} 3] stored
# one message at a time
C: j APPEND Drafts {3}
S: + send it
C: abc {3}
S: j BAD expected one message
C: k NOOP
S: k OK *
