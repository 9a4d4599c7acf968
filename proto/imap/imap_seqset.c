/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sequence sets: reading, resolving, asking, writing. */
#include "proto/imap/imap_seqset.h"

#include "proto/base/text.h"

/* A number from 1 on, or "*" as 0. */
static bool read_number(struct cursor *c, uint32_t *out)
{
	uint64_t n = 0;

	if (!cursor_take(c, '*') && (!cursor_number(c, UINT32_MAX, &n) || n == 0))
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool read_range(struct cursor *c, struct imap_range *r)
{
	if (!read_number(c, &r->lo))
		return false;
	r->hi = r->lo;
	return !cursor_take(c, ':') || read_number(c, &r->hi);
}

static bool is_set_char(int ch)
{
	return ascii_digit(ch) || ch == ':' || ch == '*' || ch == ',';
}

/* The commas say how many ranges there are. */
bool imap_read_seqset(struct cursor *c, struct arena *ar, struct imap_seqset *out)
{
	struct slice text = cursor_run(c, is_set_char);
	struct cursor in = cursor_of(text);
	size_t n = 1;

	for (size_t i = 0; i < text.len; i++)
		n += text.p[i] == ',';
	*out = (struct imap_seqset){0};
	if (text.len == 0)
		return false;
	out->v = arena_alloc(ar, size_mul(n, sizeof *out->v));
	do {
		if (!read_range(&in, &out->v[out->n++]))
			return false;
	} while (cursor_take(&in, ','));
	return cursor_end(&in);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = ((const struct imap_range *)a)->lo, y = ((const struct imap_range *)b)->lo;

	return (x > y) - (x < y);
}

/* "*" becomes max, and the ends stand in order; false when nothing is left. */
static bool resolve_range(struct imap_range *r, uint32_t max)
{
	uint32_t lo = r->lo ? r->lo : max, hi = r->hi ? r->hi : max;

	r->lo = lo < hi ? lo : hi;
	r->hi = lo < hi ? hi : lo;
	return r->lo > 0;
}

static void join(struct imap_seqset *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct imap_range r = s->v[i];

		if (n > 0 && r.lo - 1 <= s->v[n - 1].hi) {
			if (r.hi > s->v[n - 1].hi)
				s->v[n - 1].hi = r.hi;
		} else {
			s->v[n++] = r;
		}
	}
	s->n = n;
}

void imap_seqset_resolve(struct imap_seqset *s, uint32_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct imap_range r = s->v[i];

		if (resolve_range(&r, max))
			s->v[n++] = r;
	}
	s->n = n;
	if (n > 0)
		qsort(s->v, n, sizeof *s->v, compare);
	join(s);
}

uint32_t imap_seqset_next(const struct imap_seqset *s, uint32_t n)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->v[mid].hi < n)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == s->n)
		return 0;
	return s->v[lo].lo > n ? s->v[lo].lo : n;
}

bool imap_seqset_has(const struct imap_seqset *s, uint32_t n)
{
	return n > 0 && imap_seqset_next(s, n) == n;
}

static void flush(struct imap_seqset_writer *w)
{
	if (w->lo == 0)
		return;
	if (w->any)
		buf_addc(w->b, ',');
	buf_addu(w->b, w->lo);
	if (w->hi > w->lo)
		buf_addf(w->b, ":%u", w->hi);
	w->any = true;
}

void imap_seqset_put(struct imap_seqset_writer *w, uint32_t n)
{
	if (w->lo > 0 && n == w->hi + 1) {
		w->hi = n;
		return;
	}
	flush(w);
	w->lo = w->hi = n;
}

void imap_seqset_end(struct imap_seqset_writer *w)
{
	flush(w);
	w->lo = w->hi = 0;
}
