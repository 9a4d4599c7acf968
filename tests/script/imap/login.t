# RFC 3501 section 6.2, RFC 4959
C: a SELECT INBOX
S: a BAD not now: log in first
C: b LOGIN anna wrong
S: b NO [AUTHENTICATIONFAILED] wrong name or password
C: c LOGIN {4+}
C: anna {4}
S: + go ahead
C: anna
S: c OK [CAPABILITY *
C: d LOGIN anna anna
S: d BAD not now: the state is not the right one
