/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of people, which daemons tell by control entries: what each one takes for the last of each
 * origin is known in memory alone, and after a start by looking at the entries again.
 */
#include <stdio.h>

#include "proto/base/mem.h"
#include "proto/fed/fed_control.h"
#include "proto/fed/fed_people.h"
#include "tests/sim/sim_priv.h"

static struct fed_pos *list_at(const struct sim_daemon *d, unsigned group, unsigned origin)
{
	return &d->lists[group * d->w->o.n_daemons + origin];
}

void sim_lists_begin(struct sim_daemon *d)
{
	free(d->lists);
	d->lists = mem_array((size_t)d->w->o.n_groups * d->w->o.n_daemons, sizeof *d->lists);
}

static bool find(
	const struct sim_daemon *d, const struct fed_sign *s, unsigned *group, unsigned *origin)
{
	const struct sim_world *w = d->w;

	for (*group = 0; *group < w->o.n_groups; ++*group)
		if (fed_gid_eq(&w->groups[*group].gid, &s->g))
			break;
	for (*origin = 0; *origin < w->o.n_daemons; ++*origin)
		if (fed_oid_eq(&w->daemons[*origin].oid, &s->o))
			break;
	return *group < w->o.n_groups && *origin < w->o.n_daemons;
}

void sim_lists_heard(void *arg, const struct fed_feed *f, const struct fed_sign *s,
	const struct fed_control *c, struct slice body)
{
	struct sim_daemon *d = arg;
	const struct fed_people p = fed_people_of(s, body);
	unsigned group, origin;

	(void)f;
	if (c->kind != FED_CTL_MEMBERS || !find(d, s, &group, &origin))
		return;
	struct fed_pos *last = list_at(d, group, origin);
	if (last->n == 0 || fed_people_replaces(&p.at, last))
		*last = p.at;
}

static bool is_list(const struct sim_entry *e)
{
	struct slice field = lit("\r\nControl: kokod members\r\n");

	return e->blob && e->sign.y == FED_CONTROL &&
	       slice_find(e->blob->bytes, field) < e->blob->bytes.len;
}

/* ---- after a start ---- */

static void again(void *arg, struct slice key, void *value)
{
	struct sim_daemon *d = arg;
	const struct sim_feed *sf = value;
	struct fed_feed_name name;
	struct fed_feed *f =
		fed_feed_name_parse(key, &name) ? fed_feeds_get(&d->feeds, &name) : NULL;

	for (size_t i = 0; f && i < sf->entries.n; i++) {
		const struct sim_entry *e = vec_at(&sf->entries, i);

		if (is_list(e))
			(void)!fed_node_control_again(d->node, f, e->link.n);
	}
}

void sim_lists_again(struct sim_daemon *d)
{
	map_each(d->disk.feeds, again, d);
}

/* ---- the end ---- */

struct best {
	const struct fed_oid *oid;
	const struct fed_gid *gid;
	struct fed_pos at;
};

static void best_in(void *arg, struct slice key, void *value)
{
	struct best *b = arg;
	const struct sim_feed *sf = value;

	(void)key;
	for (size_t i = 0; i < sf->entries.n; i++) {
		const struct sim_entry *e = vec_at(&sf->entries, i);
		struct fed_pos at = {e->sign.e, e->link.n, e->link.e};

		if (is_list(e) && fed_oid_eq(&e->sign.o, b->oid) &&
			fed_gid_eq(&e->sign.g, b->gid) &&
			(b->at.n == 0 || fed_people_replaces(&at, &b->at)))
			b->at = at;
	}
}

/* What a cut has made void may be known still: it is not asked here. */
static bool was_cut(const struct fed_group *rec, const struct fed_oid *oid)
{
	for (size_t i = 0; i < rec->n_cut; i++)
		if (fed_oid_eq(&rec->cut[i].oid, oid))
			return true;
	return false;
}

bool sim_lists_hold(struct sim_world *w, const struct sim_daemon *d)
{
	for (unsigned g = 0; g < w->o.n_groups; g++) {
		const struct fed_group *rec = fed_reg_group(d->reg, &w->groups[g].gid);

		for (unsigned o = 0; rec && o < w->o.n_daemons; o++) {
			struct best b = {&w->daemons[o].oid, &w->groups[g].gid, {.n = 0}};
			const struct fed_pos *has = list_at(d, g, o);

			if (was_cut(rec, b.oid))
				continue;
			map_each(d->disk.feeds, best_in, &b);
			if (b.at.n > 0 && (has->n != b.at.n || !fed_hash_eq(&has->e, &b.at.e)))
				return false;
		}
	}
	return true;
}
