/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What handlers share: status lines, ends of lists, the choice of articles, heads.
 * Nothing that a client sent leaves here again unless it was checked or filtered.
 */
#include "proto/base/text.h"
#include "proto/base/wildmat.h"
#include "proto/msg/header.h"
#include "proto/nntp/nntp_session.h"

enum {
	TEXT_MAX = 200,
	LIST_BUDGET = 20000,        /* lines looked at in one go, or what costs as much */
	MATCH_COST_BYTES = 256,     /* steps of a match that cost as much as a line */
	HEAD_LOOK_MAX = 128 * 1024, /* where an article without an empty line is all head */
};

void nntp_say(struct nntp_session *s, struct slice line)
{
	buf_add(&s->talk.out, line);
	buf_add(&s->talk.out, lit("\r\n"));
}

void nntp_sayf(struct nntp_session *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&s->talk.out, fmt, ap);
	va_end(ap);
	buf_add(&s->talk.out, lit("\r\n"));
}

void nntp_add_text(struct buf *b, struct slice text)
{
	text = slice_head(text, TEXT_MAX);
	for (size_t i = 0; i < text.len; i++) {
		bool good = text.p[i] == ' ' || ascii_print((unsigned char)text.p[i]);

		buf_add(b, good ? slice_of(text.p + i, 1) : lit("?"));
	}
}

enum cmd_step nntp_done(struct nntp_session *s, struct slice line)
{
	nntp_say(s, line);
	return CMD_DONE;
}

enum cmd_step nntp_fail(struct nntp_session *s, int rc, struct slice missing)
{
	if (rc == KERR_WAIT)
		return CMD_WAIT;
	if (rc == KERR_NOTFOUND)
		return nntp_done(s, missing);
	if (rc == KERR_LOGIN)
		return nntp_done(s, lit("480 log in first"));
	if (rc == KERR_DENIED)
		return nntp_done(s, lit("502 you may not do this"));
	if (rc == KERR_CLOSED)
		return nntp_done(s, lit("403 not to be had now, try again in a few minutes"));
	return nntp_done(s, lit("403 internal fault"));
}

bool nntp_full(struct nntp_session *s)
{
	s->cur.full = talk_full(&s->talk) || s->cur.budget >= LIST_BUDGET;
	s->cur.budget++;
	return s->cur.full;
}

/* A match takes pattern times text at worst. */
bool nntp_match(struct nntp_session *s, struct slice pattern, struct slice text)
{
	s->cur.budget += (unsigned)(pattern.len * text.len / MATCH_COST_BYTES);
	return wildmat_match(pattern, text);
}

enum cmd_step nntp_list_end(struct nntp_session *s, int rc, struct slice missing)
{
	bool full = s->cur.full;

	s->cur.full = false;
	s->cur.budget = 0;
	if (rc == KERR_WAIT)
		return CMD_WAIT;
	if (!s->cur.begun && (rc < 0 || !full))
		return nntp_fail(s, rc < 0 ? rc : KERR_NOTFOUND, missing);
	if (rc < 0 && rc != KERR_NOTFOUND)
		return CMD_CLOSE; /* a list cannot be taken back */
	if (rc == 0 && full)
		return talk_full(&s->talk) ? CMD_MORE : CMD_WAIT;
	return nntp_done(s, lit("."));
}

bool nntp_login_usable(const struct nntp_session *s)
{
	return (s->tls || s->opts.plain_login) && forum_may_login(s->forum);
}

bool nntp_login_possible(const struct nntp_session *s)
{
	return !forum_has_login(s->forum) &&
	       (nntp_login_usable(s) || (s->opts.starttls && !s->tls));
}

/* ---- which articles ---- */

static bool select_group(struct nntp_session *s)
{
	if (s->group == 0)
		nntp_say(s, lit("412 no newsgroup selected"));
	return s->group != 0;
}

static bool select_current(struct nntp_session *s, struct nntp_sel *out)
{
	out->kind = SEL_CURRENT;
	out->range = (struct nntp_range){s->num, s->num};
	out->missing = lit("420 no current article");
	if (!select_group(s))
		return false;
	if (s->num == 0)
		nntp_say(s, out->missing);
	return s->num != 0;
}

bool nntp_select(struct nntp_session *s, const struct nntp_args *a, unsigned i, bool ranges,
	struct nntp_sel *out)
{
	if (i >= a->n)
		return select_current(s, out);
	if (a->v[i].p[0] == '<') {
		out->kind = SEL_MID;
		out->mid = a->v[i];
		out->missing = lit("430 no such article");
		if (msgid_syntax(out->mid))
			return true;
		nntp_say(s, lit("501 this is no message-id"));
		return false;
	}
	out->kind = SEL_RANGE;
	out->missing = ranges ? lit("423 no articles in that range")
			      : lit("423 no such article in this group");
	if (!nntp_range_parse(a->v[i], ranges, &out->range)) {
		nntp_say(s, lit("501 expected a number or a message-id"));
		return false;
	}
	return select_group(s);
}

/* ---- heads ---- */

/* Where the head ends in what was read so far; false: not yet seen. */
static bool find_body(struct nntp_session *s)
{
	struct slice got = buf_slice(&s->scratch);
	size_t at = slice_find(got, lit("\r\n\r\n"));

	s->head_len = at < got.len ? at + 2 : got.len;
	s->body_at = at < got.len ? at + 4 : got.len;
	return at < got.len || got.len > HEAD_LOOK_MAX;
}

int nntp_head_load(struct nntp_session *s, const struct forum_art *art)
{
	int rc;

	buf_reset(&s->scratch);
	s->cur.chunk = 0;
	do {
		rc = forum_read(s->forum, art, s->cur.chunk, &s->scratch);
		if (rc == KERR_NOTFOUND && s->cur.chunk > 0)
			break;
		if (rc < 0)
			return rc;
		s->cur.chunk++;
	} while (!find_body(s));
	find_body(s);
	return s->scratch.bad ? KERR_DAMAGED : 0;
}

struct slice nntp_head_field(const struct nntp_session *s, struct slice name)
{
	static const struct msg_limits none = {0};
	struct header_walk w;
	struct header_field f;

	header_walk_init(&w, slice_head(buf_slice(&s->scratch), s->head_len), &none);
	while (header_next(&w, &f) == SCAN_OK)
		if (slice_eq_ci(f.name, name))
			return f.value;
	return slice_of(NULL, 0);
}

/* ---- blocks and tickets ---- */

enum cmd_step nntp_refuse_block(struct nntp_session *s, int code)
{
	s->cur.refuse = code;
	s->cur.phase = 1;
	return CMD_BLOCK;
}

void nntp_on_done(void *arg, const struct forum_result *r)
{
	struct nntp_session *s = arg;

	s->ticket.call = NULL;
	s->result = r->rc;
	buf_reset(&s->why);
	nntp_add_text(&s->why, r->rc == 0 && r->mid.len > 0 ? r->mid : slice_str(r->why));
	talk_ready(&s->talk);
}
