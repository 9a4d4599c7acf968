/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where feeds end: the cuts of the group's record, drawn through what is here.  A line that was
 * drawn is never taken back (where nothing was, none is drawn), so what counts must be the same at
 * all who draw it, in whatever order they heard of the records.  docs/federation.md section 3.3
 */
#include "proto/fed/fed_node_priv.h"

/*
 * An epoch with a cut ends there, at the first of several.  Behind the furthest cut of its origin
 * nothing counts, unless the origin is in the group still, or again: then each entry is judged by
 * the record it names.
 */
uint64_t node_feed_end(const struct fed_group *g, const struct fed_feed_name *name)
{
	bool in = !g->closed || fed_group_member(g, &name->oid), behind = false, before = false;
	uint64_t end = UINT64_MAX;

	for (size_t i = 0; i < g->n_cut; i++) {
		const struct fed_cut *c = &g->cut[i];

		if (!fed_oid_eq(&c->oid, &name->oid))
			continue;
		behind = behind || name->epoch.n > c->at.epoch;
		before = before || name->epoch.n <= c->at.epoch;
		if (name->epoch.n == c->at.epoch && c->at.n < end)
			end = c->at.n;
	}
	return behind && !before && !in ? 0 : end;
}

/* The first entry that is here, or on its way to the disk.  False: there is none. */
static bool first_of(struct fed_node *n, const struct fed_feed *f, struct fed_link *out)
{
	uint64_t num = f->high >= f->low ? f->low : fed_spans_next(&f->ahead, f->low);

	for (size_t i = 0; i < f->pending.n; i++) {
		const struct fed_link *l = vec_at(&f->pending, i);

		num = l->n < num ? l->n : num;
	}
	return num != UINT64_MAX && node_link(n, f, num, out) == 0;
}

/*
 * Was it written in ignorance of a cut that lies before its epoch?  Then it is void, and so are all
 * behind it: it is the first, so it tells of the whole epoch.
 */
static bool is_ignorant(struct fed_node *n, const struct fed_group *g,
	const struct fed_feed_name *name, const struct fed_link *first)
{
	const struct fed_group *at_r = fed_reg_group_at(n->o.reg, &name->gid, first->r);

	for (size_t i = 0; at_r && i < g->n_cut; i++)
		if (fed_oid_eq(&g->cut[i].oid, &name->oid) && g->cut[i].at.epoch < name->epoch.n &&
			!fed_group_has_cut(at_r, &g->cut[i]))
			return true;
	return false;
}

/* The last entry up to `num` that is here; 0: none. */
static uint64_t last_of(const struct fed_feed *f, uint64_t num)
{
	for (size_t i = fed_spans_n(&f->ahead); i-- > 0;) {
		const struct fed_span *s = fed_spans_at(&f->ahead, i);

		if (s->from <= num)
			return s->to < num ? s->to : num;
	}
	num = f->high < num ? f->high : num;
	return num >= f->low ? num : 0;
}

/*
 * The end as the records that the entries name have it: their serial may have been another record's
 * when they were taken, by which the origin was in the group.  Those are the last of a feed; behind
 * them may lie some that name a serial which the chain does not reach any more.
 */
static uint64_t end_by_membership(
	struct fed_node *n, const struct fed_group *g, const struct fed_feed *f, uint64_t end)
{
	uint64_t num = last_of(f, end);
	struct fed_link l;

	for (; g->closed && num > 0 && node_link(n, f, num, &l) == 0; num = last_of(f, num - 1)) {
		const struct fed_group *at_r = fed_reg_group_at(n->o.reg, &g->gid, l.r);

		if (at_r && fed_group_member(at_r, &f->name.oid))
			break;
		if (at_r)
			end = num - 1;
	}
	return end;
}

uint64_t node_end_of(struct fed_node *n, const struct fed_group *g, const struct fed_feed *f,
	const struct fed_link *first)
{
	struct fed_link l;

	if (!first && first_of(n, f, &l))
		first = &l;
	if (first && is_ignorant(n, g, &f->name, first))
		return 0;
	return end_by_membership(n, g, f, node_feed_end(g, &f->name));
}

/*
 * An epoch ends with the entry that the cut names: another one there is behind it, and makes way
 * for a branch with that one.
 */
static uint64_t make_way(
	struct fed_node *n, const struct fed_group *g, struct fed_feed *f, uint64_t end)
{
	struct fed_link l;

	for (size_t i = 0; i < g->n_cut && end != UINT64_MAX && end >= f->low; i++) {
		const struct fed_cut *c = &g->cut[i];

		if (fed_oid_eq(&c->oid, &f->name.oid) && c->at.epoch == f->name.epoch.n &&
			c->at.n == end && node_link(n, f, end, &l) == 0 &&
			!fed_hash_eq(&l.e, &c->at.e)) {
			node_split(n, f, end, &l);
			return end - 1;
		}
	}
	return end;
}

static void cut_feed(struct fed_node *n, struct fed_feed *f, uint64_t end)
{
	if (end == f->end)
		return;
	if (end > f->end && (f->drawn || f->forked)) {
		/* it was cut before the entry that counts, for it had another one there */
		f->forked = f->forked || end < UINT64_MAX;
		return;
	}
	f->end = end;
	if (end == UINT64_MAX ||
		(f->high <= end && fed_spans_n(&f->ahead) == 0 && f->pending.n == 0))
		return;
	f->drawn = true;
	n->o.outside->cut(n->o.arg, f, end);
}

void node_apply_cuts(struct fed_node *n, const struct fed_group *g)
{
	struct vec feeds;

	vec_init(&feeds, sizeof(struct fed_feed *));
	list_each(&n->o.feeds->by_change, it)
	{
		struct fed_feed *f = container_of(it, struct fed_feed, node);

		if (fed_gid_eq(&f->name.gid, &g->gid))
			*(struct fed_feed **)vec_push(&feeds) = f;
	}
	for (size_t i = 0; i < feeds.n; i++) {
		struct fed_feed *f = *(struct fed_feed **)vec_at(&feeds, i), *part;
		uint64_t end = make_way(n, g, f, node_end_of(n, g, f, NULL));

		if (end != UINT64_MAX && (part = node_part_of(n, f, end + 1)) != f)
			cut_feed(n, part, end);
		cut_feed(n, f, end);
	}
	vec_fini(&feeds);
}
