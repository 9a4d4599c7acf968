/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OVER, HDR and their elders XOVER, XHDR, XPAT.  Fields that stand in the overview come from one
 * ordered scan; any other header is taken from the article's head, a batch of numbers at a time, so
 * that no question is asked from within another.  RFC 3977 section 8.3, 8.5; RFC 2980 section 2.6,
 * 2.8, 2.9
 */
#include "proto/msg/header.h"
#include "proto/nntp/nntp_over.h"
#include "proto/nntp/nntp_session.h"

/* ---- OVER ---- */

static void begin_list(struct nntp_session *s, struct slice status)
{
	if (!s->cur.begun)
		nntp_say(s, status);
	s->cur.begun = true;
}

static bool over_on(void *arg, const struct forum_over *o)
{
	struct nntp_session *s = arg;

	if (nntp_full(s))
		return false;
	begin_list(s, lit("224 overview follows"));
	nntp_over_add(&s->talk.out, o);
	s->cur.next = o->num + 1;
	return true;
}

/* The selection, kept in s->cur between calls. */
static bool over_select(
	struct nntp_session *s, const struct nntp_args *a, unsigned i, struct nntp_sel *sel)
{
	if (!nntp_select(s, a, i, true, sel))
		return false;
	if (s->cur.phase == 0 && sel->kind != SEL_MID) {
		s->cur.next = sel->range.lo;
		s->cur.hi = sel->range.hi;
	}
	s->cur.phase = 1;
	return true;
}

/* Overview of what is still to come. */
static int over_walk(
	struct nntp_session *s, const struct nntp_sel *sel, forum_over_fn fn, void *arg)
{
	if (sel->kind == SEL_MID)
		return forum_over_mid(s->forum, sel->mid, fn, arg);
	if (s->cur.next > s->cur.hi)
		return 0;
	return forum_over(s->forum, s->group, s->cur.next, s->cur.hi, fn, arg);
}

/* 420 where RFC 2980 has it, 423 where RFC 3977 has it. */
static enum cmd_step over(struct nntp_session *s, const struct nntp_args *a, bool elder)
{
	struct nntp_sel sel;

	if (!over_select(s, a, 0, &sel))
		return CMD_DONE;
	if (elder && sel.kind == SEL_RANGE)
		sel.missing = lit("420 no articles in that range");
	return nntp_list_end(s, over_walk(s, &sel, over_on, s), sel.missing);
}

enum cmd_step nntp_cmd_over(struct nntp_session *s, const struct nntp_args *a)
{
	return over(s, a, false);
}

enum cmd_step nntp_cmd_xover(struct nntp_session *s, const struct nntp_args *a)
{
	return over(s, a, true);
}

/* ---- HDR, XHDR, XPAT ---- */

/* What work costs of the budget of a list; a line of the overview costs 1. */
enum { HEAD_COST = 100 };

enum hdr_source { HDR_OVERVIEW, HDR_BYTES, HDR_LINES, HDR_XREF, HDR_HEAD, HDR_UNKNOWN };

struct hdr {
	struct nntp_session *s;
	struct nntp_sel sel;
	struct slice field;
	enum hdr_source source;
	enum nntp_over_field over; /* with HDR_OVERVIEW */
	bool elder;                /* XHDR, XPAT */
	struct slice pattern;      /* XPAT; p is NULL otherwise */
	struct slice status;
};

static void find_source(struct hdr *h)
{
	h->over = nntp_over_find(h->field);
	if (h->over != OVER_N_FIELDS)
		h->source = HDR_OVERVIEW;
	else if (slice_eq_ci(h->field, lit(":bytes")))
		h->source = HDR_BYTES;
	else if (slice_eq_ci(h->field, lit(":lines")))
		h->source = HDR_LINES;
	else if (slice_eq_ci(h->field, lit("Xref")))
		h->source = HDR_XREF;
	else
		h->source = h->field.p[0] == ':' ? HDR_UNKNOWN : HDR_HEAD;
}

static struct slice over_value(const struct hdr *h, const struct forum_over *o)
{
	struct buf *text = &h->s->text;

	if (h->source == HDR_OVERVIEW)
		return nntp_over_get(o->fields, h->over);
	if (h->source == HDR_XREF)
		return o->xref;
	buf_reset(text);
	buf_addu(text, h->source == HDR_BYTES ? nntp_over_bytes(o) : o->lines);
	return buf_slice(text);
}

/* XPAT: a header that is not there matches no pattern. */
static bool hdr_match(const struct hdr *h, struct slice value)
{
	return !h->pattern.p || (value.len > 0 && nntp_match(h->s, h->pattern, value));
}

/* One line.  The elders name the Message-ID that was asked for, and say so when there is nothing.
 */
