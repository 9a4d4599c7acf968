/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The run: events in the order of time, the steps that a seed decides, and what must hold at the
 * end. */
#include "tests/sim/sim_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "tests/sim/sim_crypto.h"
#include "tests/sim/sim_priv.h"

enum {
	STEP_MS = 400,         /* between two steps, on average */
	QUIET_MS = 200 * 1000, /* without a change: it is over */
	HEAL_MS = 3600 * 1000, /* longer than this it must not take */
	WARM_MS = 5000,
	JOIN_MS = 8000, /* less than this until two more parts are joined */
};

/* ---- events: a heap by time, then by order ---- */

static struct sim_event *event_at(const struct sim_world *w, size_t i)
{
	return vec_at(&w->heap, i);
}

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct sim_event *a, struct sim_event *b)
{
	struct sim_event t = *a;

	*a = *b;
	*b = t;
}

void sim_at(struct sim_world *w, int64_t delay_ms, const struct sim_event *e)
{
	struct sim_event *new = vec_push(&w->heap);
	size_t i = w->heap.n - 1;

	*new = *e;
	new->at_ms = w->now_ms + delay_ms;
	new->order = w->order++;
	for (; i > 0 && before(event_at(w, i), event_at(w, (i - 1) / 2)); i = (i - 1) / 2)
		swap(event_at(w, i), event_at(w, (i - 1) / 2));
}

bool sim_next_event(struct sim_world *w, struct sim_event *out)
{
	size_t i = 0;

	if (w->heap.n == 0)
		return false;
	*out = *event_at(w, 0);
	*event_at(w, 0) = *event_at(w, w->heap.n - 1);
	w->heap.n--;
	for (;;) {
		size_t least = i;

		for (size_t k = 2 * i + 1; k <= 2 * i + 2 && k < w->heap.n; k++)
			if (before(event_at(w, k), event_at(w, least)))
				least = k;
		if (least == i)
			return true;
		swap(event_at(w, i), event_at(w, least));
		i = least;
	}
}

/* ---- life ---- */

/* With -v: when, and at whom. */
static void print_line(void *arg, enum log_level level, struct slice line)
{
	const struct sim_world *w = arg;

	(void)level;
	printf("%8lld %s: %.*s\n", (long long)w->now_ms, w->acts ? w->acts->name : "",
		SLICE_ARG(line));
}

static void silent(void *arg, enum log_level level, struct slice line)
{
	(void)arg;
	(void)level;
	(void)line;
}

struct sim_world *sim_world_new(const struct sim_opts *o)
{
	struct sim_world *w = mem_new(struct sim_world);

	w->o = *o;
	w->rand.state = o->seed;
	log_set_sink(o->verbose ? print_line : silent, w);
	sim_crypto_install(&w->rand);
	vec_init(&w->heap, sizeof(struct sim_event));
	vec_init(&w->posts, sizeof(struct sim_post));
	buf_init(&w->text, FED_RECORD_MAX);
	w->daemons = mem_array(o->n_daemons, sizeof *w->daemons);
	w->side = mem_array(o->n_daemons, sizeof *w->side);
	for (unsigned i = 0; i < o->n_daemons; i++)
		sim_daemon_init(w, i);
	for (unsigned i = 0; i < o->n_daemons; i++)
		sim_daemon_start(&w->daemons[i]);
	for (unsigned i = 1; i < o->n_daemons; i++)
		w->daemons[i].hidden = o->hidden > 0 && sim_chance(&w->rand, o->hidden);
	sim_setup(w);
	for (unsigned i = 0; i < o->n_daemons; i++)
		w->daemons[i].liar = sim_chance(&w->rand, o->liars);
	return w;
}

void sim_world_free(struct sim_world *w)
{
	struct sim_event e;

	while (sim_next_event(w, &e))
		buf_fini(&e.bytes);
	for (unsigned i = 0; i < w->o.n_daemons; i++)
		sim_net_break_all(&w->daemons[i]);
	for (unsigned i = 0; i < w->o.n_daemons; i++)
		sim_daemon_fini(&w->daemons[i]);
	for (size_t i = 0; i < w->posts.n; i++)
		sim_blob_unref(((struct sim_post *)vec_at(&w->posts, i))->blob);
	for (unsigned g = 0; g < w->o.n_groups; g++)
		vec_fini(&w->groups[g].drawn);
	vec_fini(&w->heap);
	vec_fini(&w->posts);
	buf_fini(&w->text);
	log_set_sink(silent, NULL);
	free(w->daemons);
	free(w->side);
	free(w);
	sim_crypto_reset();
}

