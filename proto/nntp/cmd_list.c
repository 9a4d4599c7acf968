/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LIST and its variants.  Lists of groups walk in name order and go on behind the last name after
 * each stop.  RFC 3977 section 7.6, 8.4, 8.6; RFC 6048
 */
#include "proto/base/wildmat.h"
#include "proto/nntp/nntp_over.h"
#include "proto/nntp/nntp_session.h"

struct walk {
	struct nntp_session *s;
	struct slice wildmat; /* p is NULL: all */
	void (*add)(struct nntp_session *s, const struct forum_group *g);
	int64_t since_at;
};

static bool group_on(void *arg, const struct forum_group *g)
{
	struct walk *w = arg;
	struct nntp_session *s = w->s;

	if (nntp_full(s))
		return false;
	memcpy(s->cur.after, g->name, sizeof g->name);
	if (w->wildmat.p && !nntp_match(s, w->wildmat, slice_str(g->name)))
		return true;
	if (g->created_at >= w->since_at)
		w->add(s, g);
	return true;
}

static bool any_on(void *arg, const struct forum_group *g)
{
	(void)g;
	*(bool *)arg = true;
	return false;
}

int nntp_ask_groups(struct nntp_session *s)
{
	bool any = forum_has_login(s->forum);
	int rc = any ? 0 : forum_groups(s->forum, lit(""), any_on, &any);

	return rc < 0 || any ? rc : KERR_LOGIN;
}

static enum cmd_step walk(struct walk *w, struct slice status)
{
	struct nntp_session *s = w->s;
	int rc;

	if (!s->cur.begun) {
		rc = nntp_ask_groups(s);
		if (rc < 0)
			return nntp_fail(s, rc, lit("403 internal fault"));
		nntp_say(s, status);
		s->cur.begun = true;
	}
	rc = forum_groups(s->forum, slice_str(s->cur.after), group_on, w);
	return nntp_list_end(s, rc, status);
}

static enum cmd_step list(struct nntp_session *s, const struct nntp_args *a,
	void (*add)(struct nntp_session *s, const struct forum_group *g))
{
	struct walk w = {.s = s, .add = add};

	if (a->n > 0)
		w.wildmat = a->v[0];
	if (a->n > 0 && !wildmat_valid(w.wildmat))
		return nntp_done(s, lit("501 this is no wildmat"));
	return walk(&w, lit("215 list follows"));
}

/* Titles may hold anything that UTF-8 has; a list has no room for control bytes. */
static void add_line_text(struct buf *b, const char *text)
{
	for (; *text; text++) {
		bool bad = (unsigned char)*text < 0x20 || *text == 0x7f;

		buf_add(b, bad ? lit(" ") : slice_of(text, 1));
	}
}

static void add_active(struct nntp_session *s, const struct forum_group *g)
{
	nntp_sayf(s, "%s %u %u %c", g->name, g->high, g->low, g->status);
}

static void add_counts(struct nntp_session *s, const struct forum_group *g)
{
	nntp_sayf(s, "%s %u %u %u %c", g->name, g->high, g->low, g->count, g->status);
}

static void add_times(struct nntp_session *s, const struct forum_group *g)
{
	buf_addf(&s->talk.out, "%s %lld ", g->name, (long long)g->created_at);
	add_line_text(&s->talk.out, g->creator[0] ? g->creator : forum_host(s->forum));
	buf_add(&s->talk.out, lit("\r\n"));
}

static void add_title(struct nntp_session *s, const struct forum_group *g)
{
	buf_addz(&s->talk.out, g->name);
	buf_addc(&s->talk.out, '\t');
	add_line_text(&s->talk.out, g->title);
	buf_add(&s->talk.out, lit("\r\n"));
}

enum cmd_step nntp_cmd_list_active(struct nntp_session *s, const struct nntp_args *a)
{
	return list(s, a, add_active);
}

enum cmd_step nntp_cmd_list_counts(struct nntp_session *s, const struct nntp_args *a)
{
	return list(s, a, add_counts);
}

enum cmd_step nntp_cmd_list_times(struct nntp_session *s, const struct nntp_args *a)
{
	return list(s, a, add_times);
}

enum cmd_step nntp_cmd_list_newsgroups(struct nntp_session *s, const struct nntp_args *a)
{
	return list(s, a, add_title);
}

enum cmd_step nntp_list_new(struct nntp_session *s, int64_t since_at)
{
	struct walk w = {.s = s, .add = add_active, .since_at = since_at};

	return walk(&w, lit("231 new newsgroups follow"));
}

enum cmd_step nntp_cmd_list_overview_fmt(struct nntp_session *s, const struct nntp_args *a)
{
	(void)a;
	nntp_say(s, lit("215 fields follow"));
	nntp_over_add_fmt(&s->talk.out);
	return nntp_done(s, lit("."));
}

/* Any header can be had, by number and by Message-ID alike.  RFC 3977 section 8.6.2 */
enum cmd_step nntp_cmd_list_headers(struct nntp_session *s, const struct nntp_args *a)
{
	if (a->n > 0 && !slice_eq_ci(a->v[0], lit("MSGID")) && !slice_eq_ci(a->v[0], lit("RANGE")))
		return nntp_done(s, lit("501 expected MSGID or RANGE"));
	return nntp_done(s, lit("215 fields follow\r\n:\r\n:bytes\r\n:lines\r\n."));
}

/* Lists that we know of and do not keep.  RFC 6048 section 2.1 */
enum cmd_step nntp_cmd_list_none(struct nntp_session *s, const struct nntp_args *a)
{
	(void)a;
	return nntp_done(s, lit("503 no such list is kept"));
}
