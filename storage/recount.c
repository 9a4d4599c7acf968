/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "storage/recount.h"

#include <inttypes.h>
#include <time.h>

#include "proto/base/log.h"
#include "storage/arrival.h"
#include "storage/generation.h"
#include "storage/group.h"
#include "storage/numset.h"
#include "storage/row.h"
#include "storage/schema.h"
#include "storage/store_priv.h"

/* ---- which ---- */

struct found {
	struct vec bad; /* struct key: of states whose sums are wrong; a bit of the key, perhaps */
	struct vec groups; /* uint32_t: whose state is not to be read */
	struct kv_view *v;
};

static bool state_on(void *arg, struct slice key, struct slice value)
{
	struct found *f = arg;

	if (!value.p) {
		struct key *k = vec_push(&f->bad);

		*k = (struct key){.len = 0};
		key_bytes(k, key);
	}
	return true;
}

static bool group_on(void *arg, struct slice key, struct slice value)
{
	struct dec d = dec_of_key(key, TABLE_GROUP);
	uint32_t group = take_u32(&d);
	struct found *f = arg;
	struct slice state;
	struct key k;

	(void)value;
	key_of_u32(&k, TABLE_STATE, group);
	if (!d.bad && kv_get(f->v, key_slice(&k), &state) < 0)
		*(uint32_t *)vec_push(&f->groups) = group;
	return true;
}

static int scan_table(struct kv_view *v, enum table table, kv_scan_fn fn, void *arg)
{
	struct key from, to;

	key_begin(&from, (uint8_t)table);
	struct kv_range r = range_of(&from, &to);
	return kv_scan_all(v, &r, fn, arg);
}

static int find(struct kv_view *v, struct found *f)
{
	int rc = scan_table(v, TABLE_STATE, state_on, f);

	f->v = v;
	return rc < 0 || f->bad.n == 0 ? rc : scan_table(v, TABLE_GROUP, group_on, f);
}

/* ---- counting ---- */

struct count {
	uint32_t group;
	uint32_t last; /* the greatest number that the store remembers */
	uint32_t row;  /* that of the row before */
	struct group_state st;
	struct ranges gaps; /* between rows */
};

static void count_num(struct count *c, uint32_t num)
{
	if (num > c->last && num <= NUM_MAX)
		c->last = num;
}

/*
 * A row that is damaged itself counts, for it comes again under its number, unless that is one that
 * nobody has heard of.
 */
static bool count_row(void *arg, struct slice key, struct slice value)
{
	struct dec d = dec_of_key(key, TABLE_ROW);
	struct row_sealed sealed;
	struct count *c = arg;
	struct row r;

	take_u32(&d);
	uint32_t num = take_u32(&d);
	if (d.bad || num == 0 || num > (value.p ? NUM_MAX : c->last))
		return true;
	if (c->st.count++ == 0)
		c->st.low = num;
	else if (num > c->row + 1)
		ranges_push(&c->gaps, c->row + 1, num - 1);
	c->row = num;
	count_num(c, num);
	if (value.p && row_decode(key, value, &r, &sealed) == 0) {
		c->st.bytes += row_shown(&r);
		c->st.heads += r.head != 0;
	}
	return true;
}

/* What the log tells of rows that have gone. */
static bool count_log(void *arg, struct slice key, struct slice value)
{
	struct count *c = arg;
	struct log_entry e;

	if (value.p && log_decode(key, value, &e) == 0 && e.group == c->group)
		count_num(c, e.num);
	return true;
}

static int count(struct kv_view *v, struct count *c)
{
	struct ranges absent;
	struct key from, to;

	int rc = scan_table(v, TABLE_LOG, count_log, c);
	ranges_init(&absent);
	key_of_u32(&from, TABLE_ABSENT, c->group);
	if (rc == 0 && numset_read(v, &from, &absent) == 0 && ranges_n(&absent) > 0)
		count_num(c, ranges_at(&absent, ranges_n(&absent) - 1)->hi);
	ranges_fini(&absent);
	key_of_u32(&from, TABLE_ROW, c->group);
	struct kv_range r = range_of(&from, &to);
	if (rc == 0)
		rc = kv_scan_all(v, &r, count_row, c);
	return rc;
}

/* ---- putting ---- */

/* Numbers behind the last row count as absent, like those between rows. */
static void put(struct txn *t, struct count *c)
{
	struct key k;

	c->st.next = generation_raised(c->last + 1);
	c->st.modseq = t->n.seq;
	if (c->st.count == 0)
		c->st.low = c->st.next;
	else
		ranges_push(&c->gaps, c->row + 1, c->st.next - 1);
	key_of_u32(&k, TABLE_ABSENT, c->group);
	numset_change(t, &k, &c->gaps, true, NULL);
	state_set(t, c->group, &c->st);
	log_warn("store.recounted", "group=%" PRIu32 " articles=%" PRIu32 " next=%" PRIu32,
		c->group, c->st.count, c->st.next);
}

static int recount(struct store *s, struct kv_view *v, uint32_t group)
{
	struct count c = {.group = group};
	struct txn t;

	ranges_init(&c.gaps);
	int rc = count(v, &c);
	if (rc == 0)
		rc = txn_begin(s->kv, &s->counters, time(NULL), &t);
	if (rc == 0) {
		put(&t, &c);
		rc = txn_commit(&t);
		if (rc == 0)
			s->counters = t.n;
	}
	ranges_fini(&c.gaps);
	return rc;
}

/* What is damaged still: a bit of its key has flipped, so it is no group's. */
static int drop(struct store *s, const struct vec *bad)
{
	struct slice value;
	struct txn t;
	int rc = txn_begin(s->kv, &s->counters, time(NULL), &t);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < bad->n; i++) {
		const struct key *k = vec_at(bad, i);

		if (kv_batch_get(t.b, key_slice(k), &value) == KERR_DAMAGED)
			txn_del(&t, k);
	}
	return txn_commit(&t);
}

int states_recount(struct store *s)
{
	struct found f = {.v = NULL};
	struct kv_view *v;
	int rc = kv_view_open(s->kv, &v);

	if (rc < 0)
		return rc;
	vec_init(&f.bad, sizeof(struct key));
	vec_init(&f.groups, sizeof(uint32_t));
	rc = find(v, &f);
	for (size_t i = 0; rc == 0 && i < f.groups.n; i++)
		rc = recount(s, v, *(uint32_t *)vec_at(&f.groups, i));
	kv_view_close(v);
	if (rc == 0 && f.bad.n > 0)
		rc = drop(s, &f.bad);
	vec_fini(&f.bad);
	vec_fini(&f.groups);
	return rc;
}
