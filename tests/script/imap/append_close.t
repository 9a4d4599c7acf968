# RFC 7888 section 3: too much, and already on its way
as anna
C: d APPEND Drafts {5000+}
S: d NO [TOOBIG] *
closed
