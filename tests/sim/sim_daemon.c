/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One simulated daemon: its life, its epochs, what it writes. */
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/fed/fed_rules.h"
#include "tests/sim/sim_priv.h"

enum {
	COMMIT_MS = 20,
	TICK_MS = 1000,
	PAST_MAX = 64,
	LIST_EVERY = 8, /* so many posts are a list of people */
};

int64_t sim_daemon_clock(const struct sim_daemon *d)
{
	return SIM_START_AT + d->w->now_ms / 1000 + d->w->nights_s + d->clock_s;
}

void sim_daemon_now(struct sim_daemon *d)
{
	d->w->acts = d;
	fed_node_now(d->node, sim_daemon_clock(d), d->w->now_ms / 1000);
}

void sim_daemon_commit_soon(struct sim_daemon *d)
{
	if (d->commit_due)
		return;
	d->commit_due = true;
	sim_at(d->w, 1 + sim_draw(&d->w->rand, COMMIT_MS),
		&(struct sim_event){.kind = EV_COMMIT, .a = d->i, .life = d->life});
}

/* ---- epochs ---- */

void sim_daemon_new_epoch(struct sim_daemon *d, unsigned group)
{
	uint64_t now = (uint64_t)sim_daemon_clock(d);

	if (now < d->floor)
		now = d->floor;
	d->epochs[group] = now > d->epochs[group] ? now : d->epochs[group] + 1;
	if (d->epochs[group] > d->last_epoch)
		d->last_epoch = d->epochs[group];
	d->epoch_r[group] = 0;
}

/*
 * The epoch in use ends with a cut of ours, was begun in ignorance of one, or its last entry names
 * a record that is void: sections 3, 3.3.
 */
static bool is_left(struct sim_daemon *d, unsigned group, const struct fed_group *rec)
{
	struct fed_feed_name name = {.gid = rec->gid, .oid = d->oid};
	struct fed_record_key key = {.type = FED_REC_GROUP};
	uint64_t r = d->epoch_r[group];

	name.epoch.n = d->epochs[group];
	memcpy(key.s, rec->gid.s, sizeof rec->gid.s);
	const struct fed_feed *f = fed_feeds_get(&d->feeds, &name);
	if (f && f->high >= f->low)
		r = f->tip.r;
	const struct fed_group *at_r = fed_reg_group_at(d->reg, &rec->gid, r);
	for (size_t i = 0; i < rec->n_cut; i++)
		if (fed_oid_eq(&rec->cut[i].oid, &d->oid) &&
			(rec->cut[i].at.epoch >= name.epoch.n ||
				(at_r && !fed_group_has_cut(at_r, &rec->cut[i]))))
			return true;
	return r > fed_reg_serial(d->reg, &key);
}

/* ---- life ---- */

void sim_daemon_init(struct sim_world *w, unsigned i)
{
	struct sim_daemon *d = &w->daemons[i];
	struct fed_public root, key;

	d->w = w;
	d->i = i;
	crypto_random(d->root_seed, sizeof d->root_seed);
	crypto_random(d->seed, sizeof d->seed);
	crypto->public_key(d->root_seed, root.b);
	crypto->public_key(d->seed, key.b);
	fed_oid_of(&root, &d->oid);
	fed_keyid_of(&key, &d->keyid);
	snprintf(d->name, sizeof d->name, "d%u.example", i);
	sim_disk_init(&d->disk);
	sim_net_init(d);
	d->past = mem_array(PAST_MAX, sizeof *d->past);
}

static void forget(struct sim_daemon *d)
{
	fed_node_free(d->node);
	if (d->reg)
		fed_feeds_fini(&d->feeds);
	fed_reg_free(d->reg);
	d->node = NULL;
	d->reg = NULL;
}

void sim_daemon_fini(struct sim_daemon *d)
{
	forget(d);
	sim_disk_fini(&d->disk);
	sim_net_fini(d);
	free(d->lists);
	free(d->past);
}

static void load_records(struct sim_daemon *d)
{
	struct fed_reg_result r;
	struct err why;

	for (size_t i = 0; i < d->disk.log.n; i++) {
		const struct sim_op *op = vec_at(&d->disk.log, i);

		if (op->kind == SIM_RECORD)
			(void)!fed_reg_give(d->reg, op->blob->bytes, true, &r, &why);
	}
}

