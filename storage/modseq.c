/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Personal mod-sequences.  A piece is (first u32, last u32, sequence u64) for each run, ascending
 * and apart.  When it has too many, those of removed messages go; are there still too many, each
 * two neighbours become one with the larger sequence: a client is then told of more changes than
 * there were, never of fewer.
 */
#include "storage/modseq.h"

#include <stdlib.h>

#include "storage/group.h"
#include "storage/numset.h"
#include "storage/schema.h"
#include "storage/txn.h"

int runs_decode(struct slice value, struct vec *out)
{
	struct dec d = dec_of(value);
	uint32_t behind = 0;

	while (d.rest.len > 0) {
		struct run r = {.lo = take_u32(&d)};

		r.hi = take_u32(&d);
		r.seq = take_u64(&d);
		if (d.bad || r.lo < behind || r.hi < r.lo || r.hi > NUM_MAX)
			return KERR_DAMAGED;
		behind = r.hi + 1;
		*(struct run *)vec_push(out) = r;
	}
	return 0;
}

static void runs_encode(const struct vec *runs, struct buf *out)
{
	for (size_t i = 0; i < runs->n; i++) {
		const struct run *r = vec_at(runs, i);

		put_u32(out, r->lo);
		put_u32(out, r->hi);
		put_u64(out, r->seq);
	}
}

/* Append behind the last run, or join it when it touches and has the same sequence. */
static void push(struct vec *runs, uint32_t lo, uint32_t hi, uint64_t seq)
{
	struct run *last = runs->n > 0 ? vec_at(runs, runs->n - 1) : NULL;

	if (last && last->seq == seq && last->hi + 1 == lo)
		last->hi = hi;
	else
		*(struct run *)vec_push(runs) = (struct run){lo, hi, seq};
}

/* What is left of a run without the numbers of r. */
static void push_rest(struct vec *out, const struct run *run, const struct ranges *r)
{
	struct ranges whole, rest;

	ranges_init(&whole);
	ranges_init(&rest);
	ranges_push(&whole, run->lo, run->hi);
	ranges_minus(&whole, r, &rest);
	for (size_t i = 0; i < ranges_n(&rest); i++)
		*(struct run *)vec_push(out) =
			(struct run){ranges_at(&rest, i)->lo, ranges_at(&rest, i)->hi, run->seq};
	ranges_fini(&whole);
	ranges_fini(&rest);
}

static int by_lo(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return (x->lo > y->lo) - (x->lo < y->lo);
}

/* out (empty before) = runs, but the numbers of r at seq. */
static void overlay(const struct vec *runs, const struct ranges *r, uint64_t seq, struct vec *out)
{
	struct vec mixed;

	vec_init(&mixed, sizeof(struct run));
	for (size_t i = 0; i < runs->n; i++)
		push_rest(&mixed, vec_at(runs, i), r);
	for (size_t i = 0; i < ranges_n(r); i++)
		*(struct run *)vec_push(&mixed) =
			(struct run){ranges_at(r, i)->lo, ranges_at(r, i)->hi, seq};
	qsort(mixed.data, mixed.n, mixed.size, by_lo);
	for (size_t i = 0; i < mixed.n; i++) {
		const struct run *one = vec_at(&mixed, i);
		push(out, one->lo, one->hi, one->seq);
	}
	vec_fini(&mixed);
}

/* Each two neighbours become one, until there are few enough. */
static void shrink(struct vec *runs)
{
	while (runs->n > RUNS_MAX) {
		size_t n = 0;

		for (size_t i = 0; i < runs->n; i += 2) {
			struct run one = *(struct run *)vec_at(runs, i);

			if (i + 1 < runs->n) {
				const struct run *two = vec_at(runs, i + 1);
				one.hi = two->hi;
				one.seq = two->seq > one.seq ? two->seq : one.seq;
			}
			*(struct run *)vec_at(runs, n++) = one;
		}
		runs->n = n;
	}
}

/* The numbers of a piece that are not there any more, added to out (empty before). */
static void gone_in(struct txn *t, uint32_t group, uint32_t base, struct ranges *out)
{
	struct group_state st;
	struct ranges absent;

	if (state_get(t, group, &st) < 0)
		return;
	if (st.low > base)
		ranges_push(
			out, base, st.low <= base + PIECE_LAST ? st.low - 1 : base + PIECE_LAST);
	ranges_init(&absent);
	if (absent_get(t, group, base, base + PIECE_LAST, &absent) == 0)
		ranges_add(out, &absent);
	ranges_fini(&absent);
}

