/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Owned bytes with a ceiling.  The bytes lie in data[start .. start+len); room is made by moving
 * them to the front when that frees enough, else by doubling the block.  One byte more than asked
 * is always kept so that buf_cstr can put a NUL behind the end.
 */
#include "proto/base/buf.h"

#include "proto/base/mem.h"

#include <assert.h>
#include <stdio.h>

enum { BUF_FIRST = 256 };

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void buf_fini(struct buf *b)
{
	free(b->data);
	*b = (struct buf){.max = b->max};
}

void buf_reset(struct buf *b)
{
	b->start = b->len = 0;
	b->bad = false;
}

void buf_trim(struct buf *b, size_t keep)
{
	if (b->len > 0 || b->cap <= keep)
		return;
	free(b->data);
	b->data = NULL;
	b->start = b->cap = 0;
}

/* Make the block hold `need` bytes in all, NUL included. */
static void grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : BUF_FIRST;

	while (cap < need)
		cap = size_mul(cap, 2);

	char *data = mem_alloc(cap);
	if (b->len > 0)
		memcpy(data, b->data + b->start, b->len);
	free(b->data);
	b->data = data;
	b->start = 0;
	b->cap = cap;
}

/* Moving costs len bytes: it is done only when at least as much was dropped from the front. */
char *buf_room(struct buf *b, size_t n)
{
	if (b->bad || n > b->max || b->len > b->max - n) {
		b->bad = true;
		return NULL;
	}

	size_t need = size_add(size_add(b->len, n), 1);
	if (b->cap - b->start < need) {
		if (need <= b->cap && b->start >= b->len) {
			memmove(b->data, b->data + b->start, b->len);
			b->start = 0;
		} else {
			grow(b, need);
		}
	}
	return b->data + b->start + b->len;
}

void buf_commit(struct buf *b, size_t n)
{
	assert(n < b->cap - b->start - b->len);
	b->len += n;
}

void buf_add(struct buf *b, struct slice s)
{
	char *p = buf_room(b, s.len);

	if (!p || s.len == 0)
		return;
	memcpy(p, s.p, s.len);
	b->len += s.len;
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, slice_of(&c, 1));
}

void buf_addz(struct buf *b, const char *cstr)
{
	buf_add(b, slice_str(cstr));
}

void buf_addu(struct buf *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	buf_add(b, slice_of(digits + at, sizeof digits - at));
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(b, fmt, ap);
	va_end(ap);
}

/* Short texts take one vsnprintf into a local block; longer ones a second into the buf itself. */
void buf_addv(struct buf *b, const char *fmt, va_list ap)
{
	char small[256];
	va_list again;

	va_copy(again, ap);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	if (n < 0) {
		b->bad = true;
	} else if ((size_t)n < sizeof small) {
		buf_add(b, slice_of(small, (size_t)n));
	} else {
		char *p = buf_room(b, (size_t)n);
		if (p) {
			vsnprintf(p, (size_t)n + 1, fmt, again);
			b->len += (size_t)n;
		}
	}
	va_end(again);
}

void buf_drop(struct buf *b, size_t n)
{
	assert(n <= b->len);
	b->start += n;
	b->len -= n;
	if (b->len == 0)
		b->start = 0;
}

void buf_cut(struct buf *b, size_t len)
{
	assert(len <= b->len);
	b->len = len;
	if (len == 0)
		b->start = 0;
}

const char *buf_cstr(struct buf *b)
{
	if (!b->data)
		grow(b, 1);
	b->data[b->start + b->len] = '\0';
	return b->data + b->start;
}

void buf_move(struct buf *dst, struct buf *src)
{
	size_t max = src->max;

	buf_fini(dst);
	*dst = *src;
	*src = (struct buf){.max = max};
}