static void load_feed(void *arg, struct slice key, void *value)
{
	struct sim_daemon *d = arg;
	const struct sim_feed *sf = value;
	struct fed_feed_name name;

	if (!fed_feed_name_parse(key, &name))
		abort();
	struct fed_feed *f = fed_feeds_make(&d->feeds, &name);
	f->low = sf->low;
	f->high = sf->high;
	f->end = sf->end;
	f->drawn = sf->end < UINT64_MAX;
	f->tip = sf->tip;
	for (size_t i = 0; i < sf->entries.n; i++) {
		const struct sim_entry *e = vec_at(&sf->entries, i);

		if (e->link.n > f->high)
			fed_spans_add(&f->ahead, e->link.n, e->link.n);
		if (!e->blob && e->sign.y != FED_HEARTBEAT)
			fed_spans_add(&f->stubs, e->link.n, e->link.n);
		if (!e->blob && e->absent == FED_ABSENT_LOST)
			fed_spans_add(&f->lost, e->link.n, e->link.n);
	}
	for (unsigned g = 0; g < d->w->o.n_groups; g++)
		if (fed_gid_eq(&name.gid, &d->w->groups[g].gid) && fed_oid_eq(&name.oid, &d->oid) &&
			name.epoch.n > d->epochs[g])
			d->epochs[g] = name.epoch.n;
}

