/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What control entries have done in the end: promise 5.  What is cancelled is so by those who may,
 * and nothing else is; old ones that come again change nothing.
 */
#include <stdarg.h>
#include <stdio.h>

#include "tests/sim/sim_priv.h"

static const char *fails(struct sim_world *w, const char *fmt, ...) PRINTF_LIKE(2, 3);

static const char *fails(struct sim_world *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->why, sizeof w->why, fmt, ap);
	va_end(ap);
	return w->why;
}

static bool may_cancel(
	const struct sim_world *w, const struct sim_post *c, const struct sim_post *p)
{
	return c->control && c->target == p->id &&
	       (c->origin == p->origin || c->origin == w->groups[p->group].owner);
}

static const char *check_cancels_at(struct sim_world *w, const struct sim_daemon *d)
{
	for (size_t i = 0; i < w->posts.n; i++) {
		const struct sim_post *p = vec_at(&w->posts, i);
		char mid[SIM_MID];
		const struct sim_group *g = &w->groups[p->group];
		const struct fed_group *rec = fed_reg_group(w->daemons[g->owner].reg, &g->gid);
		bool want = false, cut = false;

		for (size_t k = 0; k < w->posts.n && !want; k++) {
			const struct sim_post *c = vec_at(&w->posts, k);

			if (!may_cancel(w, c, p))
				continue;
			want = sim_find_post(w, d, c) != NULL;
			cut = cut || sim_is_cut(rec, w, c) || sim_is_drawn(w, g, c);
		}
		if (cut) /* void now, but it may have been here before the line was drawn */
			continue;
		sim_mid(w, p->origin, p->id, mid);
		/* what a crash left unanswered may be there all the same, and count */
		bool is = map_get(d->disk.cancelled, slice_str(mid)) != NULL;

		if (want != is && (want || w->n.posts == w->n.acked))
			return fails(w, "post %llu of %s is %scancelled at %s",
				(unsigned long long)p->id, w->daemons[p->origin].name,
				want ? "not " : "", d->name);
	}
	return NULL;
}

/* Old control entries come again, in another order, twice: nothing is written. */
static const char *check_replay(struct sim_world *w, struct sim_daemon *d)
{
	size_t queued = d->disk.queue.n;
	uint64_t forks = w->n.forks;

	for (size_t i = 2 * w->posts.n; i-- > 0;) {
		const struct sim_post *p = vec_at(&w->posts, i % w->posts.n);
		const struct sim_entry *e = p->control ? sim_find_post(w, d, p) : NULL;
		struct fed_request req = {.kind = FED_REQ_ENTRY, .n = p->at.n};
		struct buf text;

		if (!e)
			continue;
		req.name = (struct fed_feed_name){.gid = e->sign.g, .oid = e->sign.o};
		req.name.epoch.n = e->sign.e;
		buf_init(&text, FED_RECORD_MAX);
		fed_sign_add_field(&text, &e->sign);
		buf_add(&text, e->blob->bytes);
		(void)!fed_node_got(d->node, 0, &req, buf_slice(&text));
		buf_fini(&text);
	}
	if (d->disk.queue.n != queued || w->n.forks != forks)
		return fails(w, "a replay of control entries changes something at %s", d->name);
	return NULL;
}

const char *sim_check_cancels(struct sim_world *w)
{
	for (unsigned i = 0; i < w->o.n_daemons; i++) {
		const char *why = check_cancels_at(w, &w->daemons[i]);

		why = why ? why : check_replay(w, &w->daemons[i]);
		if (!why && !sim_lists_hold(w, &w->daemons[i]))
			why = fails(w, "an old list of people holds at %s", w->daemons[i].name);
		if (why)
			return why;
	}
	return NULL;
}
