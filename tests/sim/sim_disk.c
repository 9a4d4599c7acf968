/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/sim_disk.h"

#include <stdlib.h>

#include "proto/base/mem.h"

struct sim_blob *sim_blob_new(struct slice bytes)
{
	struct sim_blob *b = mem_new(struct sim_blob);

	b->refs = 1;
	b->bytes = slice_of(mem_dup(bytes), bytes.len);
	return b;
}

static struct sim_blob *blob_ref(struct sim_blob *b)
{
	if (b)
		b->refs++;
	return b;
}

void sim_blob_unref(struct sim_blob *b)
{
	if (!b || --b->refs > 0)
		return;
	free((char *)b->bytes.p);
	free(b);
}

/* ---- life ---- */

static struct sim_op *op_at(const struct vec *v, size_t i)
{
	return vec_at(v, i);
}

static struct sim_entry *entry_at(const struct sim_feed *f, size_t i)
{
	return vec_at(&f->entries, i);
}

void sim_disk_init(struct sim_disk *d)
{
	d->cancelled = map_new();
	vec_init(&d->log, sizeof(struct sim_op));
	vec_init(&d->queue, sizeof(struct sim_op));
	d->feeds = map_new();
}

static void free_feed(void *arg, struct slice key, void *value)
{
	struct sim_feed *f = value;

	(void)arg;
	(void)key;
	for (size_t i = 0; i < f->entries.n; i++)
		sim_blob_unref(entry_at(f, i)->blob);
	vec_fini(&f->entries);
	free(f);
}

static void forget_state(struct sim_disk *d)
{
	map_each(d->feeds, free_feed, NULL);
	map_free(d->feeds);
	d->feeds = NULL;
	map_free(d->cancelled);
	d->cancelled = NULL;
}

static void drop_ops(struct vec *v, size_t from)
{
	for (size_t i = from; i < v->n; i++)
		sim_blob_unref(op_at(v, i)->blob);
	v->n = from;
}

void sim_disk_fini(struct sim_disk *d)
{
	forget_state(d);
	drop_ops(&d->log, 0);
	drop_ops(&d->queue, 0);
	vec_fini(&d->log);
	vec_fini(&d->queue);
}

/* ---- state ---- */

const struct sim_feed *sim_disk_feed(const struct sim_disk *d, const char *name)
{
	return map_get(d->feeds, slice_str(name));
}

