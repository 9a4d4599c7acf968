/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of numbers in pieces: marks (table f) and absent numbers (table v). */
#include "storage/numset.h"

#include "storage/group.h"
#include "storage/schema.h"
#include "storage/store_priv.h"
#include "storage/txn.h"

enum { TRIM_PIECES = 64 };

static struct key piece_key(const struct key *prefix, uint32_t piece)
{
	struct key k = *prefix;

	key_u16(&k, (uint16_t)piece);
	return k;
}

static int load_piece(struct txn *t, const struct key *k, uint32_t base, struct ranges *out)
{
	struct slice value;
	int rc = txn_get(t, k, &value);

	if (rc == KERR_NOTFOUND)
		return 0;
	if (rc == 0 && ranges_decode(value, base, out) < 0)
		rc = txn_damaged(t, "set of numbers");
	return rc;
}

static void put_piece(struct txn *t, const struct key *k, uint32_t base, const struct ranges *r)
{
	if (ranges_n(r) == 0) {
		txn_del(t, k);
		return;
	}
	ranges_encode(r, base, txn_value(t));
	txn_put_value(t, k);
}

/* Which of `part` are changed by it? */
static void difference(
	const struct ranges *before, const struct ranges *part, bool add, struct ranges *out)
{
	if (add)
		ranges_minus(part, before, out);
	else
		ranges_common(part, before, out);
}

static void append(struct ranges *to, const struct ranges *more)
{
	for (size_t i = 0; to && i < ranges_n(more); i++)
		ranges_push(to, ranges_at(more, i)->lo, ranges_at(more, i)->hi);
}

/* The part of r that lies in one piece. */
static void change_piece(struct txn *t, const struct key *prefix, uint32_t piece,
	const struct ranges *r, bool add, struct ranges *changed_out)
{
	uint32_t base = piece << PIECE_BITS;
	struct key k = piece_key(prefix, piece);
	struct ranges part, set, changed;

	ranges_init(&part);
	ranges_init(&set);
	ranges_init(&changed);
	ranges_within(r, base, base + PIECE_LAST, &part);
	if (ranges_n(&part) > 0 && load_piece(t, &k, base, &set) == 0) {
		difference(&set, &part, add, &changed);
		if (add)
			ranges_add(&set, &changed);
		else
			ranges_take(&set, &changed);
		if (ranges_n(&changed) > 0)
			put_piece(t, &k, base, &set);
		append(changed_out, &changed);
	}
	ranges_fini(&part);
	ranges_fini(&set);
	ranges_fini(&changed);
}

void numset_change(struct txn *t, const struct key *prefix, const struct ranges *r, bool add,
	struct ranges *changed_out)
{
	size_t n = ranges_n(r);

	if (n == 0)
		return;
	uint32_t last = ranges_at(r, n - 1)->hi >> PIECE_BITS;
	for (uint32_t i = ranges_at(r, 0)->lo >> PIECE_BITS; i <= last && t->rc == 0; i++)
		change_piece(t, prefix, i, r, add, changed_out);
}

/* ---- reading ---- */

struct walk {
	struct ranges *out;
	int rc;
};

static bool piece_on(void *arg, struct slice key, struct slice value)
{
	struct walk *w = arg;
	struct dec d = dec_of(slice_from(key, key.len - 2));

	w->rc = ranges_decode(value, (uint32_t)take_u16(&d) << PIECE_BITS, w->out);
	return w->rc == 0;
}

int numset_get(struct txn *t, const struct key *prefix, struct ranges *out)
{
	struct walk w = {out, 0};
	struct key to;
	struct kv_range r = range_of(prefix, &to);

	if (t->rc == 0)
		t->rc = kv_batch_scan(t->b, &r, piece_on, &w);
	return w.rc < 0 ? txn_damaged(t, "set of numbers") : t->rc;
}

int numset_read(struct kv_view *v, const struct key *prefix, struct ranges *out)
{
	struct walk w = {out, 0};
	struct key to;
	struct kv_range r = range_of(prefix, &to);
	int rc = kv_scan(v, &r, piece_on, &w);

	return rc < 0 ? rc : w.rc;
}

/* ---- deleting by prefix ---- */

struct del_walk {
	struct vec keys;
	size_t max;
};

static bool del_on(void *arg, struct slice key, struct slice value)
{
	struct del_walk *w = arg;
	struct key *k = vec_push(&w->keys);

	(void)value;
	key_bytes(k, key);
	return w->keys.n < w->max;
}

size_t range_del(struct txn *t, const struct kv_range *r, size_t max)
{
	struct del_walk w = {.max = max};

	vec_init(&w.keys, sizeof(struct key));
	if (t->rc == 0)
		t->rc = kv_batch_scan(t->b, r, del_on, &w);
	for (size_t i = 0; i < w.keys.n; i++)
		txn_del(t, vec_at(&w.keys, i));
	size_t n = w.keys.n;
	vec_fini(&w.keys);
	return n;
}

size_t prefix_del(struct txn *t, const struct key *prefix, size_t max)
{
	struct key to;
	struct kv_range r = range_of(prefix, &to);

	return range_del(t, &r, max);
}

/* ---- absent numbers ---- */

void absent_flush(struct txn *t)
{
	struct key k;

	key_of_u32(&k, TABLE_ABSENT, t->absent.group);
	numset_change(t, &k, &t->absent.nums, true, NULL);
	vec_reset(&t->absent.nums.v);
}

/* Kept until another group's come: a piece is put once for all the rows that a batch takes out. */
void absent_add(struct txn *t, uint32_t group, uint32_t lo, uint32_t hi)
{
	struct ranges r;

	if (lo > hi)
		return;
	if (t->absent.group != group)
		absent_flush(t);
	t->absent.group = group;
	ranges_init(&r);
	ranges_push(&r, lo, hi);
	ranges_add(&t->absent.nums, &r);
	ranges_fini(&r);
}

void absent_trim(struct txn *t, uint32_t group, uint32_t low)
{
	struct key from, to;

	absent_flush(t);
	key_of_u32(&from, TABLE_ABSENT, group);
	to = piece_key(&from, low >> PIECE_BITS);
	range_del(t, &(struct kv_range){key_slice(&from), key_slice(&to), false}, TRIM_PIECES);
}

int absent_get(struct txn *t, uint32_t group, uint32_t lo, uint32_t hi, struct ranges *out)
{
	struct ranges all;
	struct key k;

	absent_flush(t);
	ranges_init(&all);
	key_of_u32(&k, TABLE_ABSENT, group);
	int rc = numset_get(t, &k, &all);
	if (rc == 0 && lo <= hi)
		ranges_within(&all, lo, hi, out);
	ranges_fini(&all);
	return rc;
}

int view_absent(struct view *v, uint32_t group, const struct group_state *st, struct ranges *out)
{
	struct ranges all;
	struct key k;

	ranges_init(&all);
	key_of_u32(&k, TABLE_ABSENT, group);
	int rc = numset_read(v->kv, &k, &all);
	if (rc == 0 && st->low < st->next)
		ranges_within(&all, st->low, st->next - 1, out);
	ranges_fini(&all);
	return rc;
}
