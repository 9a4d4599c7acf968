/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ARTICLE, HEAD, BODY, STAT.  An article goes out chunk by chunk: each is read, stuffed into the
 * output and forgotten, so an article of any size costs one chunk.  Xref is not stored; it is added
 * as the last field.  RFC 3977 section 6.2
 */
#include "proto/nntp/nntp_over.h"
#include "proto/nntp/nntp_session.h"

enum part { PART_ARTICLE = 220, PART_HEAD = 221, PART_BODY = 222 };

/* Where is it?  Sets s->cur.art. */
static int locate(struct nntp_session *s, const struct nntp_sel *sel)
{
	if (sel->kind == SEL_MID)
		return forum_article_mid(s->forum, sel->mid, &s->cur.art);
	return forum_article(s->forum, s->group, sel->range.lo, &s->cur.art);
}

/*
 * "code n <message-id>"; by Message-ID, n is 0 outside of the selected group.  A number that was
 * asked for becomes the current article.
 */
static void say_found(
	struct nntp_session *s, int code, const struct nntp_sel *sel, struct slice mid)
{
	const struct forum_art *art = &s->cur.art;
	bool here = art->group == s->group && art->group != 0;

	if (sel->kind != SEL_MID)
		s->num = sel->range.lo;
	buf_addu(&s->talk.out, (uint64_t)code);
	buf_addc(&s->talk.out, ' ');
	buf_addu(&s->talk.out, sel->kind != SEL_MID ? s->num : here ? art->num : 0);
	buf_addc(&s->talk.out, ' ');
	buf_add(&s->talk.out, sel->kind == SEL_MID ? sel->mid : mid);
	buf_add(&s->talk.out, lit("\r\n"));
}

static void add_head(struct nntp_session *s)
{
	dot_add(&s->cur.dot, &s->talk.out, slice_head(buf_slice(&s->scratch), s->head_len));
	if (s->cur.art.xref[0] != '\0') {
		buf_add(&s->talk.out, lit("Xref: "));
		buf_addz(&s->talk.out, s->cur.art.xref);
		buf_add(&s->talk.out, lit("\r\n"));
	}
}

/* The status line, the head, and what came along of the body. */
static int send_front(struct nntp_session *s, enum part part, const struct nntp_sel *sel)
{
	int rc = locate(s, sel);

	if (rc == 0)
		rc = nntp_head_load(s, &s->cur.art);
	if (rc < 0)
		return rc;
	say_found(s, part, sel, nntp_head_field(s, lit("Message-ID")));
	if (part != PART_BODY)
		add_head(s);
	if (part == PART_ARTICLE)
		dot_add(&s->cur.dot, &s->talk.out, lit("\r\n"));
	if (part != PART_HEAD)
		dot_add(&s->cur.dot, &s->talk.out, slice_from(buf_slice(&s->scratch), s->body_at));
	s->cur.place = s->scratch.len;
	return 0;
}

/* The chunks behind the front. */
static enum cmd_step send_rest(struct nntp_session *s)
{
	while (s->cur.place < s->cur.art.bytes) {
		int rc;

		if (talk_full(&s->talk))
			return CMD_MORE;
		buf_reset(&s->scratch);
		rc = forum_read(s->forum, &s->cur.art, s->cur.chunk, &s->scratch);
		if (rc == KERR_WAIT)
			return CMD_WAIT;
		if (rc < 0 || s->scratch.len == 0)
			return CMD_CLOSE; /* half an article cannot be taken back */
		dot_add(&s->cur.dot, &s->talk.out, buf_slice(&s->scratch));
		s->cur.place += s->scratch.len;
		s->cur.chunk++;
	}
	dot_end(&s->cur.dot, &s->talk.out);
	s->stats->n_articles_read++;
	return CMD_DONE;
}

static enum cmd_step send(struct nntp_session *s, const struct nntp_args *a, enum part part)
{
	struct nntp_sel sel;

	if (!s->cur.begun) {
		if (!nntp_select(s, a, 0, false, &sel))
			return CMD_DONE;
		int rc = send_front(s, part, &sel);
		if (rc < 0)
			return nntp_fail(s, rc, sel.missing);
		s->cur.begun = true;
		if (part == PART_HEAD)
			s->cur.place = s->cur.art.bytes;
	}
	return send_rest(s);
}

enum cmd_step nntp_cmd_article(struct nntp_session *s, const struct nntp_args *a)
{
	return send(s, a, PART_ARTICLE);
}

enum cmd_step nntp_cmd_head(struct nntp_session *s, const struct nntp_args *a)
{
	return send(s, a, PART_HEAD);
}

enum cmd_step nntp_cmd_body(struct nntp_session *s, const struct nntp_args *a)
{
	return send(s, a, PART_BODY);
}

/* ---- STAT: the Message-ID of a number stands in the overview ---- */

static bool keep_mid(void *arg, const struct forum_over *o)
{
	struct nntp_session *s = arg;

	buf_reset(&s->text);
	buf_add(&s->text, nntp_over_get(o->fields, OVER_MESSAGE_ID));
	return false;
}

enum cmd_step nntp_cmd_stat(struct nntp_session *s, const struct nntp_args *a)
{
	struct nntp_sel sel;
	int rc;

	if (!nntp_select(s, a, 0, false, &sel))
		return CMD_DONE;
	buf_reset(&s->text);
	if (sel.kind == SEL_MID)
		rc = locate(s, &sel);
	else
		rc = forum_over(s->forum, s->group, sel.range.lo, sel.range.hi, keep_mid, s);
	if (rc == 0 && sel.kind != SEL_MID && s->text.len == 0)
		rc = KERR_NOTFOUND;
	if (rc < 0)
		return nntp_fail(s, rc, sel.missing);
	say_found(s, 223, &sel, buf_slice(&s->text));
	return CMD_DONE;
}