static void hdr_add(const struct hdr *h, uint32_t num, struct slice value)
{
	struct buf *out = &h->s->talk.out;

	begin_list(h->s, h->status);
	if (!hdr_match(h, value))
		return;
	if (h->elder && value.len == 0)
		value = lit("(none)");
	if (h->sel.kind != SEL_MID)
		buf_addu(out, num);
	else
		buf_add(out, h->elder ? h->sel.mid : lit("0"));
	buf_addc(out, ' ');
	buf_add(out, value);
	buf_add(out, lit("\r\n"));
}

static bool hdr_on(void *arg, const struct forum_over *o)
{
	const struct hdr *h = arg;

	if (nntp_full(h->s))
		return false;
	hdr_add(h, o->num, over_value(h, o));
	h->s->cur.next = o->num + 1;
	return true;
}

/* One article's header from its head. */
static int head_line(const struct hdr *h, uint32_t num)
{
	struct nntp_session *s = h->s;
	int rc;

	if (h->sel.kind == SEL_MID)
		rc = forum_article_mid(s->forum, h->sel.mid, &s->cur.art);
	else
		rc = forum_article(s->forum, s->group, num, &s->cur.art);
	if (rc == 0)
		rc = nntp_head_load(s, &s->cur.art);
	s->cur.budget += HEAD_COST;
	if (rc < 0)
		return rc;
	buf_reset(&s->text);
	header_add_flat(&s->text, nntp_head_field(s, h->field));
	hdr_add(h, num, buf_slice(&s->text));
	return 0;
}

static bool batch_on(void *arg, uint32_t num)
{
	struct nntp_cur *cur = arg;

	cur->nums[cur->n_nums++] = num;
	return cur->n_nums < NNTP_NUM_BATCH;
}

/* The numbers that come next, when the last batch is used up. */
static int next_batch(struct nntp_session *s)
{
	struct nntp_cur *cur = &s->cur;

	if (cur->i_num < cur->n_nums)
		return 0;
	cur->i_num = cur->n_nums = 0;
	if (cur->next > cur->hi)
		return 0;
	int rc = forum_nums(s->forum, s->group, cur->next, cur->hi, false, batch_on, cur);
	if (rc < 0)
		cur->n_nums = 0;
	return rc;
}

/* An article that goes away between its number and its head is left out. */
static int head_walk(const struct hdr *h)
{
	struct nntp_session *s = h->s;
	struct nntp_cur *cur = &s->cur;

	if (h->sel.kind == SEL_MID)
		return head_line(h, 0);
	for (;;) {
		int rc = next_batch(s);

		if (rc < 0 || cur->n_nums == 0 || nntp_full(s))
			return rc;
		rc = head_line(h, cur->nums[cur->i_num]);
		if (rc < 0 && rc != KERR_NOTFOUND)
			return rc;
		cur->next = cur->nums[cur->i_num++] + 1;
	}
}

static enum cmd_step hdr(struct hdr *h, const struct nntp_args *a)
{
	struct nntp_session *s = h->s;

	h->field = a->v[0];
	if (!nntp_field_valid(h->field))
		return nntp_done(s, lit("501 this is no header"));
	find_source(h);
	if (h->source == HDR_UNKNOWN)
		return nntp_done(s, lit("503 no such metadata"));
	if (!over_select(s, a, 1, &h->sel))
		return CMD_DONE;
	if (h->elder && h->sel.kind == SEL_RANGE)
		h->sel.missing = lit("420 no articles in that range");
	int rc = h->source == HDR_HEAD ? head_walk(h) : over_walk(s, &h->sel, hdr_on, h);
	return nntp_list_end(s, rc, h->sel.missing);
}

enum cmd_step nntp_cmd_hdr(struct nntp_session *s, const struct nntp_args *a)
{
	struct hdr h = {.s = s, .status = lit("225 headers follow")};

	return hdr(&h, a);
}

enum cmd_step nntp_cmd_xhdr(struct nntp_session *s, const struct nntp_args *a)
{
	struct hdr h = {.s = s, .elder = true, .status = lit("221 headers follow")};

	return hdr(&h, a);
}

/* Patterns are joined by a blank, which no wildmat may hold: `?` stands for it.  A list may be
 * empty. */
enum cmd_step nntp_cmd_xpat(struct nntp_session *s, const struct nntp_args *a)
{
	struct hdr h = {.s = s, .elder = true, .status = lit("221 headers follow")};
	char pattern[NNTP_LINE_MAX];
	size_t n = 0;

	for (unsigned i = 2; i < a->n; i++) {
		if (i > 2)
			pattern[n++] = '?';
		memcpy(pattern + n, a->v[i].p, a->v[i].len);
		n += a->v[i].len;
	}
	h.pattern = slice_of(pattern, n);
	return hdr(&h, a);
}
