/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feeds and entries, as views show them; entry.c writes them. */
#include "storage/entry.h"
#include "storage/history.h"
#include "storage/schema.h"
#include "storage/store_priv.h"

static int feed_at(struct view *v, uint32_t feed, bool first, struct feed_rec *out)
{
	struct slice value;
	struct key k;

	key_of_u32(&k, TABLE_FEED, feed);
	int rc = first ? kv_get(v->kv, key_slice(&k), &value) : view_get_more(v, &k, &value);
	if (rc < 0)
		return rc;
	out->id = feed;
	return feed_decode(value, out);
}

int view_feed(struct view *v, uint32_t feed, struct feed_rec *out)
{
	return feed_at(v, feed, true, out);
}

int view_feed_named(struct view *v, struct slice name, struct feed_rec *out)
{
	struct slice value;
	struct key k;

	key_of_name(&k, TABLE_FEED_NAME, name);
	int rc = k.bad ? KERR_NOTFOUND : kv_get(v->kv, key_slice(&k), &value);
	if (rc < 0)
		return rc;
	struct dec d = dec_of(value);
	return feed_at(v, take_u32(&d), false, out);
}

struct feed_walk {
	feed_fn fn;
	void *arg;
	int rc;
};

static bool feed_on(void *arg, struct slice key, struct slice value)
{
	struct feed_walk *w = arg;
	struct dec d = dec_of_key(key, TABLE_FEED);
	struct feed_rec f = {.id = take_u32(&d)};

	w->rc = feed_decode(value, &f);
	return w->rc == 0 && w->fn(w->arg, &f);
}

int view_feeds(struct view *v, uint32_t after, feed_fn fn, void *arg)
{
	struct feed_walk w = {fn, arg, 0};
	struct key table, from, to;

	if (after == UINT32_MAX)
		return 0;
	key_begin(&table, TABLE_FEED);
	struct kv_range r = range_of(&table, &to);
	key_of_u32(&from, TABLE_FEED, after + 1);
	r.from = key_slice(&from);
	int rc = kv_scan(v->kv, &r, feed_on, &w);
	return rc < 0 ? rc : w.rc;
}

int view_entry(struct view *v, uint32_t feed, uint64_t n, struct entry_rec *out)
{
	struct slice value;
	struct key k;

	key_of_entry(&k, feed, n);
	int rc = kv_get(v->kv, key_slice(&k), &value);
	if (rc == 0)
		rc = entry_decode(key_slice(&k), value, out);
	return rc == 0 && out->absent == ENTRY_VOID ? KERR_NOTFOUND : rc;
}

struct entry_walk {
	entry_fn fn;
	void *arg;
};

static bool entry_on(void *arg, struct slice key, struct slice value)
{
	struct entry_walk *w = arg;
	struct entry_rec e;

	if (!value.p || entry_decode(key, value, &e) < 0) {
		struct dec d = dec_of_key(key, TABLE_ENTRY);

		e = (struct entry_rec){.damaged = true};
		e.feed = take_u32(&d);
		e.n = take_u64(&d);
		if (d.bad)
			return true;
	}
	return e.absent == ENTRY_VOID || w->fn(w->arg, &e);
}

int view_entries(struct view *v, uint32_t feed, uint64_t from, uint64_t to, entry_fn fn, void *arg)
{
	struct entry_walk w = {fn, arg};
	struct key first, last;

	if (from > to)
		return 0;
	key_of_entry(&first, feed, from);
	key_of_entry(&last, feed, to);
	key_u8(&last, 0); /* `to` itself is within */
	struct kv_range r = {key_slice(&first), key_slice(&last), false};
	return kv_scan_all(v->kv, &r, entry_on, &w);
}

int view_entries_after(struct view *v, uint32_t feed, uint64_t n, entry_fn fn, void *arg)
{
	struct entry_walk w = {fn, arg};
	struct key table, from, to;

	key_begin(&table, TABLE_ENTRY);
	struct kv_range r = range_of(&table, &to);
	key_of_entry(&from, feed, n);
	key_u8(&from, 0); /* behind that one */
	r.from = key_slice(&from);
	return kv_scan_all(v->kv, &r, entry_on, &w);
}

int view_entry_of(struct view *v, struct slice mid, struct entry_rec *out)
{
	struct history h;
	int rc = view_history(v, mid, &h);

	if (rc < 0)
		return rc;
	return h.feed == 0 ? KERR_NOTFOUND : view_entry(v, h.feed, h.n, out);
}