static int by_name(const void *a, const void *b)
{
	const struct sim_feed *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void collect_feed(void *arg, struct slice key, void *value)
{
	(void)key;
	*(struct sim_feed **)vec_push(arg) = value;
}

/* The map has no order of its own: a run must not depend on it. */
static void sorted_feeds(struct sim_daemon *d, struct vec *out)
{
	vec_init(out, sizeof(struct sim_feed *));
	map_each(d->disk.feeds, collect_feed, out);
	if (out->n > 0)
		qsort(out->data, out->n, sizeof(struct sim_feed *), by_name);
}

static void load_feeds(struct sim_daemon *d)
{
	struct vec all;

	sorted_feeds(d, &all);
	for (size_t i = 0; i < all.n; i++) {
		struct sim_feed *f = *(struct sim_feed **)vec_at(&all, i);
		load_feed(d, slice_str(f->name), f);
	}
	vec_fini(&all);
}

void sim_daemon_start(struct sim_daemon *d)
{
	d->up = true;
	d->life++;
	d->commit_due = d->news_due = false;
	memset(d->epochs, 0, sizeof d->epochs);
	memset(d->epoch_r, 0, sizeof d->epoch_r);
	d->reg = fed_reg_new();
	fed_feeds_init(&d->feeds);
	load_records(d);
	load_feeds(d);
	d->node = fed_node_new(&(struct fed_node_opts){.self = d->oid,
		.name = slice_str(d->name),
		.reg = d->reg,
		.feeds = &d->feeds,
		.outside = &sim_outside,
		.arg = d,
		.cookie = sim_next(&d->w->rand),
		.quota_entries = 1000});
	sim_daemon_now(d);
	sim_lists_begin(d);
	fed_node_start(d->node);
	sim_lists_again(d);
	d->catch_ms = d->w->now_ms;
	/* not with liars that sign twice: of what the pass takes from the end of a feed the rest
	 * may be put back for ever, and then nobody can tell any more where two chains part */
	if (d->restored || (sim_chance(&d->w->rand, 30) && d->w->o.equivocate == 0))
		fed_node_catch_up(d->node);
	if (d->restored)
		d->floor = d->last_epoch + 1;
	d->restored = false;
	for (unsigned g = 0; g < d->w->o.n_groups; g++)
		if (d->epochs[g] < d->floor)
			sim_daemon_new_epoch(d, g);
	sim_at(d->w, TICK_MS, &(struct sim_event){.kind = EV_TICK, .a = d->i, .life = d->life});
	sim_net_dial_all(d);
}

void sim_daemon_stop(struct sim_daemon *d, size_t keep)
{
	if (!d->up)
		return;
	sim_net_break_all(d);
	d->up = false;
	d->life++;
	if (keep > d->disk.queue.n)
		keep = d->disk.queue.n;
	sim_disk_commit(&d->disk, keep, sim_daemon_clock(d), d->seed, NULL, NULL);
	sim_disk_crash(&d->disk);
	forget(d);
}

void sim_daemon_copy(const struct sim_daemon *d, struct sim_past *out)
{
	*out = (struct sim_past){d->disk.log.n, d->floor, d->last_epoch};
}

void sim_daemon_put_back(struct sim_daemon *d, const struct sim_past *at, bool noticed)
{
	if (at->log_n < d->disk.log.n)
		sim_disk_roll_back(&d->disk, at->log_n);
	if (!noticed) {
		d->w->n.put_back++;
		d->floor = at->floor;
		d->last_epoch = at->last_epoch;
	}
	d->restored = noticed;
	d->put_back = true;
}

/* ---- writing ---- */

static void acknowledge(struct sim_daemon *d, const struct sim_op *op)
{
	struct sim_post *p = vec_push(&d->w->posts);

	*p = (struct sim_post){
		.id = op->note,
		.control = op->sign.y == FED_CONTROL,
		.target = op->target,
		.acked_ms = d->w->now_ms,
		.origin = d->i,
		.at = {op->sign.e, op->link.n, op->link.e},
		.r = op->link.r,
		.blob = sim_blob_new(op->blob->bytes)
        };
	for (unsigned g = 0; g < d->w->o.n_groups; g++)
		if (fed_gid_eq(&op->sign.g, &d->w->groups[g].gid))
			p->group = g;
	d->w->n.acked++;
}

static void on_done(void *arg, const struct sim_op *op, const struct sim_feed *sf)
{
	struct sim_daemon *d = arg;
	struct fed_feed_name name;

	if (op->kind == SIM_RECORD) {
		fed_node_recorded(d->node, &op->key, op->serial, op->rc);
		return;
	}
	if (!fed_feed_name_parse(slice_str(op->feed), &name))
		abort();
	struct fed_feed *f = fed_feeds_make(&d->feeds, &name);
	if (op->kind == SIM_CUT) {
		fed_node_cut(d->node, f, &sf->tip);
		return;
	}
	if (op->kind == SIM_LOST) {
		if (op->rc == 0)
			fed_node_lost(d->node, f, op->link.n);
		return;
	}
	d->w->n.mended += op->rc == 0 && fed_spans_has(&f->lost, op->link.n);
	if (op->note == 0) {
		fed_node_stored(d->node, f, op->link.n, op->rc, &sf->tip);
		return;
	}
	if (op->rc < 0)
		return; /* 441 */
	if (op->note != SIM_BEAT)
		acknowledge(d, op);
	fed_node_issued(d->node, f, &op->link);
	if (op->sign.y == FED_CONTROL)
		(void)!fed_node_control_again(d->node, f, op->link.n);
}

void sim_daemon_commit(struct sim_daemon *d)
{
	d->commit_due = false;
	sim_daemon_now(d);
	sim_disk_commit(&d->disk, d->disk.queue.n, sim_daemon_clock(d), d->seed, on_done, d);
	sim_daemon_copy(d, &d->past[d->n_past++ % PAST_MAX]);
	if (d->disk.queue.n > 0)
		sim_daemon_commit_soon(d);
}

static void check_feed(struct sim_daemon *d, const struct sim_feed *f)
{
	const char *why;

	for (size_t i = 0; i < f->entries.n; i++) {
		const struct sim_entry *e = vec_at(&f->entries, i);
		struct sim_op op = {.kind = SIM_LOST, .first = f->low, .link = e->link};
		struct buf b;

		if (!e->blob)
			continue;
		buf_init(&b, FED_FIELD_MAX);
		fed_sign_add_line(&b, &e->sign);
		bool holds = fed_entry_holds(buf_slice(&b), e->blob->bytes, &why);
		buf_fini(&b);
		if (holds)
			continue;
		memcpy(op.feed, f->name, sizeof op.feed);
		sim_disk_queue(&d->disk, &op);
		sim_daemon_commit_soon(d);
	}
}

void sim_daemon_self_check(struct sim_daemon *d)
{
	struct vec all;

	sorted_feeds(d, &all);
	for (size_t i = 0; i < all.n; i++)
		check_feed(d, *(struct sim_feed **)vec_at(&all, i));
	vec_fini(&all);
}

void sim_daemon_tick(struct sim_daemon *d)
{
	sim_daemon_now(d);
	fed_node_tick(d->node);
	sim_daemon_beats(d);
	sim_net_dial_all(d);
	sim_at(d->w, TICK_MS, &(struct sim_event){.kind = EV_TICK, .a = d->i, .life = d->life});
}

void sim_daemon_record(struct sim_daemon *d, struct slice text)
{
	struct err why = {.text = ""};

	sim_daemon_now(d);
	enum fed_reg_got got = fed_node_give_record(d->node, text, &why);
	if (got != FED_REG_TAKEN && got != FED_REG_KNOWN) {
		fprintf(stderr, "record refused by %s: %s\n%.*s", d->name, why.text,
			SLICE_ARG(text));
		abort();
	}
}

/* ---- posting ---- */

static void beat_on(void *arg, struct fed_feed *f)
{
	struct sim_daemon *d = arg;
	struct fed_record_key key = {.type = FED_REC_GROUP};
	struct sim_op op = {.kind = SIM_OWN, .note = SIM_BEAT};

	for (unsigned g = 0; g < d->w->o.n_groups; g++)
		if (fed_gid_eq(&d->w->groups[g].gid, &f->name.gid) &&
			d->epochs[g] != f->name.epoch.n)
			return; /* left, and nothing is in the next one yet */
	fed_feed_name_text(&f->stored, op.feed);
	memcpy(key.s, f->name.gid.s, sizeof f->name.gid.s);
	op.sign = (struct fed_sign){
		.o = d->oid, .g = f->name.gid, .e = f->name.epoch.n, .k = d->keyid};
	fed_sign_set_heartbeat(&op.sign);
	op.sign.r = fed_reg_serial(d->reg, &key);
	sim_disk_queue(&d->disk, &op);
	sim_daemon_commit_soon(d);
	d->w->n.beats++;
}

void sim_daemon_beats(struct sim_daemon *d)
{
	fed_node_beats(d->node, beat_on, d);
}

void sim_mid(const struct sim_world *w, unsigned origin, uint64_t id, char out[SIM_MID])
{
	snprintf(out, SIM_MID, "<p%llu@%s>", (unsigned long long)id, w->daemons[origin].name);
}

/* A post that is to be cancelled; mostly NULL: it writes a new one. */
static const struct sim_post *draw_target(struct sim_daemon *d, unsigned group)
{
	const struct sim_post *p;

	if (d->w->posts.n == 0 || !sim_chance(&d->w->rand, 30))
		return NULL;
	p = vec_at(&d->w->posts, sim_draw(&d->w->rand, (uint32_t)d->w->posts.n));
	return p->group == group && !p->control ? p : NULL; /* what is another's too: in vain */
}

void sim_daemon_post(struct sim_daemon *d, unsigned group)
{
	const struct sim_group *g = &d->w->groups[group];
	const struct fed_group *rec = fed_reg_group(d->reg, &g->gid);
	struct fed_record_key key = {.type = FED_REC_GROUP};
	struct sim_op op = {.kind = SIM_OWN, .note = ++d->w->next_post};
	struct fed_feed_name name = {.gid = g->gid, .oid = d->oid};
	const struct sim_post *target = draw_target(d, group);
	const bool list = !target && op.note % LIST_EVERY == 0;
	struct buf text, out;
	struct article a;
	const char *why = "";

	if (!rec || !fed_reg_reads(d->reg, &d->oid, &g->gid))
		return; /* 411 */
	d->w->n.posts++;
	if (d->epochs[group] == 0 || is_left(d, group, rec))
		sim_daemon_new_epoch(d, group);
	name.epoch.n = d->epochs[group];
	fed_feed_name_text(&name, op.feed);
	memcpy(key.s, g->gid.s, sizeof g->gid.s);
	struct fed_make make = {.o = d->oid,
		.g = g->gid,
		.e = name.epoch.n,
		.y = target || list ? FED_CONTROL : FED_ARTICLE,
		.name = slice_str(d->name),
		.group = slice_str(g->name),
		.k = d->keyid};
	crypto_random(make.salt, sizeof make.salt);
	buf_init(&text, 4096);
	buf_init(&out, 8192);
	buf_addf(&text,
		"From: u@%s\r\nDate: Sun, 22 Nov 2026 01:00:00 +0000\r\nNewsgroups: %s\r\n"
		"Subject: %llu\r\nMessage-ID: <p%llu@%s>\r\nPath: %s!.POSTED\r\n",
		d->name, g->name, (unsigned long long)op.note, (unsigned long long)op.note, d->name,
		d->name);
	if (target) {
		sim_mid(d->w, target->origin, target->id, op.cancels);
		buf_addf(&text, "Control: kokod cancel %s\r\n", op.cancels);
		op.target = target->id;
	}
	if (list)
		buf_addf(&text, "Control: kokod members\r\n\r\nu@%s writer %llu\r\n", d->name,
			(unsigned long long)op.note);
	else
		buf_addf(&text, "\r\ntext of %s\r\n", g->gid.s);
	if (article_parse(&a, buf_slice(&text), &msg_limits_inject) < 0 ||
		fed_entry_prepare(&a, &make, &out, &op.sign, &why) < 0) {
		fprintf(stderr, "post: %s\n", why);
		abort();
	}
	op.sign.r = d->epoch_r[group] = fed_reg_serial(d->reg, &key);
	if (target && !fed_cancel_counts(d->reg, &op.sign, lit(""), slice_str(op.cancels)))
		op.cancels[0] = '\0';
	op.blob = sim_blob_new(buf_slice(&out));
	sim_disk_queue(&d->disk, &op);
	sim_daemon_commit_soon(d);
	buf_fini(&text);
	buf_fini(&out);
}