void sim_figures(const struct sim_world *w, struct sim_figures *out)
{
	*out = w->n;
}

/* ---- running ---- */

static void run_event(struct sim_world *w, struct sim_event *e)
{
	struct sim_daemon *d = &w->daemons[e->a];

	w->n.events++;
	if (e->kind == EV_BYTES) {
		sim_net_bytes(w, e);
		return;
	}
	if (d->life != e->life)
		return;
	switch (e->kind) {
	case EV_START:
		sim_daemon_start(d);
		break;
	case EV_COMMIT:
		sim_daemon_commit(d);
		break;
	case EV_TICK:
		sim_daemon_tick(d);
		break;
	case EV_DIAL:
		sim_net_dial(w, e->a, e->b);
		break;
	case EV_NEWS:
		sim_net_wake_watchers(d);
		break;
	case EV_WORK:
		if (e->turned)
			sim_net_wake_turned(w, e->a, e->b);
		else
			sim_net_wake_fetcher(w, e->a, e->b);
		break;
	case EV_BYTES:
		break;
	}
}

static void run_until(struct sim_world *w, int64_t until_ms)
{
	struct sim_event e;

	while (w->heap.n > 0 && event_at(w, 0)->at_ms <= until_ms) {
		sim_next_event(w, &e);
		w->now_ms = e.at_ms;
		run_event(w, &e);
	}
	w->now_ms = until_ms;
}

/* ---- steps ---- */

/* With -v: what the seed decided. */
static void tell(struct sim_world *w, const char *what, unsigned a, unsigned b)
{
	if (w->o.verbose)
		printf("%8lld %s %u %u\n", (long long)w->now_ms, what, a, b);
}

/* Those of the other parts are out of reach. */
static void part(struct sim_world *w)
{
	for (unsigned a = 0; a < w->o.n_daemons; a++)
		for (unsigned b = 0; b < w->o.n_daemons; b++)
			if (w->side[a] != w->side[b])
				sim_net_break(w, a, b);
}

static void step_partition(struct sim_world *w)
{
	unsigned parts = 1 + sim_draw(&w->rand, 3);

	for (unsigned i = 0; i < w->o.n_daemons; i++)
		w->side[i] = sim_draw(&w->rand, parts);
	tell(w, "partition", parts, 0);
	part(w);
}

static void start_later(struct sim_daemon *d)
{
	sim_at(d->w, 100 + sim_draw(&d->w->rand, 20000),
		&(struct sim_event){.kind = EV_START, .a = d->i, .life = d->life});
}

static void step_crash(struct sim_world *w)
{
	struct sim_daemon *d = &w->daemons[sim_draw(&w->rand, w->o.n_daemons)];

	if (!d->up)
		return;
	tell(w, "crash", d->i, 0);
	sim_daemon_stop(d, sim_draw(&w->rand, 2) ? 0 : sim_draw(&w->rand, 100));
	start_later(d);
}

/* What its daemon had acknowledged, and perhaps nobody else had yet. */
static void note_put_back(struct sim_world *w, const struct sim_daemon *d)
{
	for (size_t i = 0; i < w->posts.n; i++) {
		struct sim_post *p = vec_at(&w->posts, i);

		p->put_back = p->put_back || !sim_find_post(w, d, p);
	}
}

/* Yesterday's copy is put back; noticed: the generation file says so. */
static void step_restore(struct sim_world *w, bool noticed)
{
	struct sim_daemon *d = &w->daemons[sim_draw(&w->rand, w->o.n_daemons)];

	if (!d->up || d->n_past == 0)
		return;
	struct sim_past at =
		d->past[sim_draw(&w->rand, (uint32_t)(d->n_past < 64 ? d->n_past : 64))];
	tell(w, noticed ? "restore" : "snapshot", d->i, (unsigned)at.log_n);
	sim_daemon_stop(d, 0);
	sim_daemon_put_back(d, &at, noticed);
	note_put_back(w, d);
	start_later(d);
}

static void post_some(struct sim_daemon *d, unsigned group)
{
	unsigned n = 1 + sim_draw(&d->w->rand, 3);

	for (unsigned i = 0; i < n; i++)
		sim_daemon_post(d, group);
	run_until(d->w, d->w->now_ms + 500 + sim_draw(&d->w->rand, 2000));
}

