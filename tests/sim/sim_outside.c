/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The outside of a node, over a simulated disk and network: what it asks, and what it is told. */
#include <stdio.h>

#include "proto/base/mem.h"
#include "proto/fed/fed_rules.h"
#include "tests/sim/sim_priv.h"

enum {
	QUEUE_MAX = 256,
	PASS_MS = 600 * 1000, /* a control pass, at the longest */
};

static int on_store(void *arg, const struct fed_take *t)
{
	struct sim_daemon *d = arg;
	struct sim_op op = {.kind = SIM_ENTRY, .link = t->link, .absent = t->absent};
	const char *why;

	if (d->disk.queue.n >= QUEUE_MAX)
		return KERR_BUSY;
	if (fed_node_catching_up(d->node) && t->kind == FED_ARTICLE && t->article.len > 0)
		d->w->n.early++;
	if (!fed_sign_parse(t->sign, &op.sign, &why))
		return KERR_INVALID;
	fed_feed_name_text(&t->feed->stored, op.feed);
	op.first = t->feed->low;
	op.root = t->feed->tip.e;
	if (t->cancels.len > 0 && !slice_cstr(t->cancels, op.cancels, sizeof op.cancels))
		return KERR_TOOBIG;
	if (t->article.len > 0)
		op.blob = sim_blob_new(t->article);
	sim_disk_queue(&d->disk, &op);
	sim_daemon_commit_soon(d);
	return 0;
}

static int on_record(
	void *arg, const struct fed_record_key *key, uint64_t serial, struct slice text, bool fork)
{
	struct sim_daemon *d = arg;
	struct sim_op op = {
		.kind = SIM_RECORD, .key = *key, .serial = serial, .blob = sim_blob_new(text)};

	(void)fork;
	sim_disk_queue(&d->disk, &op);
	sim_daemon_commit_soon(d);
	return 0;
}

static const struct sim_entry *entry_of(struct sim_daemon *d, const struct fed_feed *f, uint64_t n)
{
	char name[FED_FEED_NAME_LEN];

	fed_feed_name_text(&f->stored, name);
	return sim_disk_entry(sim_disk_feed(&d->disk, name), n);
}

static int on_link(void *arg, const struct fed_feed *f, uint64_t n, struct fed_link *out)
{
	const struct sim_entry *e = entry_of(arg, f, n);

	if (!e)
		return KERR_NOTFOUND;
	*out = e->link;
	return 0;
}

static int on_held(void *arg, const struct fed_feed *f, uint64_t n, struct fed_held *out)
{
	const struct sim_entry *e = entry_of(arg, f, n);
	struct buf b;

	if (!e)
		return KERR_NOTFOUND;
	buf_init(&b, sizeof out->sign - 1);
	fed_sign_add_line(&b, &e->sign);
	*out = (struct fed_held){.content = e->blob != NULL, .absent = e->absent};
	memcpy(out->sign, buf_slice(&b).p, b.len);
	buf_fini(&b);
	return 0;
}

static int on_article(void *arg, const struct fed_feed *f, uint64_t n, struct buf *out)
{
	const struct sim_entry *e = entry_of(arg, f, n);

	if (!e || !e->blob)
		return KERR_NOTFOUND;
	buf_add(out, e->blob->bytes);
	return 0;
}

static void on_begin(void *arg, struct fed_feed *f, uint64_t low)
{
	struct sim_daemon *d = arg;
	struct sim_op op = {.kind = SIM_BEGIN, .low = low, .first = low};

	fed_feed_name_text(&f->stored, op.feed);
	sim_disk_queue(&d->disk, &op);
	sim_daemon_commit_soon(d);
}

static void on_cut(void *arg, struct fed_feed *f, uint64_t end)
{
	struct sim_daemon *d = arg;
	struct sim_op op = {.kind = SIM_CUT, .end = end, .first = f->low};

	fed_feed_name_text(&f->stored, op.feed);
	sim_disk_queue(&d->disk, &op);
	sim_daemon_commit_soon(d);
}

static void on_news(void *arg)
{
	sim_net_news(arg);
}

static void on_work(void *arg, unsigned peer)
{
	sim_net_work(arg, peer);
}

static void on_neighbours(void *arg)
{
	sim_net_dial_all(arg);
}

