/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Spans in a sorted array.  There are few of them: what lies beyond a gap, what is here as a stub.
 * A change moves the tail of the array; looking up is a binary search.
 */
#include "proto/fed/fed_span.h"

void fed_spans_init(struct fed_spans *s)
{
	vec_init(&s->v, sizeof(struct fed_span));
}

void fed_spans_fini(struct fed_spans *s)
{
	vec_fini(&s->v);
}

static struct fed_span *at(const struct fed_spans *s, size_t i)
{
	return vec_at(&s->v, i);
}

/* Index of the first span that ends at n or later; v.n when there is none. */
static size_t find(const struct fed_spans *s, uint64_t n)
{
	size_t lo = 0, hi = s->v.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (at(s, mid)->to < n)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool fed_spans_has(const struct fed_spans *s, uint64_t n)
{
	size_t i = find(s, n);

	return i < s->v.n && at(s, i)->from <= n;
}

/* Put `by` in the place of the n spans from i on. */
static void replace(struct fed_spans *s, size_t i, size_t n, const struct fed_span *by, size_t n_by)
{
	size_t tail = s->v.n - i - n;

	for (size_t k = n; k < n_by; k++)
		vec_push(&s->v);
	if (tail > 0)
		memmove(at(s, i + n_by), at(s, i + n), tail * sizeof(struct fed_span));
	for (size_t k = 0; k < n_by; k++)
		*at(s, i + k) = by[k];
	s->v.n = i + n_by + tail;
}

void fed_spans_add(struct fed_spans *s, uint64_t from, uint64_t to)
{
	struct fed_span joined = {from, to};
	size_t i = find(s, from > 0 ? from - 1 : 0), n = 0;

	while (i + n < s->v.n && (to == UINT64_MAX || at(s, i + n)->from <= to + 1)) {
		const struct fed_span *old = at(s, i + n++);

		joined.from = old->from < joined.from ? old->from : joined.from;
		joined.to = old->to > joined.to ? old->to : joined.to;
	}
	replace(s, i, n, &joined, 1);
}

void fed_spans_take(struct fed_spans *s, uint64_t from, uint64_t to)
{
	struct fed_span left[2];
	size_t i = find(s, from), n = 0, n_left = 0;

	while (i + n < s->v.n && at(s, i + n)->from <= to) {
		const struct fed_span *old = at(s, i + n++);

		if (old->from < from)
			left[n_left++] = (struct fed_span){old->from, from - 1};
		if (old->to > to)
			left[n_left++] = (struct fed_span){to + 1, old->to};
	}
	replace(s, i, n, left, n_left);
}

uint64_t fed_spans_free(const struct fed_spans *s, uint64_t n)
{
	size_t i = find(s, n);

	return i < s->v.n && at(s, i)->from <= n ? at(s, i)->to + 1 : n;
}

uint64_t fed_spans_next(const struct fed_spans *s, uint64_t n)
{
	size_t i = find(s, n);

	if (i == s->v.n)
		return UINT64_MAX;
	return at(s, i)->from > n ? at(s, i)->from : n;
}

uint64_t fed_spans_count(const struct fed_spans *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->v.n; i++)
		n += at(s, i)->to - at(s, i)->from + 1;
	return n;
}

void fed_spans_copy(struct fed_spans *to, const struct fed_spans *from)
{
	vec_reset(&to->v);
	for (size_t i = 0; i < from->v.n; i++)
		*(struct fed_span *)vec_push(&to->v) = *at(from, i);
}
