/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a parser answers, and a cursor on a slice that parsers read through.
 *
 * Lengths are explicit and bytes are compared as unsigned char; nothing here reads past the slice.
 * (The cursor is `struct cursor` because C has one name space for struct and enum tags.)
 */
#ifndef PROTO_BASE_SCAN_H
#define PROTO_BASE_SCAN_H

#include <stdint.h>

#include "proto/base/slice.h"

enum scan {
	SCAN_OK,   /* one whole thing was taken */
	SCAN_MORE, /* all input is used, come again with what arrives next */
	SCAN_BAD,  /* the input breaks the grammar */
};

struct cursor {
	struct slice in;
	size_t at;
};

static inline struct cursor cursor_of(struct slice in)
{
	return (struct cursor){in, 0};
}

static inline bool cursor_end(const struct cursor *c)
{
	return c->at >= c->in.len;
}

/* The byte at the cursor as 0..255, or -1 at the end. */
static inline int cursor_peek(const struct cursor *c)
{
	return cursor_end(c) ? -1 : (unsigned char)c->in.p[c->at];
}

static inline struct slice cursor_rest(const struct cursor *c)
{
	return slice_from(c->in, c->at);
}

/* Step over one byte c; false and unmoved when another byte is there. */
bool cursor_take(struct cursor *c, char ch);

/* Step over `word`, ASCII case ignored. */
bool cursor_take_ci(struct cursor *c, struct slice word);

/* Step over blanks and tabs; how many. */
size_t cursor_blanks(struct cursor *c);

/*
 * A decimal number of 1 to 20 digits, at most max.
 * false and unmoved when there is no digit or the value is over max.
 */
bool cursor_number(struct cursor *c, uint64_t max, uint64_t *n_out);

/* The longest run of bytes for which is(byte) holds; may be empty. */
struct slice cursor_run(struct cursor *c, bool (*is)(int byte));

#endif
