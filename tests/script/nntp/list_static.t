# RFC 3977 section 8.4, 8.6; RFC 6048; alpine asks for the old LIST EXTENSIONS
C: LIST OVERVIEW.FMT
S: 215 *
S: Subject:
S: From:
S: Date:
S: Message-ID:
S: References:
S: Bytes:
S: Lines:
S: Xref:full
S: .
C: LIST OVERVIEW.FMT x
S: 501 *
C: LIST HEADERS
S: 215 *
S: :
S: :bytes
S: :lines
S: .
C: LIST HEADERS msgid
S: 215 *
S~ .
C: LIST HEADERS other
S: 501 *
C: LIST MOTD
S: 503 *
C: LIST DISTRIB.PATS
S: 503 *
C: LIST DISTRIBUTIONS
S: 503 *
C: LIST MODERATORS
S: 503 *
C: LIST SUBSCRIPTIONS
S: 503 *
C: LIST EXTENSIONS
S: 503 *
C: LIST MOTD x
S: 501 *
C: LIST NOTHING
S: 501 *
