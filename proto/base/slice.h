/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Borrowed bytes: a pointer and a length.  A slice owns nothing, is not NUL-terminated, and stays
 * in arguments and locals; what must be kept is copied into a buf or an arena.
 */
#ifndef PROTO_BASE_SLICE_H
#define PROTO_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "proto/base/attr.h"

struct slice {
	const char *p; /* may be NULL when len is 0 */
	size_t len;
};

/* A slice of a string literal. */
#define lit(s) ((struct slice){"" s, sizeof(s) - 1})

/* For printf: "%.*s", SLICE_ARG(s). */
#define SLICE_ARG(s) (int)(s).len, (s).p

static inline struct slice slice_of(const void *p, size_t len)
{
	return (struct slice){p, len};
}

static inline struct slice slice_str(const char *s)
{
	return (struct slice){s, s ? strlen(s) : 0};
}

/* Bytes from `from` on; an empty slice when from is past the end. */
static inline struct slice slice_from(struct slice s, size_t from)
{
	return from < s.len ? slice_of(s.p + from, s.len - from) : slice_of(s.p, 0);
}

/* The first `len` bytes, or all when there are fewer. */
static inline struct slice slice_head(struct slice s, size_t len)
{
	return slice_of(s.p, len < s.len ? len : s.len);
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* Equal but for ASCII case. */
bool slice_eq_ci(struct slice a, struct slice b);

/* <0, 0, >0 as unsigned bytes, shorter first on a common prefix. */
int slice_cmp(struct slice a, struct slice b);

bool slice_starts(struct slice s, struct slice prefix);
bool slice_starts_ci(struct slice s, struct slice prefix);
bool slice_ends(struct slice s, struct slice suffix);

/* Index of the first byte c, or s.len. */
size_t slice_chr(struct slice s, char c);

/* Index of the first occurrence of `what`, or s.len. */
size_t slice_find(struct slice s, struct slice what);

/* Without blanks and tabs (and CR, LF) at both ends. */
struct slice slice_trim(struct slice s);

/*
 * Cut the part before the next `sep` off the front of *rest.
 * false when *rest is exhausted; "a,,b" gives a, "", b; "" gives nothing; "a," gives a, "".
 * A finished *rest has p == NULL.
 */
bool slice_split(struct slice *rest, char sep, struct slice *part_out);

/* The next run of bytes that are neither blank nor tab; false at the end. */
bool slice_word(struct slice *rest, struct slice *word_out);

/* Copy as a C string into dst[size]; false (and "") when it does not fit or holds a NUL. */
NODISCARD bool slice_cstr(struct slice s, char *dst, size_t size);

#endif
