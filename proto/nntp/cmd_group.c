/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GROUP, LISTGROUP, NEXT, LAST: the selected group and the current article.  RFC 3977 section 6.1
 */
#include "proto/nntp/nntp_over.h"
#include "proto/nntp/nntp_session.h"

/* One article found by a walk that stops at once. */
struct found {
	uint32_t num;
	size_t mid_len;
	char mid[MSGID_MAX];
};

static bool first_num(void *arg, uint32_t num)
{
	*(uint32_t *)arg = num;
	return false;
}

static bool first_over(void *arg, const struct forum_over *o)
{
	struct found *f = arg;
	struct slice mid = slice_head(nntp_over_get(o->fields, OVER_MESSAGE_ID), sizeof f->mid);

	f->num = o->num;
	f->mid_len = mid.len;
	memcpy(f->mid, mid.p, mid.len);
	return false;
}

/* Make *g the selected group.  The low mark is asked for, since it may lie below what is there. */
static int enter_group(struct nntp_session *s, const struct forum_group *g)
{
	uint32_t num = 0;
	int rc = 0;

	if (g->count > 0)
		rc = forum_nums(s->forum, g->id, g->low, g->high, false, first_num, &num);
	if (rc < 0)
		return rc;
	s->group = g->id;
	memcpy(s->group_name, g->name, sizeof s->group_name);
	s->num = num;
	return 0;
}

static void say_group(struct nntp_session *s, const struct forum_group *g, const char *end)
{
	nntp_sayf(s, "211 %u %u %u %s%s", g->count, g->low, g->high, g->name, end);
}

static const struct slice no_group = {"411 no such newsgroup", 21};

enum cmd_step nntp_cmd_group(struct nntp_session *s, const struct nntp_args *a)
{
	struct forum_group g;
	int rc = forum_group(s->forum, a->v[0], &g);

	if (rc == 0)
		rc = enter_group(s, &g);
	if (rc < 0)
		return nntp_fail(s, rc, no_group);
	say_group(s, &g, "");
	return CMD_DONE;
}

/* ---- LISTGROUP ---- */

static bool num_on(void *arg, uint32_t num)
{
	struct nntp_session *s = arg;

	if (nntp_full(s))
		return false;
	buf_addu(&s->talk.out, num);
	buf_add(&s->talk.out, lit("\r\n"));
	s->cur.next = num + 1;
	return true;
}

/* The named group, or the selected one. */
static int listed_group(struct nntp_session *s, const struct nntp_args *a, struct forum_group *g)
{
	return forum_group(s->forum, a->n > 0 ? a->v[0] : slice_str(s->group_name), g);
}

static enum cmd_step listgroup_begin(struct nntp_session *s, const struct nntp_args *a)
{
	struct nntp_range r = {1, NNTP_NUM_MAX};
	struct forum_group g;
	int rc;

	if (a->n > 1 && !nntp_range_parse(a->v[1], true, &r))
		return nntp_done(s, lit("501 expected a range"));
	if (a->n == 0 && s->group == 0)
		return nntp_done(s, lit("412 no newsgroup selected"));
	rc = listed_group(s, a, &g);
	if (rc == 0)
		rc = enter_group(s, &g);
	if (rc < 0)
		return nntp_fail(s, rc, no_group);
	say_group(s, &g, " list follows");
	s->cur.begun = true;
	s->cur.next = r.lo;
	s->cur.hi = r.hi;
	return CMD_MORE;
}

enum cmd_step nntp_cmd_listgroup(struct nntp_session *s, const struct nntp_args *a)
{
	int rc = 0;

	if (!s->cur.begun) {
		enum cmd_step step = listgroup_begin(s, a);

		if (!s->cur.begun)
			return step;
	}
	if (s->cur.next <= s->cur.hi)
		rc = forum_nums(s->forum, s->group, s->cur.next, s->cur.hi, false, num_on, s);
	return nntp_list_end(s, rc, no_group);
}

/* ---- NEXT, LAST ---- */

static enum cmd_step found_say(struct nntp_session *s, const struct found *f)
{
	s->num = f->num;
	nntp_sayf(s, "223 %u %.*s", f->num, (int)f->mid_len, f->mid);
	return CMD_DONE;
}

/* Answered when there is no current article to start from. */
static bool nowhere(struct nntp_session *s, const struct nntp_args *a)
{
	struct nntp_sel sel;

	return !nntp_select(s, a, 0, false, &sel);
}

enum cmd_step nntp_cmd_next(struct nntp_session *s, const struct nntp_args *a)
{
	struct found f = {0};
	int rc;

	if (nowhere(s, a))
		return CMD_DONE;
	rc = forum_over(s->forum, s->group, s->num + 1, NNTP_NUM_MAX, first_over, &f);
	if (rc < 0 || f.num == 0)
		return nntp_fail(s, rc < 0 ? rc : KERR_NOTFOUND, lit("421 no next article"));
	return found_say(s, &f);
}

enum cmd_step nntp_cmd_last(struct nntp_session *s, const struct nntp_args *a)
{
	struct found f = {0};
	uint32_t num = 0;
	int rc;

	if (nowhere(s, a))
		return CMD_DONE;
	rc = forum_nums(s->forum, s->group, 1, s->num - 1, true, first_num, &num);
	if (rc == 0 && num > 0)
		rc = forum_over(s->forum, s->group, num, num, first_over, &f);
	if (rc < 0 || f.num == 0)
		return nntp_fail(s, rc < 0 ? rc : KERR_NOTFOUND, lit("422 no previous article"));
	return found_say(s, &f);
}
