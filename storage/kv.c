/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading and writing through any engine, with the sum that ties a value to its key.
 *
 * The engine knows nothing of flipped bits: a changed key shows a value under another name, a
 * changed value is believed.  Contents have a seal that is bound to their key; nearly all else gets
 * a sum of key and value behind it.  It is no protection against people, who can make a right one.
 */
#include "storage/kv.h"

#include <string.h>

#include "storage/schema.h"

enum {
	WORD = 8,
	STEP = 2 * WORD,
	/* Of a row the ends are summed: between them lies what is sealed (row.c).  In front are the
	   fixed fields, a byte that says how many places follow, these, a length. */
	ROW_FURTHER = 36,
	ROW_PLACE = 8,
	ROW_LENGTH = 2,
	ROW_BACK = 48,
};

/* ---- the sum ---- */

/* One to one in h and in w, so that what differs in one word stays different; m is odd. */
static uint64_t mix(uint64_t h, uint64_t w, uint64_t m)
{
	h = (h ^ w) * m;
	return h ^ h >> 32;
}

/* In the byte order of the machine, as all of the engine's file is. */
static uint64_t word_at(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
	return w;
}

/* Two lanes, because each step waits for the one before. */
static uint64_t sum_on(uint64_t h, struct slice s)
{
	const uint64_t m = 0x9e3779b97f4a7c15u, n = 0xc2b2ae3d27d4eb4fu;
	uint64_t a = mix(h, s.len, m), b = mix(a, n, n);
	char last[STEP] = {0};

	for (; s.len >= STEP; s = slice_from(s, STEP)) {
		a = mix(a, word_at(s.p), m);
		b = mix(b, word_at(s.p + WORD), n);
	}
	if (s.len > 0)
		memcpy(last, s.p, s.len);
	a = mix(a, word_at(last), m);
	b = mix(b, word_at(last + WORD), n);
	return mix(a, b, m);
}

/* Bytes in front of what is sealed. */
static size_t row_front(struct slice value)
{
	size_t n = value.len > ROW_FURTHER ? (unsigned char)value.p[ROW_FURTHER] : 0;

	return ROW_FURTHER + 1 + n * ROW_PLACE + ROW_LENGTH;
}

static uint32_t sum_of(struct slice key, struct slice value)
{
	size_t front = key.p[0] == TABLE_ROW ? row_front(value) : value.len;
	uint64_t h = sum_on(value.len, key);

	if (value.len <= front + ROW_BACK)
		return (uint32_t)sum_on(h, value);
	h = sum_on(h, slice_head(value, front));
	return (uint32_t)sum_on(h, slice_from(value, value.len - ROW_BACK));
}

/*
 * Not contents, which have their seal, and not sets of numbers: there a bit changes what is read or
 * absent and never a text, and to refuse the set would cost its owner more.
 */
static bool is_summed(struct slice key)
{
	return key.p[0] != TABLE_CONTENT && key.p[0] != TABLE_MARKS && key.p[0] != TABLE_ABSENT;
}

/* Take the sum off; false: it is not that of key and value. */
static bool take_off(struct slice key, struct slice *value)
{
	uint32_t sum;

	if (value->len < KV_SUM)
		return false;
	struct slice bare = slice_head(*value, value->len - KV_SUM);
	memcpy(&sum, bare.p + bare.len, sizeof sum);
	*value = bare;
	return sum == sum_of(key, bare);
}

/* ---- reading ---- */

/* The engine believes the lengths in its pages. */
static int got(const struct kv *kv, struct slice key, struct slice *value)
{
	if (key.len == 0 || key.len > KV_KEY_MAX || value->len > KV_VALUE_MAX + KV_SUM)
		return KERR_DAMAGED;
	return !kv->summed || !is_summed(key) || take_off(key, value) ? 0 : KERR_DAMAGED;
}

int kv_get(struct kv_view *v, struct slice key, struct slice *value_out)
{
	int rc = v->kv->ops->view_get(v, key, value_out);

	return rc < 0 ? rc : got(v->kv, key, value_out);
}

int kv_batch_get(struct kv_batch *b, struct slice key, struct slice *value_out)
{
	int rc = b->kv->ops->batch_get(b, key, value_out);

	return rc < 0 ? rc : got(b->kv, key, value_out);
}

struct summed_scan {
	const struct kv *kv;
	const struct kv_range *r;
	bool all;
	kv_scan_fn fn;
	void *arg;
};

/* Where a damaged page leads to may lie before the range; the engine looks at its end only. */
static bool begins_well(const struct kv_range *r, struct slice key)
{
	if (r->reverse)
		return r->to.len == 0 || slice_cmp(key, r->to) < 0;
	return slice_cmp(key, r->from) >= 0;
}

static bool summed_on(void *arg, struct slice key, struct slice value)
{
	struct summed_scan *w = arg;

	if (!begins_well(w->r, key))
		return true;
	if (got(w->kv, key, &value) == 0)
		return w->fn(w->arg, key, value);
	return !w->all || w->fn(w->arg, key, slice_of(NULL, 0));
}

static int scan(struct kv_view *v, const struct kv_range *r, bool all, kv_scan_fn fn, void *arg)
{
	struct summed_scan w = {v->kv, r, all, fn, arg};

	if (!v->kv->summed)
		return v->kv->ops->view_scan(v, r, fn, arg);
	return v->kv->ops->view_scan(v, r, summed_on, &w);
}

int kv_scan(struct kv_view *v, const struct kv_range *r, kv_scan_fn fn, void *arg)
{
	return scan(v, r, false, fn, arg);
}

int kv_scan_all(struct kv_view *v, const struct kv_range *r, kv_scan_fn fn, void *arg)
{
	return scan(v, r, true, fn, arg);
}

int kv_batch_scan(struct kv_batch *b, const struct kv_range *r, kv_scan_fn fn, void *arg)
{
	struct summed_scan w = {b->kv, r, false, fn, arg};

	if (!b->kv->summed)
		return b->kv->ops->batch_scan(b, r, fn, arg);
	return b->kv->ops->batch_scan(b, r, summed_on, &w);
}

/* ---- writing ---- */

int kv_put_summed(struct kv_batch *b, struct slice key, struct slice value)
{
	static _Thread_local char room[KV_VALUE_MAX + KV_SUM];
	uint32_t sum;

	if (!is_summed(key) || value.len > KV_VALUE_MAX)
		return b->kv->ops->batch_put(b, key, value);
	sum = sum_of(key, value);
	if (value.len > 0)
		memcpy(room, value.p, value.len);
	memcpy(room + value.len, &sum, sizeof sum);
	return b->kv->ops->batch_put(b, key, slice_of(room, value.len + sizeof sum));
}

int kv_put(struct kv_batch *b, struct slice key, struct slice value)
{
	return b->kv->summed ? kv_put_summed(b, key, value) : b->kv->ops->batch_put(b, key, value);
}
