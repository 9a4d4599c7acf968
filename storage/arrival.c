/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log.  Its times come from the callers and may jump with the clock; the table of hours is
 * only ever appended to, so a jump back costs a longer walk and never a missed entry.
 */
#include "storage/arrival.h"

#include "storage/meta.h"
#include "storage/schema.h"
#include "storage/store_priv.h"
#include "storage/txn.h"

enum { HOUR_S = 3600 };

static uint32_t hour_of(int64_t at)
{
	if (at < 0)
		return 0;
	return at / HOUR_S > UINT32_MAX ? UINT32_MAX : (uint32_t)(at / HOUR_S);
}

static void hour_put(struct txn *t, uint32_t hour, uint64_t seq)
{
	struct key k;

	key_of_u32(&k, TABLE_HOUR, hour);
	txn_put_u64(t, &k, seq);
	t->n.hour = hour;
}

void log_rewrite(struct txn *t, const struct log_entry *e)
{
	struct buf *v = txn_value(t);
	struct key k;

	key_of_u64(&k, TABLE_LOG, e->seq);
	put_u8(v, (uint8_t)e->kind);
	put_u8(v, e->first);
	put_u32(v, e->group);
	put_u32(v, e->num);
	put_u32(v, e->account);
	put_u64(v, e->content);
	put_u64(v, (uint64_t)e->at);
	buf_add(v, slice_of(e->mid, sizeof e->mid));
	txn_put_value(t, &k);
}

uint64_t log_append(struct txn *t, const struct log_entry *e)
{
	struct log_entry own = *e;

	own.seq = txn_seq(t);
	log_rewrite(t, &own);
	if (hour_of(e->at) > t->n.hour)
		hour_put(t, hour_of(e->at), own.seq);
	return own.seq;
}

void removed_put(struct txn *t, uint32_t group, uint64_t seq, uint32_t first, uint32_t last)
{
	struct buf *v = txn_value(t);
	struct key k;

	key_of_u32(&k, TABLE_REMOVED, group);
	key_u64(&k, seq);
	put_u32(v, first);
	put_u32(v, last);
	txn_put_value(t, &k);
}

/* ---- reading ---- */

int log_decode(struct slice key, struct slice value, struct log_entry *out)
{
	struct dec k = dec_of_key(key, TABLE_LOG), d = dec_of(value);

	out->seq = take_u64(&k);
	out->kind = (enum log_kind)take_u8(&d);
	out->first = take_u8(&d) != 0;
	out->group = take_u32(&d);
	out->num = take_u32(&d);
	out->account = take_u32(&d);
	out->content = take_u64(&d);
	out->at = (int64_t)take_u64(&d);
	struct slice mid = take_bytes(&d, sizeof out->mid);
	if (k.bad || d.bad)
		return KERR_DAMAGED;
	memcpy(out->mid, mid.p, sizeof out->mid);
	return 0;
}

struct removed_walk {
	struct vec raw;
	bool damaged; /* then it is as if all were forgotten */
};

static bool removed_on(void *arg, struct slice key, struct slice value)
{
	struct removed_walk *w = arg;
	struct dec d = dec_of(value);
	struct range *r = vec_push(&w->raw);

	(void)key;
	r->lo = take_u32(&d);
	r->hi = take_u32(&d);
	w->damaged = d.bad;
	return !d.bad;
}

int view_removed(struct view *v, uint32_t group, uint64_t since, struct ranges *out)
{
	struct removed_walk w = {.damaged = false};
	struct key prefix, from, to;
	uint64_t pruned = 0;
	int rc = meta_get_u64(v->kv, META_PRUNED, &pruned);

	if (rc < 0 && rc != KERR_NOTFOUND)
		return rc;
	if (since < pruned)
		return KERR_NOTFOUND;
	vec_init(&w.raw, sizeof(struct range));
	key_of_u32(&prefix, TABLE_REMOVED, group);
	struct kv_range r = range_of(&prefix, &to);
	key_of_u32(&from, TABLE_REMOVED, group);
	key_u64(&from, since + 1);
	r.from = key_slice(&from);
	rc = kv_scan_all(v->kv, &r, removed_on, &w);
	if (rc == 0 && w.damaged)
		rc = KERR_NOTFOUND;
	if (rc == 0)
		ranges_join(&w.raw, out);
	vec_fini(&w.raw);
	return rc;
}

struct walk {
	log_fn fn;
	void *arg;
	int rc;
};

static bool log_on(void *arg, struct slice key, struct slice value)
{
	struct walk *w = arg;
	struct log_entry e;

	w->rc = log_decode(key, value, &e);
	return w->rc == 0 && w->fn(w->arg, &e);
}

int view_log(struct view *v, uint64_t after, log_fn fn, void *arg)
{
	struct walk w = {fn, arg, 0};
	struct key table, from, to;

	if (after == UINT64_MAX)
		return 0;
	key_begin(&table, TABLE_LOG);
	struct kv_range r = range_of(&table, &to);
	key_of_u64(&from, TABLE_LOG, after + 1);
	r.from = key_slice(&from);
	int rc = kv_scan(v->kv, &r, log_on, &w);
	return rc < 0 ? rc : w.rc;
}

static bool hour_on(void *arg, struct slice key, struct slice value)
{
	struct dec d = dec_of(value);

	(void)key;
	*(uint64_t *)arg = take_u64(&d);
	return false;
}

int view_log_since(struct view *v, int64_t at, uint64_t *after_out)
{
	uint64_t seq = 0;
	struct key from, to;

	key_begin(&from, TABLE_HOUR);
	key_of_u32(&to, TABLE_HOUR, hour_of(at));
	key_u8(&to, 0); /* the hour itself is within */
	struct kv_range r = {key_slice(&from), key_slice(&to), true};
	int rc = kv_scan(v->kv, &r, hour_on, &seq);
	if (rc < 0)
		return rc;
	*after_out = seq > 0 ? seq - 1 : 0;
	return 0;
}

int view_last_seq(struct view *v, uint64_t *seq_out)
{
	struct counters n;
	int rc = meta_counters_get(v->kv, &n);

	if (rc < 0)
		return rc;
	*seq_out = n.seq;
	return 0;
}