/*
 * An origin that signs two continuations and shows one to some, the other to others: a liar, or a
 * machine that was put back with its generation file while its neighbours were away.
 */
static void step_equivocate(struct sim_world *w)
{
	struct sim_daemon *d = &w->daemons[sim_draw(&w->rand, w->o.n_daemons)];
	unsigned group = sim_draw(&w->rand, w->o.n_groups);
	struct sim_past at;

	if (!d->up || d->put_back)
		return; /* once: two branches a group, of four that there may be */
	tell(w, "equivocate: daemon, group", d->i, group);
	for (unsigned i = 0; i < w->o.n_daemons; i++)
		w->side[i] = sim_draw(&w->rand, 2);
	w->side[d->i] = 0;
	part(w);
	sim_daemon_copy(d, &at);
	post_some(d, group);
	sim_daemon_stop(d, 0);
	sim_daemon_put_back(d, &at, false);
	note_put_back(w, d);
	w->side[d->i] = 1;
	sim_daemon_start(d);
	run_until(w, w->now_ms + sim_draw(&w->rand, 2000));
	post_some(d, group);
}

/* Two parts that were apart reach each other. */
static void join_two(struct sim_world *w)
{
	unsigned a = sim_draw(&w->rand, w->o.n_daemons), b = sim_draw(&w->rand, w->o.n_daemons);

	while (w->side[b] == w->side[a])
		b = (b + 1) % w->o.n_daemons;
	unsigned from = w->side[b];
	for (unsigned i = 0; i < w->o.n_daemons; i++)
		if (w->side[i] == from)
			w->side[i] = w->side[a];
}

/* Each of them alone, and writing; then two parts at a time find each other, in any order. */
static void step_shatter(struct sim_world *w)
{
	tell(w, "each alone", w->o.n_daemons, 0);
	w->n.shattered++;
	for (unsigned i = 0; i < w->o.n_daemons; i++)
		w->side[i] = i;
	part(w);
	for (unsigned i = 0; i < w->o.n_daemons; i++)
		if (w->daemons[i].up)
			post_some(&w->daemons[i], sim_draw(&w->rand, w->o.n_groups));
	for (unsigned parts = w->o.n_daemons; parts > 1; parts--) {
		join_two(w);
		run_until(w, w->now_ms + sim_draw(&w->rand, JOIN_MS));
	}
}

static void step_member(struct sim_world *w)
{
	unsigned group = sim_draw(&w->rand, w->o.n_groups),
		 who = sim_draw(&w->rand, w->o.n_daemons);

	tell(w, "member: group, daemon", group, who);
	sim_change_member(w, group, who);
}

/* An owner shows one record to these, another to those; or the admin decides between two. */
static void step_fork_record(struct sim_world *w)
{
	unsigned group = sim_draw(&w->rand, w->o.n_groups);
	unsigned to = sim_draw(&w->rand, w->o.n_daemons), owner = w->groups[group].owner;

	if (sim_draw(&w->rand, 2) == 0 && sim_settle(w, group)) {
		tell(w, "settle: group", group, 0);
		return;
	}
	if (to == owner || !w->daemons[to].up || !w->daemons[owner].up ||
		w->daemons[owner].put_back)
		return;
	tell(w, "two records: group, shown to", group, to);
	for (unsigned i = 0; i < w->o.n_daemons; i++)
		w->side[i] = sim_draw(&w->rand, 2);
	w->side[owner] = 0;
	w->side[to] = 1;
	part(w);
	sim_fork_record(w, group, &w->daemons[to]);
}

/* Up to five minutes wrong, which others have to bear. */
static void step_clock(struct sim_world *w)
{
	struct sim_daemon *d = &w->daemons[sim_draw(&w->rand, w->o.n_daemons)];

	d->clock_s = (int64_t)sim_draw(&w->rand, 600) - 300;
}

/* A day goes by at all of them. */
static void step_night(struct sim_world *w)
{
	tell(w, "night", 0, 0);
	w->nights_s += FED_BEAT_S;
}

/* Has another daemon this post as its origin made it? */
static bool is_elsewhere(
	const struct sim_world *w, const struct sim_daemon *than, const struct sim_post *p)
{
	for (unsigned i = 0; i < w->o.n_daemons; i++)
		if (&w->daemons[i] != than && sim_holds_post(w, &w->daemons[i], p))
			return true;
	return false;
}