/* Its generation file says so, too: a crash does not lead it back. */
static void leave_epoch(struct sim_daemon *d, struct slice gid)
{
	for (unsigned g = 0; g < d->w->o.n_groups; g++) {
		if (!slice_eq(fed_gid_slice(&d->w->groups[g].gid), gid))
			continue;
		if (d->epochs[g] >= d->floor)
			d->floor = d->epochs[g] + 1;
		sim_daemon_new_epoch(d, g);
	}
}

static void on_alarm(void *arg, enum fed_alarm what, const struct fed_oid *who, struct slice text)
{
	struct sim_daemon *d = arg;

	switch (what) {
	case FED_ALARM_INTRUDER:
		d->w->n.intruders++;
		sim_watch_intruder(d, who, text);
		break;
	case FED_ALARM_FORK:
		d->w->n.forks++;
		if (fed_oid_eq(who, &d->oid))
			leave_epoch(d, text);
		break;
	case FED_ALARM_RECORD_FORK:
		d->w->n.record_forks++;
		break;
	case FED_ALARM_BEHIND_OWN:
		leave_epoch(d, text);
		break;
	}
}

/*
 * It names a serial of which there were two records, or a later one: while the pass was on nobody
 * may have known by which it counts.  Or it lies behind a cut that one of them drew, which is not
 * undone where it was; or this daemon itself was out by one of them for a while, or has met the
 * other one, perhaps in this moment: then it was not asked for what it is due now.
 */
static bool is_contested(const struct sim_daemon *d, const struct sim_post *p)
{
	const struct sim_group *g = &d->w->groups[p->group];
	struct fed_record_key key = {.type = FED_REC_GROUP};

	if (g->contested == 0)
		return false;
	for (size_t i = 0; i < g->drawn.n; i++) {
		const struct fed_cut *cut = vec_at(&g->drawn, i);

		if (fed_oid_eq(&cut->oid, &d->oid))
			return true;
	}
	if (sim_is_drawn(d->w, g, p))
		return true;
	memcpy(key.s, g->gid.s, sizeof g->gid.s);
	return p->r >= g->contested || fed_reg_forked(d->reg, &key);
}

/* Of this post the origin told before the pass began, and it was there to be asked. */
static bool was_to_have(struct sim_daemon *d, const struct sim_post *p)
{
	const struct sim_daemon *from = &d->w->daemons[p->origin];
	const struct fed_gid *gid = &d->w->groups[p->group].gid;
	const struct fed_group *g = fed_reg_group(d->reg, gid);

	if (!p->control || p->acked_ms >= d->catch_ms || !sim_net_asks(d, p->origin) ||
		from->liar || from->put_back || d->put_back || !from->up || !g ||
		!fed_group_member(g, &d->oid) || !fed_group_member(g, &from->oid))
		return false;
	if (is_contested(d, p))
		return false;
	g = fed_reg_group(from->reg, gid);
	return fed_reg_reads(from->reg, &d->oid, gid) &&
	       sim_is_for(g, d, &from->oid, p->at.epoch, p->at.n) && sim_find_post(d->w, from, p);
}

static void on_caught_up(void *arg)
{
	struct sim_daemon *d = arg;

	d->w->n.passes++;
	if (d->w->now_ms - d->catch_ms >= PASS_MS)
		return; /* its time was over: docs/federation.md section 7.1 */
	for (size_t i = 0; i < d->w->posts.n; i++) {
		const struct sim_post *p = vec_at(&d->w->posts, i);

		if (!was_to_have(d, p) || sim_find_post(d->w, d, p))
			continue;
		d->w->n.late++;
		if (d->w->o.verbose)
			printf("%8lld %s caught up without %llu of %s: %s %llu, entry %llu\n",
				(long long)d->w->now_ms, d->name, (unsigned long long)p->id,
				d->w->daemons[p->origin].name, d->w->groups[p->group].name,
				(unsigned long long)p->at.epoch, (unsigned long long)p->at.n);
	}
}

const struct fed_outside sim_outside = {
	.store = on_store,
	.record = on_record,
	.link = on_link,
	.held = on_held,
	.article = on_article,
	.cut = on_cut,
	.begin = on_begin,
	.news = on_news,
	.work = on_work,
	.neighbours = on_neighbours,
	.alarm = on_alarm,
	.control = sim_lists_heard,
	.caught_up = on_caught_up,
};