static size_t find(const struct sim_feed *f, uint64_t n)
{
	size_t lo = 0, hi = f->entries.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (entry_at(f, mid)->link.n < n)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct sim_entry *sim_disk_entry(const struct sim_feed *f, uint64_t n)
{
	size_t i = f ? find(f, n) : 0;

	return f && i < f->entries.n && entry_at(f, i)->link.n == n ? entry_at(f, i) : NULL;
}

static struct sim_feed *feed_make(struct sim_disk *d, const struct sim_op *op)
{
	struct sim_feed *f = map_get(d->feeds, slice_str(op->feed));

	if (f)
		return f;
	f = mem_new(struct sim_feed);
	memcpy(f->name, op->feed, sizeof f->name);
	f->low = op->first > 0 ? op->first : 1;
	f->high = f->low - 1;
	f->end = UINT64_MAX;
	f->tip = (struct fed_link){.n = f->high, .e = op->first > 1 ? op->root : fed_hash_none};
	vec_init(&f->entries, sizeof(struct sim_entry));
	map_put(d->feeds, slice_str(op->feed), f);
	return f;
}

static int put_entry(struct sim_feed *f, const struct sim_op *op)
{
	size_t i = find(f, op->link.n), tail = f->entries.n - i;
	struct sim_entry *e = i < f->entries.n ? entry_at(f, i) : NULL;

	if (op->link.n > f->end || op->link.n < f->low)
		return KERR_TOOBIG;
	if (e && e->link.n == op->link.n) {
		if (!fed_hash_eq(&e->link.e, &op->link.e))
			return KERR_CONFLICT;
		if (e->blob || !op->blob)
			return KERR_EXISTS;
		e->blob = blob_ref(op->blob);
		e->absent = FED_ABSENT_NONE;
		return 0;
	}
	vec_push(&f->entries);
	if (tail > 0)
		memmove(entry_at(f, i + 1), entry_at(f, i), tail * sizeof(struct sim_entry));
	*entry_at(f, i) = (struct sim_entry){op->link, op->sign, op->absent, blob_ref(op->blob)};
	for (const struct sim_entry *next; (next = sim_disk_entry(f, f->high + 1)) != NULL;) {
		f->high++;
		f->tip = next->link;
	}
	return 0;
}

static int cut(struct sim_feed *f, uint64_t end)
{
	const struct sim_entry *last;
	size_t from = find(f, end + 1);

	f->end = end;
	for (size_t i = from; i < f->entries.n; i++)
		sim_blob_unref(entry_at(f, i)->blob);
	f->entries.n = from;
	if (f->high <= end)
		return 0;
	last = sim_disk_entry(f, end);
	f->high = end < f->low ? f->low - 1 : end;
	f->tip = last ? last->link : (struct fed_link){.n = f->high, .e = fed_hash_none};
	return 0;
}

/* Entries before it stay, and are none of the feed. */
static int begin(struct sim_feed *f, uint64_t low)
{
	if (low < f->low || low > f->high) {
		f->high = low - 1;
		f->tip = (struct fed_link){.n = f->high};
	}
	f->low = low;
	for (const struct sim_entry *next; (next = sim_disk_entry(f, f->high + 1)) != NULL;) {
		f->high++;
		f->tip = next->link;
	}
	return 0;
}

/* What is damaged is not kept: storage/mend.c */
static int lose(struct sim_feed *f, uint64_t n)
{
	size_t i = find(f, n);
	struct sim_entry *e = i < f->entries.n ? entry_at(f, i) : NULL;

	if (!e || e->link.n != n || !e->blob)
		return KERR_NOTFOUND;
	sim_blob_unref(e->blob);
	e->blob = NULL;
	e->absent = FED_ABSENT_LOST;
	return 0;
}

void sim_disk_rot(struct sim_disk *d, const char *feed, uint64_t n)
{
	struct sim_feed *f = map_get(d->feeds, slice_str(feed));
	size_t i = f ? find(f, n) : 0;
	struct sim_entry *e = f && i < f->entries.n ? entry_at(f, i) : NULL;
	struct sim_blob *bad;

	if (!e || e->link.n != n || !e->blob)
		return;
	bad = sim_blob_new(e->blob->bytes);
	((char *)bad->bytes.p)[bad->bytes.len - 3] ^= 1; /* in the last line */
	sim_blob_unref(e->blob);
	e->blob = bad;
}

/* The place of one of our own: what storage/entry.c does with `seal`. */
static void seal(const struct sim_feed *f, struct sim_op *op, int64_t now_at,
	const uint8_t seed[CRYPTO_KEY_LEN])
{
	uint64_t t = (uint64_t)now_at, r = op->sign.r;

	if (t < f->tip.t)
		t = f->tip.t;
	if (r < f->tip.r)
		r = f->tip.r;
	fed_entry_seal(&op->sign, f->high + 1, &f->tip.e, t, r, seed);
	op->link = (struct fed_link){.n = op->sign.n, .p = op->sign.p, .r = r, .t = t};
	fed_sign_hash(&op->sign, &op->link.e);
	op->kind = SIM_ENTRY;
}

static struct sim_feed *apply(struct sim_disk *d, struct sim_op *op)
{
	struct sim_feed *f = op->kind == SIM_RECORD ? NULL : feed_make(d, op);

	switch (op->kind) {
	case SIM_ENTRY:
		op->rc = put_entry(f, op);
		if (op->rc == 0 && op->cancels[0] && !map_get(d->cancelled, slice_str(op->cancels)))
			map_put(d->cancelled, slice_str(op->cancels), d);
		break;
	case SIM_CUT:
		op->rc = cut(f, op->end);
		break;
	case SIM_BEGIN:
		op->rc = begin(f, op->low);
		break;

	case SIM_LOST:
		op->rc = lose(f, op->link.n);
		break;
	case SIM_RECORD:
	case SIM_OWN:
		op->rc = 0;
		break;
	}
	return f;
}

/* ---- writing ---- */

void sim_disk_queue(struct sim_disk *d, const struct sim_op *op)
{
	*(struct sim_op *)vec_push(&d->queue) = *op;
}

void sim_disk_commit(struct sim_disk *d, size_t n, int64_t now_at,
	const uint8_t seed[CRYPTO_KEY_LEN], sim_done_fn fn, void *arg)
{
	struct vec batch = d->queue;

	vec_init(&d->queue, sizeof(struct sim_op));
	for (size_t i = n; i < batch.n; i++)
		sim_disk_queue(d, op_at(&batch, i));
	for (size_t i = 0; i < n; i++) {
		struct sim_op *op = op_at(&batch, i);

		if (op->kind == SIM_OWN)
			seal(feed_make(d, op), op, now_at, seed);
		apply(d, op);
		if (op->rc == 0)
			*(struct sim_op *)vec_push(&d->log) = *op;
	}
	for (size_t i = 0; i < n; i++) {
		struct sim_op *op = op_at(&batch, i);

		if (fn)
			fn(arg, op, op->kind == SIM_RECORD ? NULL : sim_disk_feed(d, op->feed));
		if (op->rc != 0)
			sim_blob_unref(op->blob);
	}
	vec_fini(&batch);
}

void sim_disk_crash(struct sim_disk *d)
{
	drop_ops(&d->queue, 0);
}

void sim_disk_roll_back(struct sim_disk *d, size_t n)
{
	drop_ops(&d->log, n);
	forget_state(d);
	d->feeds = map_new();
	d->cancelled = map_new();
	for (size_t i = 0; i < n; i++)
		apply(d, op_at(&d->log, i));
}
