/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of article numbers as ranges: "1-500,502".  Pure; no store, no lock. */
#ifndef STORAGE_RANGES_H
#define STORAGE_RANGES_H

#include "proto/base/buf.h"
#include "proto/base/coll.h"
#include "proto/base/err.h"

enum { RANGES_MAX = 65536 }; /* ranges of one text */

struct range {
	uint32_t lo, hi; /* both within */
};

/* Ascending, apart from each other by at least one number. */
struct ranges {
	struct vec v;
};

void ranges_init(struct ranges *r);
void ranges_fini(struct ranges *r);

static inline size_t ranges_n(const struct ranges *r)
{
	return r->v.n;
}

static inline const struct range *ranges_at(const struct ranges *r, size_t i)
{
	return vec_at(&r->v, i);
}

/*
 * From text: numbers 1..2^31-1, in any order, overlaps allowed.  KERR_INVALID, KERR_TOOBIG; r_out
 * is initialised when it answers 0 only.
 */
NODISCARD int ranges_parse(struct slice text, struct ranges *r_out);
void ranges_print(const struct ranges *r, struct buf *out);

/* Append at the end: lo is above all that is there; joins what touches. */
void ranges_push(struct ranges *r, uint32_t lo, uint32_t hi);

/* Append ranges in any order (a vec of struct range, which is sorted) to out (empty before). */
void ranges_join(struct vec *raw, struct ranges *out);

/* The part of r within lo..hi, appended to out. */
void ranges_within(const struct ranges *r, uint32_t lo, uint32_t hi, struct ranges *out);

/* out (empty before) = a with b, a without b, what both have. */
void ranges_union(const struct ranges *a, const struct ranges *b, struct ranges *out);
void ranges_minus(const struct ranges *a, const struct ranges *b, struct ranges *out);
void ranges_common(const struct ranges *a, const struct ranges *b, struct ranges *out);

/* r = r with b, r without b. */
void ranges_add(struct ranges *r, const struct ranges *b);
void ranges_take(struct ranges *r, const struct ranges *b);

/* How many numbers. */
uint64_t ranges_count(const struct ranges *r);
bool ranges_has(const struct ranges *r, uint32_t num);

/*
 * Stored form of ranges that lie within base .. base + 65535: pairs of varints, the gap before a
 * range and its length less one.  At most KV_VALUE_MAX bytes, whatever the set.
 */
void ranges_encode(const struct ranges *r, uint32_t base, struct buf *out);
/* Appends; KERR_DAMAGED when a range leaves its 65,536 numbers or touches the one before. */
NODISCARD int ranges_decode(struct slice value, uint32_t base, struct ranges *out);

#endif
