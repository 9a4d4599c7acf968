/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a FETCH asks for: attributes, macros, sections with partials, modifiers; and the bytes of a
 * section.  RFC 9051 section 6.4.5; RFC 3501 section 6.4.5 (macros, RFC822); RFC 7162 section 3.1.4
 */
#ifndef PROTO_IMAP_IMAP_FETCH_H
#define PROTO_IMAP_IMAP_FETCH_H

#include "proto/base/scan.h"
#include "proto/msg/mime.h"

enum {
	IMAP_FETCH_MAX_ITEMS = 100,
	IMAP_FETCH_MAX_NAMES = 200, /* header names of one section */
};

enum imap_fetch_kind {
	FETCH_FLAGS,
	FETCH_UID,
	FETCH_INTERNALDATE,
	FETCH_SIZE,
	FETCH_ENVELOPE,
	FETCH_BODY, /* the structure without extension data */
	FETCH_BODYSTRUCTURE,
	FETCH_MODSEQ,
	FETCH_SECTION, /* BODY[...] */
	FETCH_RFC822,
	FETCH_RFC822_HEADER,
	FETCH_RFC822_TEXT,
};

enum imap_names {
	NAMES_ALL,
	NAMES_ONLY, /* HEADER.FIELDS */
	NAMES_NOT,  /* HEADER.FIELDS.NOT */
};

struct imap_section {
	uint32_t path[MIME_MAX_DEPTH + 1];
	size_t n_path;
	enum mime_what what;
	enum imap_names filter; /* of a header */
	struct slice *names;    /* in the arena */
	size_t n_names;
};

struct imap_fetch_item {
	enum imap_fetch_kind kind;
	bool peek;                   /* does not set \Seen */
	struct imap_section section; /* of FETCH_SECTION and the RFC822 ones */
	bool partial;
	uint32_t from, count; /* bytes */
};

struct imap_fetch {
	struct imap_fetch_item *v; /* in the arena */
	size_t n;
	bool has_since, vanished; /* (CHANGEDSINCE since [VANISHED]) */
	uint64_t since;
};

/* Step over the attributes and modifiers, up to the end of the command; false: BAD. */
NODISCARD bool imap_read_fetch(struct cursor *c, struct arena *ar, struct imap_fetch *out);

/* Does it ask for an item of this kind? */
bool imap_fetch_has(const struct imap_fetch *f, enum imap_fetch_kind kind);

/* Does it set \Seen? */
bool imap_fetch_marks_seen(const struct imap_fetch *f);

/* Must the bytes of the message be there, or is what is kept beside it enough? */
bool imap_fetch_needs_bytes(const struct imap_fetch *f);

/* "BODY[1.HEADER.FIELDS (Subject)]<0>", as it stands in the answer. */
void imap_fetch_add_label(struct buf *b, const struct imap_fetch_item *it);

/*
 * The bytes of a section, partial applied; false (NIL) when the message has no such section.
 * *out borrows from the message, or from `tmp` for chosen header fields.
 */
NODISCARD bool imap_fetch_section(
	const struct mime *m, const struct imap_fetch_item *it, struct buf *tmp, struct slice *out);

#endif