/* An article rots on a disk.  One that is nowhere else would be gone for good. */
static void step_rot(struct sim_world *w)
{
	struct sim_daemon *d = &w->daemons[sim_draw(&w->rand, w->o.n_daemons)];
	struct sim_post *p;
	char feed[FED_FEED_NAME_LEN];

	if (w->posts.n == 0)
		return;
	p = vec_at(&w->posts, sim_draw(&w->rand, (uint32_t)w->posts.n));
	if (p->control || !sim_find_post(w, d, p) || !is_elsewhere(w, d, p))
		return;
	fed_feed_name_text(&(struct fed_feed_name){.gid = w->groups[p->group].gid,
				   .oid = w->daemons[p->origin].oid,
				   .epoch = {.n = p->at.epoch}},
		feed);
	tell(w, "rot: daemon, post", d->i, (unsigned)p->id);
	sim_disk_rot(&d->disk, feed, p->at.n);
	p->rotten = true;
	w->n.rotten++;
	if (d->up && sim_chance(&w->rand, 50))
		sim_daemon_self_check(d);
}

static void step_post(struct sim_world *w)
{
	struct sim_daemon *d = &w->daemons[sim_draw(&w->rand, w->o.n_daemons)];

	unsigned group = sim_draw(&w->rand, w->o.n_groups);

	if (!d->up)
		return;
	tell(w, "post: daemon, group", d->i, group);
	sim_daemon_post(d, group);
}

/* Is it this one?  The dice go on to the next with what is left. */
static bool falls(unsigned *dice, unsigned chance)
{
	bool hit = *dice < chance;

	*dice -= chance;
	return hit;
}

static void step(struct sim_world *w)
{
	unsigned dice = sim_draw(&w->rand, 100);
	const struct sim_opts *o = &w->o;

	if (falls(&dice, o->partition))
		step_partition(w);
	else if (falls(&dice, o->crash))
		step_crash(w);
	else if (falls(&dice, o->restore))
		step_restore(w, true);
	else if (falls(&dice, o->snapshot))
		step_restore(w, false);
	else if (falls(&dice, o->equivocate))
		step_equivocate(w);
	else if (falls(&dice, o->membership))
		step_member(w);
	else if (falls(&dice, o->clock))
		step_clock(w);
	else if (falls(&dice, o->night))
		step_night(w);
	else if (falls(&dice, o->rot))
		step_rot(w);
	else if (falls(&dice, o->forkrecord))
		step_fork_record(w);
	else if (falls(&dice, o->shatter))
		step_shatter(w);
	else
		step_post(w);
}

/* ---- quiet ---- */

static uint64_t total_log(const struct sim_world *w)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < w->o.n_daemons; i++)
		n += w->daemons[i].disk.log.n + w->daemons[i].disk.queue.n;
	return n;
}

static bool become_quiet(struct sim_world *w)
{
	int64_t until = w->now_ms + HEAL_MS;
	uint64_t before_it = 0;

	memset(w->side, 0, w->o.n_daemons * sizeof *w->side);
	for (unsigned i = 0; i < w->o.n_daemons; i++)
		w->daemons[i].clock_s = w->daemons[i].liar = 0;
	while (w->now_ms < until) {
		bool all_up = true;

		before_it = total_log(w);
		for (unsigned i = 0; i < w->o.n_daemons; i++) {
			all_up = all_up && w->daemons[i].up; /* it looks at its disk, too */
			if (w->daemons[i].up)
				sim_daemon_self_check(&w->daemons[i]);
		}
		run_until(w, w->now_ms + QUIET_MS);
		for (unsigned i = 0; i < w->o.n_daemons; i++)
			all_up = all_up && w->daemons[i].up &&
				 !fed_node_catching_up(w->daemons[i].node);
		if (all_up && total_log(w) == before_it)
			return true;
	}
	return false;
}

/* What the admin does when all know of two records. */
static bool decide_all(struct sim_world *w)
{
	const char *why = sim_check_forks(w, false);

	for (unsigned g = 0; !why && g < w->o.n_groups; g++)
		sim_settle(w, g);
	if (!why && !become_quiet(w))
		return false;
	if (!why)
		(void)sim_check_forks(w, true); /* sim_check tells */
	return true;
}

bool sim_run(struct sim_world *w)
{
	run_until(w, WARM_MS);
	for (unsigned i = 0; i < w->o.n_steps; i++) {
		step(w);
		run_until(w, w->now_ms + sim_draw(&w->rand, 2 * STEP_MS));
	}
	if (!become_quiet(w))
		return false;
	return w->n.rivals == 0 || decide_all(w);
}
