/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where feeds begin for this daemon: in a group with `history: join` it is given each from a place
 * on that the group's record names (docs/federation.md section 3.3).
 */
#include "proto/fed/fed_node_priv.h"

static uint64_t begin_of(const struct fed_node *n, const struct fed_feed_name *name)
{
	return fed_reg_begin(n->o.reg, &n->o.self, &name->gid, &name->oid, name->epoch.n);
}

struct fed_feed *node_feed_make(struct fed_node *n, const struct fed_feed_name *name)
{
	struct fed_feed *f = fed_feeds_get(n->o.feeds, name);
	uint64_t begin = begin_of(n, name);

	if (f)
		return f;
	f = fed_feeds_make(n->o.feeds, name);
	if (begin > 1 && begin < UINT64_MAX)
		fed_feed_begin(f, begin);
	return f;
}

/* All feeds of the group. */
static void feeds_of(const struct fed_node *n, const struct fed_gid *gid, struct vec *out)
{
	vec_init(out, sizeof(struct fed_feed *));
	list_each(&n->o.feeds->by_change, it)
	{
		struct fed_feed *f = container_of(it, struct fed_feed, node);

		if (fed_gid_eq(&f->name.gid, gid))
			*(struct fed_feed **)vec_push(out) = f;
	}
}

/*
 * Who was in the group before and is taken in again has the feeds up to where it was put out: what
 * was written meanwhile is not for it, so the feed begins anew behind that.  Whom a record took in
 * that is void since has begun where that one said: the one in force may say another place, before
 * that or behind it.
 */
void node_apply_begins(struct fed_node *n, const struct fed_group *g)
{
	struct vec feeds;

	if (!g->history_join || g->n_start == 0 || !fed_group_member(g, &n->o.self))
		return;
	feeds_of(n, &g->gid, &feeds);
	for (size_t i = 0; i < feeds.n; i++) {
		struct fed_feed *f = *(struct fed_feed **)vec_at(&feeds, i);
		uint64_t begin = begin_of(n, &f->name);

		if (begin == UINT64_MAX || begin == f->low || f->part || f->unproven)
			continue;
		if (f->want)
			fed_pull_drop(n->pull, f);
		fed_feed_begin(f, begin);
		fed_feeds_touch(n->o.feeds, f);
		n->o.outside->begin(n->o.arg, f, begin);
	}
	vec_fini(&feeds);
}

void fed_node_begun(struct fed_node *n, struct fed_feed *f, const struct fed_link *tip)
{
	if (tip->n <= f->high)
		return;
	fed_feed_close(f, tip);
	fed_feeds_touch(n->o.feeds, f);
	n->o.outside->news(n->o.arg);
}
