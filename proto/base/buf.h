/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Owned bytes with a ceiling.  Append freely and look at `bad` once at the end: past the ceiling
 * appends do nothing.  Bytes are taken from the front without moving the rest.
 */
#ifndef PROTO_BASE_BUF_H
#define PROTO_BASE_BUF_H

#include <stdarg.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct buf {
	char *data;   /* block of cap bytes, or NULL */
	size_t start; /* first byte in use */
	size_t len;   /* bytes in use from start on */
	size_t cap;
	size_t max; /* ceiling of len */
	bool bad;   /* an append did not fit; sticky until buf_reset */
};

/* An empty buf that holds at most `max` bytes; allocates nothing yet. */
void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b);

static inline struct slice buf_slice(const struct buf *b)
{
	return b->data ? slice_of(b->data + b->start, b->len) : slice_of(NULL, 0);
}

/* Empty it and clear `bad`; memory is kept. */
void buf_reset(struct buf *b);

/* Give memory back when the buf is empty and holds more than keep bytes of it. */
void buf_trim(struct buf *b, size_t keep);

void buf_add(struct buf *b, struct slice s);
void buf_addc(struct buf *b, char c);
void buf_addz(struct buf *b, const char *cstr);
void buf_addu(struct buf *b, uint64_t n); /* decimal */
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_addv(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/*
 * Room for n more bytes at the end, to be filled by the caller and made part of the buf with
 * buf_commit; NULL (and bad) when that would pass the ceiling.
 */
NODISCARD char *buf_room(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);

/* Drop n bytes (at most len) from the front, or all bytes from `len` on. */
void buf_drop(struct buf *b, size_t n);
void buf_cut(struct buf *b, size_t len);

/* The bytes as a C string (a NUL is kept behind the end, not counted). */
const char *buf_cstr(struct buf *b);

/* Move everything from src to dst (which is released first); src is empty afterwards. */
void buf_move(struct buf *dst, struct buf *src);

#endif
