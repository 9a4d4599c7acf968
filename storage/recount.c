/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting anew: what rows tell of their group, and entries of their feed. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "proto/base/log.h"
#include "storage/arrival.h"
#include "storage/entry.h"
#include "storage/generation.h"
#include "storage/group.h"
#include "storage/numset.h"
#include "storage/remake.h"
#include "storage/row.h"
#include "storage/schema.h"

/* ---- the state of a group ---- */

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

	if (log_decode(key, value, &e) == 0 && e.group == c->group)
		count_num(c, e.num);
	return true;
}

static int count(struct kv_view *v, struct count *c)
{
	struct ranges absent;
	struct key from, to;

	key_begin(&from, TABLE_LOG);
	struct kv_range r = range_of(&from, &to);
	int rc = kv_scan(v, &r, count_log, c);
	ranges_init(&absent);
	key_of_u32(&from, TABLE_ABSENT, c->group);
	if (rc == 0 && numset_read(v, &from, &absent) == 0 && ranges_n(&absent) > 0)
		count_num(c, ranges_at(&absent, ranges_n(&absent) - 1)->hi);
	ranges_fini(&absent);
	key_of_u32(&from, TABLE_ROW, c->group);
	r = range_of(&from, &to);
	if (rc == 0)
		rc = kv_scan_all(v, &r, count_row, c);
	return rc;
}

/* Numbers behind the last row count as absent, like those between rows. */
static void state_make(struct txn *t, struct count *c)
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

int state_recount(struct store *s, struct kv_view *v, uint32_t group)
{
	struct count c = {.group = group};
	struct txn t;

	ranges_init(&c.gaps);
	int rc = count(v, &c);
	if (rc == 0)
		rc = txn_begin(s->kv, &s->counters, time(NULL), &t);
	if (rc == 0) {
		state_make(&t, &c);
		rc = txn_commit(&t);
	}
	ranges_fini(&c.gaps);
	return rc;
}

/* ---- a feed ---- */

struct feed_count {
	struct feed_rec f;
	bool damaged; /* one of its entries is */
};

/* In order, so high rises until there is a gap. */
static bool count_entry(void *arg, struct slice key, struct slice value)
{
	struct feed_count *c = arg;
	struct feed_rec *f = &c->f;
	struct entry_rec e;

	c->damaged = !value.p || entry_decode(key, value, &e) < 0;
	if (c->damaged)
		return false;
	if (f->low == 0) {
		f->low = e.n;
		f->high = e.n - 1;
	}
	if (e.absent == ENTRY_VOID) {
		f->end = e.n - 1;
		return false;
	}
	if (e.n == f->high + 1)
		feed_step(f, &e);
	return true;
}

/*
 * Of a feed without entries the name goes too: it is made again when one comes.  The store says
 * that it was made anew: if the feed is our own, its last entries may be lost as well, and what we
 * issue must not have their numbers.
 */
static void feed_make(struct txn *t, struct feed_rec *f)
{
	struct key k;

	if (f->low == 0) {
		key_of_name(&k, TABLE_FEED_NAME, slice_str(f->name));
		txn_del(t, &k);
	} else {
		f->changed_seq = txn_seq(t);
		feed_put(t, f);
	}
	generation_remade(t);
	log_warn("store.feed_recounted", "feed=%" PRIu32 " low=%" PRIu64 " high=%" PRIu64, f->id,
		f->low, f->high);
}

int feed_recount(struct store *s, struct kv_view *v, uint32_t feed, const char *name)
{
	struct feed_count c = {
		.f = {.id = feed, .end = UINT64_MAX}
        };
	struct key from, to;
	struct txn t;

	snprintf(c.f.name, sizeof c.f.name, "%s", name);
	key_of_u32(&from, TABLE_ENTRY, feed);
	struct kv_range r = range_of(&from, &to);
	int rc = kv_scan_all(v, &r, count_entry, &c);
	if (rc < 0 || c.damaged)
		return rc;
	rc = txn_begin(s->kv, &s->counters, time(NULL), &t);
	if (rc < 0)
		return rc;
	feed_make(&t, &c.f);
	rc = txn_commit(&t);
	if (rc == 0)
		s->counters = t.n;
	return rc;
}
