/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sets of numbers as ranges.  Invariant of a struct ranges: ascending, and between two ranges at
 * least one number is missing; so two equal sets are equal bytes.
 */
#include "storage/ranges.h"

#include <stdlib.h>

#include "proto/base/scan.h"
#include "storage/keys.h"

enum { PIECE_NUMS = 65536, LARGEST = 0x7fffffff };

void ranges_init(struct ranges *r)
{
	vec_init(&r->v, sizeof(struct range));
}

void ranges_fini(struct ranges *r)
{
	vec_fini(&r->v);
}

static struct range *last_of(const struct ranges *r)
{
	return r->v.n > 0 ? vec_at(&r->v, r->v.n - 1) : NULL;
}

void ranges_push(struct ranges *r, uint32_t lo, uint32_t hi)
{
	struct range *last = last_of(r);

	if (last && lo <= last->hi + 1) {
		if (hi > last->hi)
			last->hi = hi;
		return;
	}
	*(struct range *)vec_push(&r->v) = (struct range){lo, hi};
}

/* ---- text ---- */

static bool take_range(struct cursor *c, struct range *out)
{
	uint64_t lo, hi;

	if (!cursor_number(c, LARGEST, &lo) || lo == 0)
		return false;
	hi = lo;
	if (cursor_take(c, '-') && (!cursor_number(c, LARGEST, &hi) || hi < lo))
		return false;
	*out = (struct range){(uint32_t)lo, (uint32_t)hi};
	return true;
}

static int by_lo(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->lo > y->lo) - (x->lo < y->lo);
}

void ranges_join(struct vec *raw, struct ranges *out)
{
	if (raw->n > 0)
		qsort(raw->data, raw->n, raw->size, by_lo);
	for (size_t i = 0; i < raw->n; i++) {
		const struct range *one = vec_at(raw, i);
		ranges_push(out, one->lo, one->hi);
	}
}

static int take_all(struct slice text, struct vec *raw)
{
	struct cursor c = cursor_of(text);
	struct range one;

	do {
		if (!take_range(&c, &one))
			return KERR_INVALID;
		if (raw->n == RANGES_MAX)
			return KERR_TOOBIG;
		*(struct range *)vec_push(raw) = one;
	} while (cursor_take(&c, ','));
	return cursor_end(&c) ? 0 : KERR_INVALID;
}

int ranges_parse(struct slice text, struct ranges *r_out)
{
	struct vec raw;

	vec_init(&raw, sizeof(struct range));
	int rc = take_all(text, &raw);
	if (rc == 0) {
		ranges_init(r_out);
		ranges_join(&raw, r_out);
	}
	vec_fini(&raw);
	return rc;
}

void ranges_print(const struct ranges *r, struct buf *out)
{
	for (size_t i = 0; i < ranges_n(r); i++) {
		const struct range *one = ranges_at(r, i);

		if (i > 0)
			buf_addc(out, ',');
		buf_addu(out, one->lo);
		if (one->hi > one->lo) {
			buf_addc(out, '-');
			buf_addu(out, one->hi);
		}
	}
}

/* ---- sets ---- */

void ranges_within(const struct ranges *r, uint32_t lo, uint32_t hi, struct ranges *out)
{
	for (size_t i = 0; i < ranges_n(r); i++) {
		const struct range *one = ranges_at(r, i);
		uint32_t from = one->lo > lo ? one->lo : lo, to = one->hi < hi ? one->hi : hi;

		if (from <= to)
			ranges_push(out, from, to);
	}
}

void ranges_union(const struct ranges *a, const struct ranges *b, struct ranges *out)
{
	size_t i = 0, j = 0;

	while (i < ranges_n(a) || j < ranges_n(b)) {
		bool from_a = j == ranges_n(b) ||
			      (i < ranges_n(a) && ranges_at(a, i)->lo <= ranges_at(b, j)->lo);
		const struct range *one = from_a ? ranges_at(a, i++) : ranges_at(b, j++);
		ranges_push(out, one->lo, one->hi);
	}
}

void ranges_minus(const struct ranges *a, const struct ranges *b, struct ranges *out)
{
	size_t j = 0;

	for (size_t i = 0; i < ranges_n(a); i++) {
		struct range one = *ranges_at(a, i);

		while (j < ranges_n(b) && ranges_at(b, j)->hi < one.lo)
			j++;
		for (size_t k = j; k < ranges_n(b) && ranges_at(b, k)->lo <= one.hi; k++) {
			const struct range *hole = ranges_at(b, k);
			if (hole->lo > one.lo)
				ranges_push(out, one.lo, hole->lo - 1);
			one.lo = hole->hi + 1; /* at most 2^31: no wrap */
		}
		if (one.lo <= one.hi)
			ranges_push(out, one.lo, one.hi);
	}
}

void ranges_common(const struct ranges *a, const struct ranges *b, struct ranges *out)
{
	size_t i = 0, j = 0;

	while (i < ranges_n(a) && j < ranges_n(b)) {
		const struct range *x = ranges_at(a, i), *y = ranges_at(b, j);
		uint32_t lo = x->lo > y->lo ? x->lo : y->lo, hi = x->hi < y->hi ? x->hi : y->hi;

		if (lo <= hi)
			ranges_push(out, lo, hi);
		if (x->hi < y->hi)
			i++;
		else
			j++;
	}
}

static void change(struct ranges *r, const struct ranges *b,
	void (*fn)(const struct ranges *a, const struct ranges *b, struct ranges *out))
{
	struct ranges after;

	ranges_init(&after);
	fn(r, b, &after);
	ranges_fini(r);
	*r = after;
}

void ranges_add(struct ranges *r, const struct ranges *b)
{
	if (ranges_n(b) > 0)
		change(r, b, ranges_union);
}

void ranges_take(struct ranges *r, const struct ranges *b)
{
	if (ranges_n(b) > 0)
		change(r, b, ranges_minus);
}

uint64_t ranges_count(const struct ranges *r)
{
	uint64_t n = 0;

	for (size_t i = 0; i < ranges_n(r); i++)
		n += (uint64_t)ranges_at(r, i)->hi - ranges_at(r, i)->lo + 1;
	return n;
}

bool ranges_has(const struct ranges *r, uint32_t num)
{
	size_t lo = 0, hi = ranges_n(r);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ranges_at(r, mid)->hi < num)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < ranges_n(r) && ranges_at(r, lo)->lo <= num;
}

/* ---- stored form ---- */

void ranges_encode(const struct ranges *r, uint32_t base, struct buf *out)
{
	uint32_t at = base;

	for (size_t i = 0; i < ranges_n(r); i++) {
		const struct range *one = ranges_at(r, i);

		put_varint(out, one->lo - at);
		put_varint(out, one->hi - one->lo);
		at = one->hi + 1;
	}
}

int ranges_decode(struct slice value, uint32_t base, struct ranges *out)
{
	struct dec d = dec_of(value);
	uint32_t at = 0; /* offset behind the last range */

	for (bool first = true; d.rest.len > 0; first = false) {
		uint32_t gap = take_varint(&d), more = take_varint(&d);

		if (d.bad || (gap == 0 && !first) || gap >= PIECE_NUMS - at ||
			more >= PIECE_NUMS - at - gap)
			return KERR_DAMAGED;
		ranges_push(out, base + at + gap, base + at + gap + more);
		at += gap + more + 1;
	}
	return 0;
}
