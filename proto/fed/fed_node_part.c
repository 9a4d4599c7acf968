/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Chains that were taken apart.  The entries of a feed stay where the store has them when it turns
 * out that its origin signed two continuations: what comes after the common part has the name of a
 * branch from then on, told and asked for by that name, and is the same feed in the store (the
 * `stored` name of several).  So no entry moves, whichever of the continuations came first.
 *
 * Which parts there are follows from the entries alone: a feed is apart where a branch in the store
 * follows an entry of it.  Nothing else is written down.
 */
#include <stdlib.h>

#include "proto/fed/fed_node_priv.h"

int node_link(struct fed_node *n, const struct fed_feed *f, uint64_t num, struct fed_link *out)
{
	const struct fed_link *l = fed_feed_link(f, num);

	if (l) {
		*out = *l;
		return 0;
	}
	return fed_feed_has(f, num) ? n->o.outside->link(n->o.arg, f, num, out) : KERR_NOTFOUND;
}

int node_known(struct fed_node *n, const struct fed_feed *f, uint64_t num, struct fed_link *out)
{
	int rc = node_link(n, f, num, out);
	struct fed_link next;

	if (rc != KERR_NOTFOUND || num < f->low)
		return rc;
	*out = (struct fed_link){.n = num};
	rc = node_link(n, f, num + 1, &next);
	if (rc == 0 && next.p.s[0] == '\0')
		rc = KERR_NOTFOUND;
	if (rc == 0)
		out->e = next.p;
	return rc;
}

static struct fed_feed *feed_at(struct list *it)
{
	return container_of(it, struct fed_feed, node);
}

struct fed_feed *node_next_part(
	const struct fed_node *n, const struct fed_feed_name *name, const struct fed_feed *last)
{
	struct list *head = &n->o.feeds->by_change;

	for (struct list *it = last ? last->node.next : head->next; it != head; it = it->next)
		if (fed_feed_same_epoch(&feed_at(it)->name, name))
			return feed_at(it);
	return NULL;
}

static bool same_store(const struct fed_feed *a, const struct fed_feed *b)
{
	return fed_epoch_cmp(&a->stored.epoch, &b->stored.epoch) == 0;
}

struct fed_feed *node_part_of(struct fed_node *n, struct fed_feed *f, uint64_t num)
{
	if (!f->part || (num >= f->low && num <= f->end))
		return f;
	for (struct fed_feed *p = NULL; (p = node_next_part(n, &f->name, p)) != NULL;)
		if (p->part && same_store(p, f) && num >= p->low && num <= p->end)
			return p;
	return f;
}

/* What lies right behind `high` is no gap any more. */
static void close_gap(struct fed_node *n, struct fed_feed *f, const struct fed_link *known)
{
	uint64_t run = fed_feed_run(f);
	struct fed_link l;

	if (run == f->high)
		return;
	if (known && known->n == run)
		l = *known;
	else if (n->o.outside->link(n->o.arg, f, run, &l) < 0)
		return;
	fed_feed_close(f, &l);
}

void node_part_stored(struct fed_node *n, struct fed_feed *f, uint64_t num,
	const struct fed_link *known, bool stub)
{
	fed_feed_unpend(f, num);
	fed_feed_content(f, num, !stub);
	if (!fed_feed_has(f, num))
		fed_spans_add(&f->ahead, num, num);
	close_gap(n, f, known);
	fed_feeds_touch(n->o.feeds, f);
}

static void part_cut(struct fed_node *n, struct fed_feed *f)
{
	struct fed_link l = {.n = f->low - 1, .e = fed_hash_none};

	fed_spans_take(&f->ahead, f->end == UINT64_MAX ? f->end : f->end + 1, UINT64_MAX);
	if (f->high <= f->end)
		return;
	if (f->end >= f->low && n->o.outside->link(n->o.arg, f, f->end, &l) < 0)
		l.n = f->low - 1;
	f->high = l.n;
	f->tip = l;
}

void node_parts_cut(struct fed_node *n, struct fed_feed *f)
{
	struct vec parts;

	vec_init(&parts, sizeof(struct fed_feed *));
	for (struct fed_feed *p = NULL; (p = node_next_part(n, &f->name, p)) != NULL;)
		if (p->part && same_store(p, f))
			*(struct fed_feed **)vec_push(&parts) = p;
	for (size_t i = 0; i < parts.n; i++) {
		struct fed_feed *p = *(struct fed_feed **)vec_at(&parts, i);

		if (p->want)
			fed_pull_drop(n->pull, p);
		part_cut(n, p);
		fed_feeds_touch(n->o.feeds, p);
	}
	vec_fini(&parts);
}

