/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "storage/remake.h"

#include <stdio.h>
#include <time.h>

#include "storage/entry.h"
#include "storage/group.h"
#include "storage/schema.h"

/* Of what a row in another table was lost. */
struct lost {
	struct key key; /* of that row */
	uint32_t id;
	char name[STORE_FEED_NAME + 1]; /* of a feed */
};

/* A table, and one that tells what was in it. */
struct way {
	enum table table, from;
	/* the row of `table` that this row of `from` leads to */
	bool (*leads)(struct slice key, struct slice value, struct lost *out);
	int (*remake)(struct store *s, struct kv_view *v, const struct lost *l);
};

static int scan_table(struct kv_view *v, enum table table, kv_scan_fn fn, void *arg)
{
	struct key from, to;

	key_begin(&from, (uint8_t)table);
	struct kv_range r = range_of(&from, &to);
	return kv_scan_all(v, &r, fn, arg);
}

/* ---- states of groups ---- */

static bool state_of_group(struct slice key, struct slice value, struct lost *out)
{
	struct dec d = dec_of_key(key, TABLE_GROUP);

	(void)value;
	out->id = take_u32(&d);
	key_of_u32(&out->key, TABLE_STATE, out->id);
	return !d.bad;
}

static int remake_state(struct store *s, struct kv_view *v, const struct lost *l)
{
	return state_recount(s, v, l->id);
}

/* ---- feeds and their names ---- */

static bool feed_of_name(struct slice key, struct slice value, struct lost *out)
{
	struct dec d = dec_of_key(key, TABLE_FEED_NAME), id = dec_of(value);

	out->id = take_u32(&id);
	key_of_u32(&out->key, TABLE_FEED, out->id);
	return !d.bad && !id.bad && slice_cstr(d.rest, out->name, sizeof out->name);
}

static int remake_feed(struct store *s, struct kv_view *v, const struct lost *l)
{
	return feed_recount(s, v, l->id, l->name);
}

static bool name_of_feed(struct slice key, struct slice value, struct lost *out)
{
	struct dec d = dec_of_key(key, TABLE_FEED);
	struct feed_rec f;

	out->id = take_u32(&d);
	if (d.bad || feed_decode(value, &f) < 0)
		return false;
	snprintf(out->name, sizeof out->name, "%s", f.name);
	key_of_name(&out->key, TABLE_FEED_NAME, slice_str(f.name));
	return true;
}

static int remake_name(struct store *s, struct kv_view *v, const struct lost *l)
{
	struct txn t;
	struct key k;
	int rc = txn_begin(s->kv, &s->counters, time(NULL), &t);

	(void)v;
	if (rc < 0)
		return rc;
	key_of_name(&k, TABLE_FEED_NAME, slice_str(l->name));
	txn_put_u32(&t, &k, l->id);
	return txn_commit(&t);
}

/* ---- all of them ---- */

static const struct way ways[] = {
	{TABLE_STATE,     TABLE_GROUP,     state_of_group, remake_state},
	{TABLE_FEED,      TABLE_FEED_NAME, feed_of_name,   remake_feed },
	{TABLE_FEED_NAME, TABLE_FEED,      name_of_feed,   remake_name },
};

struct find {
	const struct way *way;
	struct kv_view *v;
	struct vec bad;  /* struct key: a bit of it has flipped, or of its value */
	struct vec lost; /* struct lost */
};

static bool bad_on(void *arg, struct slice key, struct slice value)
{
	struct find *f = arg;

	if (!value.p) {
		struct key *k = vec_push(&f->bad);

		*k = (struct key){.len = 0};
		key_bytes(k, key);
	}
	return true;
}

static bool lost_on(void *arg, struct slice key, struct slice value)
{
	struct find *f = arg;
	struct slice found;
	struct lost l = {.id = 0};

	if (f->way->leads(key, value, &l) && kv_get(f->v, key_slice(&l.key), &found) < 0)
		*(struct lost *)vec_push(&f->lost) = l;
	return true;
}

static bool is_known(const struct find *f, const struct key *k)
{
	for (size_t i = 0; i < f->lost.n; i++) {
		const struct lost *l = vec_at(&f->lost, i);

		if (slice_eq(key_slice(&l->key), key_slice(k)))
			return true;
	}
	return false;
}

/* Keys that nothing leads to: a bit of them has flipped. */
static int drop(struct store *s, const struct find *f)
{
	struct txn t;
	int rc = txn_begin(s->kv, &s->counters, time(NULL), &t);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < f->bad.n; i++)
		if (!is_known(f, vec_at(&f->bad, i)))
			txn_del(&t, vec_at(&f->bad, i));
	return txn_commit(&t);
}

/* What is bad goes last: as long as it is there, a start that was cut off is made up for. */
static int remake(struct store *s, struct find *f)
{
	int rc = kv_view_open(s->kv, &f->v);

	if (rc < 0)
		return rc;
	rc = scan_table(f->v, f->way->table, bad_on, f);
	if (rc == 0 && f->bad.n > 0)
		rc = scan_table(f->v, f->way->from, lost_on, f);
	for (size_t i = 0; rc == 0 && i < f->lost.n; i++)
		rc = f->way->remake(s, f->v, vec_at(&f->lost, i));
	kv_view_close(f->v);
	return rc == 0 && f->bad.n > 0 ? drop(s, f) : rc;
}

int store_remake(struct store *s)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < array_len(ways); i++) {
		struct find f = {.way = &ways[i]};

		vec_init(&f.bad, sizeof(struct key));
		vec_init(&f.lost, sizeof(struct lost));
		rc = remake(s, &f);
		vec_fini(&f.bad);
		vec_fini(&f.lost);
	}
	return rc;
}
