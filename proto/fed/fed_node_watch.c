/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Heartbeats, and who is late: docs/federation.md section 7.6.  Nothing here decides what is stored
 * or asked for.
 */
#include "proto/fed/fed_node_priv.h"

enum { BEATS_MAX = 40 }; /* heartbeats at the end of a feed: more than there are in 30 days */

static struct fed_feed *feed_at(struct list *it)
{
	return container_of(it, struct fed_feed, node);
}

/* When was its last entry that is no heartbeat?  1: long ago; 0: cannot be told now. */
static uint64_t active_t(struct fed_node *n, struct fed_feed *f)
{
	uint64_t stop = f->high > f->low + BEATS_MAX ? f->high - BEATS_MAX : f->low;
	struct fed_held h;
	struct fed_sign s;
	const char *why;

	if (f->active_t > 0)
		return f->active_t;
	f->active_t = 1;
	for (uint64_t num = f->high; num >= stop && num > 0; num--) {
		int rc = n->o.outside->held(n->o.arg, f, num, &h);

		if (rc == KERR_WAIT) {
			f->active_t = 0;
			break;
		}
		if (rc < 0 || !fed_sign_parse(slice_str(h.sign), &s, &why) || s.y == FED_HEARTBEAT)
			continue;
		f->active_t = s.t;
		break;
	}
	return f->active_t;
}

/* Does its origin owe a heartbeat a day? */
static bool is_live(struct fed_node *n, struct fed_feed *f)
{
	return f->high >= f->low && (int64_t)active_t(n, f) + FED_LIVE_S > n->now_at;
}

/* ---- our own ---- */

/* Is it the feed that the origin goes on in: the last epoch of the group, and one that counts? */
static bool is_last(const struct fed_node *n, const struct fed_feed *f)
{
	if (f->forked || f->part || f->end != UINT64_MAX)
		return false;
	list_each(&n->o.feeds->by_change, it)
	{
		const struct fed_feed *other = feed_at(it);

		if (other->name.epoch.n > f->name.epoch.n &&
			fed_gid_eq(&other->name.gid, &f->name.gid) &&
			fed_oid_eq(&other->name.oid, &f->name.oid))
			return false;
	}
	return true;
}

void fed_node_beats(struct fed_node *n, fed_beat_fn fn, void *arg)
{
	struct vec due;

	vec_init(&due, sizeof(struct fed_feed *));
	list_each(&n->o.feeds->by_change, it)
	{
		struct fed_feed *f = feed_at(it);

		if (fed_oid_eq(&f->name.oid, &n->o.self) &&
			(int64_t)f->tip.t + FED_BEAT_S <= n->now_at && is_live(n, f) &&
			is_last(n, f) && fed_reg_reads(n->o.reg, &n->o.self, &f->name.gid))
			*(struct fed_feed **)vec_push(&due) = f;
	}
	for (size_t i = 0; i < due.n; i++)
		fn(arg, *(struct fed_feed **)vec_at(&due, i));
	vec_fini(&due);
}

/* ---- origins ---- */

void fed_node_silent(struct fed_node *n, fed_late_fn fn, void *arg)
{
	const struct fed_federation *fed = fed_reg_federation(n->o.reg);

	for (size_t i = 0; fed && i < fed->n_daemon; i++) {
		const struct fed_oid *oid = &fed->daemon[i].oid;
		uint64_t last = 0;
		bool live = false;

		if (fed->daemon[i].state != FED_ACTIVE || fed_oid_eq(oid, &n->o.self))
			continue;
		list_each(&n->o.feeds->by_change, it)
		{
			struct fed_feed *f = feed_at(it);

			if (!fed_oid_eq(&f->name.oid, oid))
				continue;
			last = f->tip.t > last ? f->tip.t : last;
			live = live || is_live(n, f);
		}
		if (live && (int64_t)last + FED_SILENT_S <= n->now_at)
			fn(arg, oid, n->now_at - (int64_t)last);
	}
}

/* ---- neighbours ---- */

void node_mark_rise(struct fed_node *n, struct fed_feed *f, uint64_t high_before)
{
	if (f->high <= high_before || f->mark_s > 0)
		return;
	f->mark_n = f->high;
	f->mark_s = n->steady_s > 0 ? n->steady_s : 1;
	f->heard = 0;
}

void node_mark_told(struct fed_feed *f, unsigned peer, uint64_t high)
{
	if (f->mark_s > 0 && high >= f->mark_n)
		f->heard |= UINT64_C(1) << peer;
}

/* An hour is over: who has not told what the feed had then; and the next hour begins. */
static void look(struct fed_node *n, struct fed_feed *f, uint64_t behind[FED_PULL_PEERS])
{
	for (unsigned i = 0; i < FED_PULL_PEERS; i++) {
		const struct fed_peer *p = &n->peers[i];

		behind[i] += p->up && p->up_s <= f->mark_s && !(f->heard & UINT64_C(1) << i) &&
			     fed_reg_reads(n->o.reg, &p->oid, &f->name.gid);
	}
	f->mark_n = f->high;
	f->mark_s = n->steady_s;
	f->heard = 0;
}

static bool all_heard(const struct fed_node *n, const struct fed_feed *f)
{
	for (unsigned i = 0; i < FED_PULL_PEERS; i++)
		if (n->peers[i].up && !(f->heard & UINT64_C(1) << i) &&
			fed_reg_reads(n->o.reg, &n->peers[i].oid, &f->name.gid))
			return false;
	return true;
}

void fed_node_behind(struct fed_node *n, fed_late_fn fn, void *arg)
{
	uint64_t behind[FED_PULL_PEERS] = {0};

	list_each(&n->o.feeds->by_change, it)
	{
		struct fed_feed *f = feed_at(it);

		if (f->mark_s == 0 || f->forked || n->steady_s - f->mark_s < FED_BEHIND_S)
			continue;
		if (f->mark_n == f->high && all_heard(n, f))
			f->mark_s = 0; /* nobody is */
		else
			look(n, f, behind);
	}
	for (unsigned i = 0; i < FED_PULL_PEERS; i++)
		if (behind[i] > 0)
			fn(arg, &n->peers[i].oid, (int64_t)behind[i]);
}
