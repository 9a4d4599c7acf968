/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold when all is healed and quiet, looked at from outside: on the disks, by the owner's
 * record of each group, with none of the node's own judgement.
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

/* ---- 2: equal heads and equal content ---- */

struct compare {
	struct sim_world *w;
	const struct sim_group *g;
	const struct sim_daemon *a, *b;
	const char *why;
};

/* Its origin's disk was put back before anybody had fetched what is missing. */
static bool may_have_gap(const struct sim_world *w, const struct sim_feed *f)
{
	struct slice name = slice_str(f->name);

	for (unsigned i = 0; i < w->o.n_daemons; i++)
		if (slice_find(name, fed_oid_slice(&w->daemons[i].oid)) < name.len)
			return w->daemons[i].put_back;
	return false;
}

static void compare_feed(void *arg, struct slice key, void *value)
{
	struct compare *c = arg;
	const struct sim_feed *x = value, *y = sim_disk_feed(&c->b->disk, x->name);

	if (c->why || !slice_starts(key, fed_gid_slice(&c->g->gid)) || x->entries.n == 0)
		return;
	if (!y || y->high != x->high || !fed_hash_eq(&x->tip.e, &y->tip.e) ||
		x->entries.n != y->entries.n ||
		(x->entries.n != x->high && !may_have_gap(c->w, x))) {
		c->why = fails(c->w, "feed %s: %s has %llu (%zu entries), %s has %llu (%zu)",
			x->name, c->a->name, (unsigned long long)x->high, x->entries.n, c->b->name,
			y ? (unsigned long long)y->high : 0, y ? y->entries.n : 0);
		return;
	}
	for (size_t i = 0; i < x->entries.n && !c->why; i++) {
		const struct sim_entry *p = vec_at(&x->entries, i), *q = vec_at(&y->entries, i);

		/* Path differs: what counts is hashed in E, which the node has verified */
		if (!fed_hash_eq(&p->link.e, &q->link.e) || !p->blob != !q->blob)
			c->why = fails(c->w, "feed %s entry %zu: %s and %s differ", x->name, i + 1,
				c->a->name, c->b->name);
	}
}

static const char *compare_members(
	struct sim_world *w, const struct sim_group *g, const struct fed_group *rec)
{
	const struct sim_daemon *owner = &w->daemons[g->owner];

	for (unsigned i = 0; i < w->o.n_daemons; i++) {
		struct compare there = {w, g, owner, &w->daemons[i], NULL};
		struct compare back = {w, g, &w->daemons[i], owner, NULL};

		if (!fed_group_member(rec, &w->daemons[i].oid))
			continue;
		map_each(owner->disk.feeds, compare_feed, &there);
		if (there.why)
			return there.why;
		map_each(w->daemons[i].disk.feeds, compare_feed, &back);
		if (back.why)
			return back.why;
	}
	return NULL;
}

/* ---- 1: nothing that was acknowledged is lost ---- */

static bool is_cut(const struct fed_group *rec, const struct sim_world *w, const struct sim_post *p)
{
	for (size_t i = 0; i < rec->n_cut; i++)
		if (fed_oid_eq(&rec->cut[i].oid, &w->daemons[p->origin].oid) &&
			fed_pos_after(&p->at, &rec->cut[i].at))
			return true;
	return false;
}

/* 4: what is here is what its origin made: all but Path, which is put in front. */
static bool same_text(struct slice here, struct slice made)
{
	size_t nl = slice_find(here, lit("\r\n")) + 2, old = slice_find(made, lit("Path: "));
	size_t old_end = old + slice_find(slice_from(made, old), lit("\r\n")) + 2;
	struct slice rest = slice_from(here, nl);

	if (slice_eq(here, made))
		return true;
	return rest.len == made.len - (old_end - old) &&
	       slice_eq(slice_head(rest, old), slice_head(made, old)) &&
	       slice_eq(slice_from(rest, old), slice_from(made, old_end));
}

const struct sim_entry *sim_find_post(
	const struct sim_world *w, const struct sim_daemon *d, const struct sim_post *p)
{
	struct fed_feed_name name = {.gid = w->groups[p->group].gid,
		.oid = w->daemons[p->origin].oid,
		.epoch = {.n = p->at.epoch}};
	char text[FED_FEED_NAME_LEN];

	fed_feed_name_text(&name, text);
	const struct sim_entry *e = sim_disk_entry(sim_disk_feed(&d->disk, text), p->at.n);
	return e && e->blob && fed_hash_eq(&e->link.e, &p->at.e) ? e : NULL;
}

static const char *find_post(
	struct sim_world *w, const struct sim_daemon *d, const struct sim_post *p)
{
	const struct sim_entry *e = sim_find_post(w, d, p);

	if (!e)
		return fails(w, "post %llu of %s (%s %llu) is not at %s", (unsigned long long)p->id,
			w->daemons[p->origin].name, w->groups[p->group].name,
			(unsigned long long)p->at.n, d->name);
	if (!same_text(e->blob->bytes, p->blob->bytes))
		return fails(w, "post %llu was changed at %s", (unsigned long long)p->id, d->name);
	return NULL;
}

/* No daemon that is a member in the end: so it could not come back. */
static bool nobody_has(
	const struct sim_world *w, const struct fed_group *rec, const struct sim_post *p)
{
	for (unsigned d = 0; d < w->o.n_daemons; d++)
		if (fed_group_member(rec, &w->daemons[d].oid) &&
			sim_find_post(w, &w->daemons[d], p))
			return false;
	return true;
}

static const char *check_posts(struct sim_world *w)
{
	for (size_t i = 0; i < w->posts.n; i++) {
		const struct sim_post *p = vec_at(&w->posts, i);
		const struct sim_group *g = &w->groups[p->group];
		const struct fed_group *rec = fed_reg_group(w->daemons[g->owner].reg, &g->gid);

		if (is_cut(rec, w, p) || (p->put_back && nobody_has(w, rec, p)))
			continue;
		for (unsigned d = 0; d < w->o.n_daemons; d++) {
			const char *why = fed_group_member(rec, &w->daemons[d].oid)
						  ? find_post(w, &w->daemons[d], p)
						  : NULL;
			if (why)
				return why;
		}
	}
	return NULL;
}

/* ---- 3 ---- */

const char *sim_check(struct sim_world *w)
{
	const char *why = NULL;

	for (unsigned g = 0; !why && g < w->o.n_groups; g++) {
		const struct fed_group *rec =
			fed_reg_group(w->daemons[w->groups[g].owner].reg, &w->groups[g].gid);

		if (!rec)
			return fails(w, "the owner of %s has no record of it", w->groups[g].name);
		why = compare_members(w, &w->groups[g], rec);
	}
	if (!why)
		why = check_posts(w);
	if (!why && w->n.leaks > 0)
		why = fails(w, "%llu times something of a closed group went outside",
			(unsigned long long)w->n.leaks);
	return why;
}
