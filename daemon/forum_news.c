/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NEWNEWS: a walk along the log from the hour asked for, in slices, over groups that match and may
 * be read; an article in several of them is named once.  RFC 3977 section 7.4
 */
#include "daemon/forum_priv.h"

#include "proto/base/wildmat.h"

enum { NEWS_SLICE = 1000 }; /* entries of the log looked at in one go */

struct news_walk {
	struct db_forum *f;
	struct view *v;
	struct slice wildmat;
	int64_t since_at;
	uint64_t *place;
	forum_mid_fn fn;
	void *arg;
	unsigned n;
	int rc;
};

struct slice forum_fields_mid(struct slice fields)
{
	struct slice part = {NULL, 0};

	for (unsigned i = 0; i < 4; i++)
		if (!slice_split(&fields, '\t', &part))
			return (struct slice){NULL, 0};
	return part;
}

/* Is e the first of its article's places that is asked for and may be read? */
static int news_first(struct news_walk *w, const struct log_entry *e, struct row *r)
{
	struct group_rec g;
	int rc = view_row(w->v, e->group, e->num, true, r);

	for (unsigned i = 0; rc == 0 && i < r->n_places; i++) {
		rc = db_group_open(w->f, w->v, r->places[i].group, &g);
		if (rc == 0 && wildmat_match(w->wildmat, slice_str(g.name)))
			return r->places[i].group == e->group ? 0 : KERR_NOTFOUND;
		if (rc != KERR_WAIT)
			rc = 0;
	}
	return rc < 0 ? rc : KERR_NOTFOUND;
}

static bool news_on(void *arg, const struct log_entry *e)
{
	struct news_walk *w = arg;
	struct row r;
	bool more = true;

	if (e->kind == LOG_ARRIVED && e->at >= w->since_at) {
		int rc = news_first(w, e, &r);

		if (rc == 0)
			more = w->fn(w->arg, forum_fields_mid(r.overview));
		else if (rc == KERR_WAIT)
			w->rc = rc;
	}
	if (w->rc < 0 || !more)
		return false;
	*w->place = e->seq;
	if (++w->n == NEWS_SLICE)
		w->rc = KERR_WAIT;
	return w->rc == 0;
}

int db_newnews(struct forum *base, struct slice wildmat, int64_t since_at, uint64_t *place,
	forum_mid_fn fn, void *arg)
{
	struct news_walk w = {.f = db_forum(base),
		.wildmat = wildmat,
		.since_at = since_at,
		.place = place,
		.fn = fn,
		.arg = arg};
	int rc = view_open(w.f->env->store, &w.v);

	if (rc < 0)
		return rc;
	if (*place == 0)
		rc = view_log_since(w.v, since_at, place);
	if (rc == 0)
		rc = view_log(w.v, *place, news_on, &w);
	view_close(w.v);
	return rc < 0 ? rc : w.rc;
}
