/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An article that was lost and came again.  It gets back what is its alone on this daemon: its
 * Path, which nobody signed, and its structure with the head that it was shown with.  An article
 * that has a UID never changes (RFC 3501 section 2.3.1.1).
 */
#include "daemon/fed_mend.h"

#include "daemon/mail.h"
#include "proto/base/mem.h"
#include "proto/msg/article.h"

enum { OVERVIEW_MAX = 32 * 1024, HEAD_MAX = 4096 };

/* What is known here of what was lost. */
struct was {
	struct entry_rec e; /* slices are not valid */
	struct row row;     /* likewise */
	bool has_row;
	struct buf path, head; /* Path of then; text that stood in front for mail programs */
};

static void was_fini(struct was *w)
{
	buf_fini(&w->path);
	buf_fini(&w->head);
}

static int find_entry(struct view *v, const struct fed_take *t, struct entry_rec *out)
{
	char name[FED_FEED_NAME_LEN];
	struct feed_rec feed;
	int rc;

	fed_feed_name_text(&t->feed->stored, name);
	rc = view_feed_named(v, slice_str(name), &feed);
	if (rc == 0)
		rc = view_entry(v, feed.id, t->link.n, out);
	/* with a damaged row nothing is known of what it was: the entry comes anew */
	return rc == KERR_DAMAGED || (rc == 0 && !entry_is_lost(out)) ? KERR_NOTFOUND : rc;
}

static void find_row(struct view *v, struct was *w)
{
	const struct place *p = &w->e.place;

	w->has_row = p->group != 0 && view_row(v, p->group, p->num, false, &w->row) == 0 &&
		     w->row.content == w->e.content;
	if (w->has_row && w->row.head != 0 && view_head(v, w->row.head, &w->head) < 0)
		buf_reset(&w->head);
}

static int look(struct fed *f, const struct fed_take *t, struct was *w)
{
	struct view *v;
	int rc = view_open(f->d->store, &v);

	if (rc < 0)
		return rc;
	rc = find_entry(v, t, &w->e);
	if (rc == 0) {
		find_row(v, w);
		if (w->e.path != 0 && view_head(v, w->e.path, &w->path) < 0)
			buf_reset(&w->path);
	}
	view_close(v);
	return rc;
}

/* A row that is gone too gets the head of today. */
static struct store_head head_of(struct fed *f, const struct fed_take *t, struct buf *room)
{
	struct group_rec g;
	struct view *v;
	int rc = t->group ? view_open(f->d->store, &v) : KERR_NOTFOUND;

	if (rc == 0) {
		rc = view_group_named(v, 0, t->group->group, &g);
		view_close(v);
	}
	if (rc < 0)
		return (struct store_head){.text = lit("")};
	mail_head_make(f->name, g.name, false, room);
	return (struct store_head){
		.text = buf_slice(room), .bytes = mail_head_len(buf_slice(room), t->mid)};
}

/* The article with the Path that it had; fed_entry_store has put Path in front. */
static void put_path(const struct article *a, struct slice path, struct buf *out)
{
	struct slice now = a->value[ART_PATH];
	size_t end = now.p ? (size_t)(now.p + now.len - a->bytes.p) : 0;
	struct slice rest = slice_from(a->bytes, end);

	if (path.len == 0 || !slice_starts(a->bytes, lit("Path: ")) ||
		!slice_starts(rest, lit("\r\n"))) {
		buf_add(out, a->bytes);
		return;
	}
	buf_add(out, lit("Path: "));
	buf_add(out, path);
	buf_add(out, rest);
}

static void make_structure(
	const struct was *w, const struct fed_take *t, struct slice article, struct buf *out)
{
	struct buf whole;

	if (!w->has_row || !w->row.head_shapes) {
		mail_structure_make(out, article);
		return;
	}
	buf_init(&whole, HEAD_MAX + w->head.len + article.len);
	buf_add(&whole, buf_slice(&w->head));
	mail_head_end(t->mid, &whole);
	buf_add(&whole, article);
	mail_structure_make(out, buf_slice(&whole));
	buf_fini(&whole);
}

static int store(struct fed *f, const struct fed_take *t, const struct was *w, struct article *a,
	const struct store_call *call)
{
	struct buf over, structure, head;
	int rc;

	buf_init(&over, OVERVIEW_MAX);
	buf_init(&structure, STORE_STRUCTURE_MAX);
	buf_init(&head, HEAD_MAX);
	article_add_over(&over, a);
	make_structure(w, t, a->bytes, &structure);
	rc = store_mend(f->d->store,
		&(struct store_mend){.feed = w->e.feed,
			.n = w->e.n,
			.content = w->e.content,
			.hash = w->e.hash,
			.article = a->bytes,
			.overview = buf_slice(&over),
			.structure = structure.bad || w->e.place.group == 0 ? lit("")
									    : buf_slice(&structure),
			.lines = (uint32_t)a->n_lines,
			.arrived_at = (int64_t)t->link.t,
			.head = head_of(f, t, &head)},
		call);
	buf_fini(&over);
	buf_fini(&structure);
	buf_fini(&head);
	return rc;
}

/* In the bytes that it had. */
static int restore(
	struct fed *f, const struct fed_take *t, const struct was *w, const struct store_call *call)
{
	static const struct msg_limits none = {0};
	struct article came = {0}, a = {0};
	struct buf text;
	int rc = article_parse(&came, t->article, &none);

	if (rc < 0)
		return rc;
	buf_init(&text, t->article.len + STORE_PATH_MAX + HEAD_MAX);
	put_path(&came, buf_slice(&w->path), &text);
	rc = article_parse(&a, buf_slice(&text), &none);
	if (rc == 0)
		rc = article_check_body(&a, &none); /* it counts the lines */
	if (rc == 0)
		rc = store(f, t, w, &a, call);
	buf_fini(&text);
	return rc;
}

int fed_mend(struct fed *f, const struct fed_take *t, const struct store_call *call)
{
	struct was w = {.has_row = false};
	int rc;

	buf_init(&w.path, STORE_PATH_MAX);
	buf_init(&w.head, HEAD_MAX);
	rc = look(f, t, &w);
	if (rc == 0)
		rc = restore(f, t, &w, call);
	was_fini(&w);
	return rc;
}
