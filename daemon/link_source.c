/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log is walked on one view.  Cheap questions come first (kind, groups); only what passes them
 * has its head read, for Path and Message-ID.
 */
#include "daemon/link_source.h"

#include "daemon/fed_posting.h"
#include "proto/base/log.h"
#include "proto/base/wildmat.h"
#include "proto/fed/fed_sign.h"
#include "proto/msg/article.h"
#include "proto/msg/fields.h"

enum { HEAD_CHUNKS = 2 }; /* chunks of an article that surely hold its head */

struct walk {
	struct view *v;
	const struct peer_rec *peer;
	struct fed *fed;
	struct feeder_item *out;
	struct buf head;
	uint64_t scanned;
	unsigned n_scanned;
	int rc; /* KERR_NOTFOUND: still looking */
};

/* ---- scope ---- */

/* Of what municipalities share, other news servers get what its owner says.  federation.md, 11 */
static bool takes_group(const struct walk *w, const char *name)
{
	return wildmat_match(slice_str(w->peer->groups), slice_str(name)) &&
	       fed_plans_outward(w->fed, slice_str(name));
}

/* 0 when one of the row's places is a shared group that the peer takes. */
static int places_match(struct walk *w, const struct row *r)
{
	for (unsigned i = 0; i < r->n_places; i++) {
		struct group_rec g;
		int rc = view_group(w->v, r->places[i].group, &g);

		if (rc == 0 && g.owner == 0 && takes_group(w, g.name))
			return 0;
		if (rc < 0 && rc != KERR_NOTFOUND)
			return rc;
	}
	return KERR_NOTFOUND;
}

/* The same for a control article, which stands in no group: by the names in Newsgroups. */
static int names_match(struct walk *w, struct slice names)
{
	struct slice name;

	while (newsgroups_next(&names, &name)) {
		struct group_rec g;

		if (!group_name_valid(name))
			continue;
		int rc = view_group_named(w->v, 0, name, &g);
		if (rc == 0 && takes_group(w, g.name))
			return 0;
		if (rc < 0 && rc != KERR_NOTFOUND)
			return rc;
	}
	return KERR_NOTFOUND;
}

/* ---- entries ---- */

/* KERR_NOTFOUND: it is gone (taken out, erased). */
static int read_head(struct walk *w, uint64_t content, struct article *a)
{
	static const struct msg_limits none = {0};
	int rc = 0;

	buf_reset(&w->head);
	for (uint32_t i = 0; rc == 0 && i < HEAD_CHUNKS; i++)
		rc = view_content(w->v, content, i, &w->head);
	if (rc < 0 && (rc != KERR_NOTFOUND || w->head.len == 0))
		return rc;
	return article_parse(a, buf_slice(&w->head), &none);
}

/* Control entries of kokods go to kokods only.  federation.md, 8 */
static bool is_among_daemons(const struct article *a)
{
	struct slice rest = slice_trim(a->value[ART_CONTROL]), word;

	return slice_word(&rest, &word) && slice_eq(word, lit("kokod"));
}

/* 0: the peer is to get it; KERR_NOTFOUND: not; else an error. */
static int judge(struct walk *w, const struct log_entry *e)
{
	struct article a = {0};
	struct row row;
	int rc = 0;

	if (!e->first || (e->kind != LOG_ARRIVED && e->kind != LOG_CONTROL))
		return KERR_NOTFOUND;
	if (e->kind == LOG_ARRIVED) {
		rc = view_row(w->v, e->group, e->num, false, &row);
		if (rc == 0)
			rc = places_match(w, &row);
	}
	if (rc == 0)
		rc = read_head(w, e->content, &a);
	if (rc == 0 && e->kind == LOG_CONTROL)
		rc = is_among_daemons(&a) ? KERR_NOTFOUND : names_match(w, a.value[ART_NEWSGROUPS]);
	if (rc < 0)
		return rc;
	if (path_has(a.value[ART_PATH], slice_str(w->peer->name)) ||
		!slice_cstr(a.value[ART_MESSAGE_ID], w->out->mid, sizeof w->out->mid))
		return KERR_NOTFOUND;
	w->out->seq = e->seq;
	w->out->content = e->content;
	return 0;
}

/* A damaged article stops nobody else: it is told and passed over. */
static bool on_entry(void *arg, const struct log_entry *e)
{
	struct walk *w = arg;

	w->rc = judge(w, e);
	if (w->rc == KERR_DAMAGED || w->rc == KERR_INVALID || w->rc == KERR_TOOBIG) {
		log_error("link.skip", "peer=%s seq=%llu content=%llu why=%s", w->peer->name,
			(unsigned long long)e->seq, (unsigned long long)e->content,
			kerr_name(w->rc));
		w->rc = KERR_NOTFOUND;
	}
	if (w->rc == 0 || w->rc == KERR_NOTFOUND)
		w->scanned = e->seq;
	return w->rc == KERR_NOTFOUND && ++w->n_scanned < LINK_SCAN_MAX;
}

int link_source_next(const struct link_source *s, const struct peer_rec *p, uint64_t after,
	struct feeder_item *out, uint64_t *scanned_out, bool *more_out)
{
	struct walk w = {
		.peer = p, .fed = s->fed, .out = out, .scanned = after, .rc = KERR_NOTFOUND};
	int rc = view_open(s->store, &w.v);

	*more_out = false;
	*scanned_out = after;
	if (rc < 0)
		return rc;
	buf_init(&w.head, (size_t)HEAD_CHUNKS * STORE_CHUNK);
	rc = view_log(w.v, after, on_entry, &w);
	buf_fini(&w.head);
	view_close(w.v);
	*scanned_out = w.scanned;
	*more_out = w.n_scanned >= LINK_SCAN_MAX;
	return rc < 0 ? rc : w.rc;
}

/* An entry is signed: what says so stands in front, so that a kokod behind the peer can tell. */
static int add_signature(struct view *v, const char *mid, struct buf *out)
{
	struct entry_rec e;
	struct fed_sign s;
	const char *why;
	int rc = view_entry_of(v, slice_str(mid), &e);

	if (rc == 0 && fed_sign_parse(e.sign, &s, &why))
		fed_sign_add_field(out, &s);
	return rc == KERR_NOTFOUND ? 0 : rc;
}

int link_source_read(const struct link_source *s, const struct feeder_item *item, struct buf *out)
{
	struct view *v;
	int rc = view_open(s->store, &v);

	if (rc < 0)
		return rc;
	rc = add_signature(v, item->mid, out);
	if (rc == 0)
		rc = view_content_all(v, item->content, out);
	view_close(v);
	return rc;
}