/* Drop the runs of which every number is gone. */
static void drop_gone(struct vec *runs, const struct ranges *gone)
{
	size_t n = 0, at = 0;

	for (size_t i = 0; i < runs->n; i++) {
		struct run one = *(struct run *)vec_at(runs, i);

		while (at < ranges_n(gone) && ranges_at(gone, at)->hi < one.lo)
			at++;
		if (at == ranges_n(gone) || ranges_at(gone, at)->lo > one.lo ||
			ranges_at(gone, at)->hi < one.hi)
			*(struct run *)vec_at(runs, n++) = one;
	}
	runs->n = n;
}

/* Make room in a piece: what is gone first, for nobody asks about it. */
static void make_room(struct txn *t, uint32_t group, uint32_t base, struct vec *runs)
{
	struct ranges gone;

	if (runs->n <= RUNS_MAX)
		return;
	ranges_init(&gone);
	gone_in(t, group, base, &gone);
	drop_gone(runs, &gone);
	ranges_fini(&gone);
	shrink(runs);
}

/* The highest sequence that a number of r has. */
static uint64_t highest(const struct vec *runs, const struct ranges *r)
{
	uint64_t seq = 0;

	for (size_t i = 0, at = 0; i < runs->n && at < ranges_n(r);) {
		const struct run *run = vec_at(runs, i);

		if (run->hi < ranges_at(r, at)->lo) {
			i++;
		} else if (ranges_at(r, at)->hi < run->lo) {
			at++;
		} else {
			seq = run->seq > seq ? run->seq : seq;
			i++;
		}
	}
	return seq;
}

static uint64_t note_piece(struct txn *t, const struct key *k, uint32_t group, uint32_t base,
	const struct ranges *part, uint64_t seq)
{
	struct vec before, after;
	uint64_t had = 0;
	struct slice value;

	vec_init(&before, sizeof(struct run));
	vec_init(&after, sizeof(struct run));
	int rc = txn_get(t, k, &value);
	if (rc == 0 && runs_decode(value, &before) < 0)
		rc = txn_damaged(t, "personal mod-sequences");
	if (rc == 0 || rc == KERR_NOTFOUND) {
		had = highest(&before, part);
		overlay(&before, part, seq, &after);
		make_room(t, group, base, &after);
		runs_encode(&after, txn_value(t));
		txn_put_value(t, k);
	}
	vec_fini(&before);
	vec_fini(&after);
	return had;
}

uint64_t modseq_note(
	struct txn *t, uint32_t account, uint32_t group, const struct ranges *changed, uint64_t seq)
{
	size_t n = ranges_n(changed);
	uint64_t had = 0;
	struct key k;

	if (n == 0)
		return 0;
	uint32_t last = ranges_at(changed, n - 1)->hi >> PIECE_BITS;
	for (uint32_t i = ranges_at(changed, 0)->lo >> PIECE_BITS; i <= last; i++) {
		struct ranges part;

		ranges_init(&part);
		ranges_within(changed, i << PIECE_BITS, (i << PIECE_BITS) + PIECE_LAST, &part);
		key_of_marks(&k, account, group, SET_RUNS, (uint16_t)i);
		if (ranges_n(&part) > 0) {
			uint64_t one = note_piece(t, &k, group, i << PIECE_BITS, &part, seq);
			had = one > had ? one : had;
		}
		ranges_fini(&part);
	}
	key_of_marks(&k, account, group, SET_MODSEQ, 0);
	txn_put_u64(t, &k, seq);
	return had;
}

/* ---- reading ---- */

void runs_newer(const struct vec *runs, uint64_t since, struct ranges *out)
{
	for (size_t i = 0; i < runs->n; i++) {
		const struct run *r = vec_at(runs, i);

		if (r->seq > since)
			ranges_push(out, r->lo, r->hi);
	}
}

struct walk {
	struct vec runs;
	int rc;
};

static bool piece_on(void *arg, struct slice key, struct slice value)
{
	struct walk *w = arg;

	(void)key;
	w->rc = runs_decode(value, &w->runs);
	return w->rc == 0;
}

int modseq_newer(
	struct txn *t, uint32_t account, uint32_t group, uint64_t since, struct ranges *out)
{
	struct walk w = {.rc = 0};
	struct key from, to;

	vec_init(&w.runs, sizeof(struct run));
	key_of_set(&from, account, group, SET_RUNS);
	struct kv_range r = range_of(&from, &to);
	if (t->rc == 0)
		t->rc = kv_batch_scan(t->b, &r, piece_on, &w);
	if (w.rc < 0)
		txn_damaged(t, "personal mod-sequences");
	runs_newer(&w.runs, since, out);
	vec_fini(&w.runs);
	return t->rc;
}