/* ---- taking apart ---- */

/* What is on its way to the disk belongs to the new part from `num` on. */
static void move_ways(struct fed_node *n, struct fed_feed *from, struct fed_feed *to)
{
	list_each(&n->on_the_way, it)
	{
		struct on_the_way *w = container_of(it, struct on_the_way, node);

		if (w->feed == from && w->n >= to->low)
			w->feed = to;
	}
}

void node_split(struct fed_node *n, struct fed_feed *f, uint64_t num, const struct fed_link *ours)
{
	struct fed_link before;
	struct fed_feed_name name = f->name;
	struct fed_feed *to;

	if (num == f->low || node_link(n, f, num - 1, &before) < 0)
		before = (struct fed_link){.n = num - 1, .e = ours->p};
	fed_branch_of(f->name.epoch.n, &ours->e, &name.epoch);
	to = fed_feeds_get(n->o.feeds, &name);
	if (to && (!to->unproven || to == f))
		return; /* apart already */
	if (to && to->want)
		fed_pull_drop(n->pull, to);
	if (f->want)
		fed_pull_drop(n->pull, f);
	to = fed_feeds_split(n->o.feeds, f, num, &name, &before);
	move_ways(n, f, to);
	close_gap(n, to, NULL);
}

/* ---- after a start ---- */

/* Where does this branch leave another part?  NULL: nowhere that is known. */
static struct fed_feed *parent_of(
	struct fed_node *n, const struct fed_feed *branch, const struct fed_link *first)
{
	struct fed_link l;

	for (struct fed_feed *p = NULL; (p = node_next_part(n, &branch->name, p)) != NULL;) {
		bool plain = p->name.epoch.branch[0] == '\0';

		if (p == branch || p->low > first->n || (p->low == first->n && !plain))
			continue;
		if (first->p.s[0] == '\0' && first->n - 1 <= p->end &&
			fed_feed_has(p, first->n - 1))
			return p; /* the first entry is lost */
		if (first->n == 1 ? plain
				  : node_link(n, p, first->n - 1, &l) == 0 &&
					    fed_hash_eq(&l.e, &first->p))
			return p;
	}
	return NULL;
}

bool node_part_attach(struct fed_node *n, struct fed_feed *branch)
{
	struct fed_link first = {.n = 0}, ours;
	struct fed_feed *parent;

	if (node_known(n, branch, branch->low, &first) < 0)
		return false;
	parent = parent_of(n, branch, &first);
	if (!parent || parent->end < first.n)
		return false;
	if (node_known(n, parent, first.n, &ours) == 0) {
		node_split(n, parent, first.n, &ours);
		return parent->end < first.n;
	}
	if (parent->high < first.n && fed_spans_n(&parent->ahead) == 0) {
		parent->end = first.n - 1;
		parent->forked = true;
	}
	return false;
}

static int by_low(const void *a, const void *b)
{
	const struct fed_feed *const *x = a, *const *y = b;

	return (*x)->low < (*y)->low ? -1 : (*x)->low > (*y)->low;
}

void node_branches(struct fed_node *n, const struct fed_feed_name *of, struct vec *out)
{
	vec_init(out, sizeof(struct fed_feed *));
	list_each(&n->o.feeds->by_change, it)
	{
		struct fed_feed *f = feed_at(it);

		if (f->name.epoch.branch[0] != '\0' && !f->unproven &&
			(!of || fed_feed_same_epoch(&f->name, of)) &&
			(fed_feed_has(f, f->low) || fed_feed_has(f, f->low + 1)))
			*(struct fed_feed **)vec_push(out) = f;
	}
	if (out->n > 1)
		qsort(out->data, out->n, sizeof(struct fed_feed *), by_low);
}

void node_loosen(struct fed_node *n, const struct fed_feed_name *of)
{
	struct fed_feed_name plain = *of;

	plain.epoch.branch[0] = '\0';
	(void)node_feed_make(n, &plain); /* a disk that was put back may have the branch alone */
	for (struct fed_feed *p = NULL; (p = node_next_part(n, of, p)) != NULL;)
		p->loose = true;
}

void node_parts_start(struct fed_node *n)
{
	struct vec all;

	node_branches(n, NULL, &all);
	for (size_t i = 0; i < all.n; i++) {
		struct fed_feed *b = *(struct fed_feed **)vec_at(&all, i);

		(void)node_part_attach(n, b);
		node_loosen(n, &b->name);
	}
	vec_fini(&all);
}
