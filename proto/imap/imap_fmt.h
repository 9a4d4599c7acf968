/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an IMAP server writes: strings, flags, dates and BODYSTRUCTURE; ENVELOPE is in
 * imap_envelope.h.
 *
 * A string is quoted where it can be and a literal where it must be: CR, LF and, unless the client
 * has said UTF8=ACCEPT, bytes that are not ASCII (RFC 6855 section 3).  NUL may stand in neither
 * and becomes "?".
 */
#ifndef PROTO_IMAP_IMAP_FMT_H
#define PROTO_IMAP_IMAP_FMT_H

#include "proto/base/buf.h"
#include "proto/msg/mime.h"

enum {
	IMAP_QUOTED_MAX = 1000, /* longer strings are literals */
	IMAP_STRUCTURE_MAX = 256 * 1024,
};

/* Flags that the protocol names.  RFC 9051 section 2.3.2 */
enum imap_flag {
	IMAP_SEEN = 1 << 0,
	IMAP_ANSWERED = 1 << 1,
	IMAP_FLAGGED = 1 << 2,
	IMAP_DELETED = 1 << 3,
	IMAP_DRAFT = 1 << 4,
	IMAP_RECENT = 1 << 5, /* RFC 3501 only */
};

void imap_add_string(struct buf *b, struct slice s, bool utf8);

/* NIL when s.p is NULL. */
void imap_add_nstring(struct buf *b, struct slice s, bool utf8);

/* An atom where it can be one. */
void imap_add_astring(struct buf *b, struct slice s, bool utf8);

/* "23-Nov-2026 13:59:11 +0000" with its quotes. */
void imap_add_date(struct buf *b, int64_t at);

/* "(\Seen $Junk)" */
void imap_add_flags(struct buf *b, unsigned flags, const struct slice *keywords, size_t n);

/* The flag that "\seen" names; 0 for keywords and unknown ones. */
unsigned imap_flag_find(struct slice name);

/* BODYSTRUCTURE, or BODY, which is without extension data.  RFC 9051 section 7.5.2 */
void imap_add_body(struct buf *b, const struct mime *m, bool extended, struct arena *ar);

/* What is kept beside a message, so that FETCH only copies.  Slices borrow from the record. */
struct imap_structure {
	uint32_t head_len;           /* of the message, the empty line included */
	struct slice envelope, body; /* as they stand behind ENVELOPE and BODYSTRUCTURE */
};

/*
 * Append the record of a message: u32be head_len, u32be length of the envelope, envelope, body.
 * At most IMAP_STRUCTURE_MAX bytes: a structure that is longer is told as one opaque leaf, an
 * envelope that is longer as one without content.
 */
void imap_structure_make(struct buf *b, struct slice msg);

NODISCARD bool imap_structure_split(struct slice record, struct imap_structure *out);

#endif
