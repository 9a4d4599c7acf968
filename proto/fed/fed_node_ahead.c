/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What of our own feeds others have not got yet, by what they say themselves: their heads of our
 * feeds.  It is for the admin, nothing is decided by it; it is not kept over a restart.
 */
#include "proto/fed/fed_node_priv.h"

static struct fed_told *told_by(const struct fed_feed *f, const struct fed_oid *oid)
{
	for (size_t i = 0; i < f->told.n; i++) {
		struct fed_told *t = vec_at(&f->told, i);

		if (fed_oid_eq(&t->oid, oid))
			return t;
	}
	return NULL;
}

void node_note_told(
	struct fed_node *n, unsigned peer, struct fed_feed *f, const struct fed_holding *h)
{
	const struct fed_oid *oid = &n->peers[peer].oid;
	struct fed_told *t = told_by(f, oid);

	if (!fed_oid_eq(&f->name.oid, &n->o.self))
		return;
	if (!t) {
		t = vec_push(&f->told);
		t->oid = *oid;
	}
	t->high = h->high;
	t->n_beyond = fed_spans_count(&h->ahead);
}

static struct fed_lag *lag_of(const struct fed_node *n, const struct fed_oid *oid)
{
	for (size_t i = 0; i < n->lags.n; i++) {
		struct fed_lag *l = vec_at(&n->lags, i);

		if (fed_oid_eq(&l->oid, oid))
			return l;
	}
	return NULL;
}

void node_lag_begin(struct fed_node *n, const struct fed_oid *oid)
{
	if (!lag_of(n, oid))
		*(struct fed_lag *)vec_push(&n->lags) = (struct fed_lag){.oid = *oid};
}

/* Entries of the feed that this daemon may have and has not told of. */
static uint64_t missing(
	const struct fed_node *n, const struct fed_feed *f, const struct fed_oid *oid)
{
	const struct fed_told *t = told_by(f, oid);
	uint64_t has = t ? t->high : 0, begin;

	if (f->high < f->low || has >= f->high || !fed_reg_reads(n->o.reg, oid, &f->name.gid))
		return 0;
	begin = fed_reg_begin(n->o.reg, oid, &f->name.gid, &f->name.oid, f->name.epoch.n);
	if (begin < f->low)
		begin = f->low;
	if (has + 1 < begin)
		has = begin - 1;
	has += t ? t->n_beyond : 0;
	return f->high > has ? f->high - has : 0;
}

void node_lags_tick(struct fed_node *n)
{
	for (size_t i = 0; i < n->lags.n; i++)
		((struct fed_lag *)vec_at(&n->lags, i))->ahead = 0;
	list_each(&n->o.feeds->by_change, it)
	{
		const struct fed_feed *f = container_of(it, struct fed_feed, node);

		if (!fed_oid_eq(&f->name.oid, &n->o.self))
			continue;
		for (size_t i = 0; i < n->lags.n; i++) {
			struct fed_lag *l = vec_at(&n->lags, i);

			l->ahead += missing(n, f, &l->oid);
		}
	}
	for (size_t i = 0; i < n->lags.n; i++) {
		struct fed_lag *l = vec_at(&n->lags, i);

		if (l->ahead == 0)
			l->since_s = 0;
		else if (l->since_s == 0)
			l->since_s = n->steady_s > 0 ? n->steady_s : 1;
	}
}

bool fed_node_ahead(
	const struct fed_node *n, const struct fed_oid *oid, uint64_t *n_out, int64_t *seconds_out)
{
	const struct fed_lag *l = lag_of(n, oid);

	*n_out = l ? l->ahead : 0;
	*seconds_out = l && l->since_s > 0 ? n->steady_s - l->since_s : 0;
	return l != NULL;
}
