# what a stranger and a person are told
set greeting
S: * OK [CAPABILITY IMAP4rev1 LITERAL+ SASL-IR ID AUTH=PLAIN AUTH=LOGIN] news.koko.test kokod ready
C: a CAPABILITY
S: * CAPABILITY IMAP4rev1 LITERAL+ SASL-IR ID AUTH=PLAIN AUTH=LOGIN
S: a OK these are all
C: b CAPABILITY x
S: b BAD wrong number of arguments
C: c LOGIN anna anna
S: c OK [CAPABILITY IMAP4rev1 LITERAL+ SASL-IR ENABLE *
C: d NOOP
S: d OK nothing done
C: e LOGOUT
S: * BYE good bye
S: e OK logged out
closed
