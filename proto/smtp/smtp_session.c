/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's conversation: reads lines, replies to challenges and mails, runs handlers.
 *
 * proto/base/talk.c calls step() until it rests.  One command runs at a time, so pipelined ones are
 * answered in order (RFC 2920).  Called by daemon/conn.c.
 */
#include "proto/smtp/smtp_session.h"

#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/smtp/smtp_parse.h"

enum {
	BLOCK_FIRST = 8 * 1024,    /* room for a common mail at once */
	BLOCK_EXTRA = 1024 * 1024, /* read past the largest mail before the connection ends */
	WHY_MAX = 200,
};

/* ---- what handlers share ---- */

/* The line that began at `at` of the output is complete. */
static void end_line(struct smtp_session *s, size_t at)
{
	struct slice line = slice_from(buf_slice(&s->talk.out), at);

	s->n_errors += slice_starts(line, lit("4")) || slice_starts(line, lit("5"));
	buf_add(&s->talk.out, lit("\r\n"));
}

void smtp_say(struct smtp_session *s, struct slice line)
{
	size_t at = s->talk.out.len;

	buf_add(&s->talk.out, line);
	end_line(s, at);
}

void smtp_sayf(struct smtp_session *s, const char *fmt, ...)
{
	size_t at = s->talk.out.len;
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&s->talk.out, fmt, ap);
	va_end(ap);
	end_line(s, at);
}

enum smtp_step smtp_done(struct smtp_session *s, struct slice line)
{
	smtp_say(s, line);
	return SMTP_DONE;
}

void smtp_set_why(struct smtp_session *s, struct slice text)
{
	buf_reset(&s->why);
	text = slice_head(text, WHY_MAX);
	for (size_t i = 0; i < text.len; i++) {
		bool good = text.p[i] == ' ' || ascii_print((unsigned char)text.p[i]);

		buf_addc(&s->why, good ? text.p[i] : '?');
	}
}

bool smtp_login_usable(const struct smtp_session *s)
{
	return (s->tls || s->opts.plain_login) && forum_may_login(s->forum);
}

void smtp_mail_end(struct smtp_session *s)
{
	s->mail.begun = s->mail.utf8 = false;
	buf_reset(&s->mail.sender);
	vec_fini(&s->mail.rcpts);
}

void smtp_on_done(void *arg, const struct forum_result *r)
{
	struct smtp_session *s = arg;

	s->ticket.call = NULL;
	s->result = r->rc;
	smtp_set_why(s, r->rc == 0 && r->mid.len > 0 ? r->mid : slice_str(r->why));
	talk_ready(&s->talk);
}

/* ---- one step at a time (struct talk_steps) ---- */

static bool rest(struct smtp_session *s, enum sess_need need)
{
	return talk_rest(&s->talk, need);
}

static void keep_line(struct smtp_session *s, const struct smtp_line *l)
{
	if (l == &s->parts)
		return;
	buf_reset(&s->line);
	buf_add(&s->line, l->line);
	s->parts = *l;
	smtp_line_move(&s->parts, buf_cstr(&s->line));
}

static void begin_block(struct smtp_session *s)
{
	size_t max = forum_max_article(s->forum);

	buf_reset(&s->block);
	s->block.max = max;
	dot_in_begin(&s->dot, &s->block, max, 2 * (uint64_t)max + BLOCK_EXTRA);
	if (max > BLOCK_FIRST && !buf_room(&s->block, BLOCK_FIRST))
		s->block.bad = false;
	s->no_room = false;
	s->state = SMTP_ST_BLOCK;
}

static void end_command(struct smtp_session *s)
{
	if (s->cmd && (s->cmd->flags & SMTP_SECRET) && s->line.data) {
		mem_wipe(s->line.data, s->line.cap);
		buf_reset(&s->line);
	}
	s->cmd = NULL;
	s->state = SMTP_ST_COMMAND;
}

static bool after_step(struct smtp_session *s, enum smtp_step step, const struct smtp_line *l)
{
	switch (step) {
	case SMTP_CLOSE:
		s->talk.closing = true;
		end_command(s);
		return true;
	case SMTP_DONE:
		end_command(s);
		return true;
	case SMTP_TLS:
		end_command(s);
		return rest(s, NEED_TLS);
	case SMTP_BLOCK:
		begin_block(s);
		return true;
	case SMTP_REPLY:
		s->state = SMTP_ST_REPLY;
		return true;
	case SMTP_WAIT:
		keep_line(s, l);
		s->state = SMTP_ST_RUN;
		return rest(s, ticket_out(&s->ticket) ? NEED_WAKE : NEED_RETRY);
	}
	return rest(s, NEED_CLOSE);
}

/* Has somebody only made errors for long?  RFC 5321 section 4.3.2 leaves it to us */
static bool has_erred(struct smtp_session *s)
{
	if (s->n_errors < SMTP_ERRORS_MAX)
		return false;
	smtp_say(s, lit("421 4.7.0 too many errors"));
	return true;
}

static bool bad_line(struct smtp_session *s, const struct smtp_line *l)
{
	s->stats->n_bad++;
	smtp_sayf(s, "500 %s %s", l->fatal ? "5.5.6" : "5.5.2", l->why);
	s->talk.closing |= l->fatal;
	return true;
}

/* Answered when the command may not come now. */
static bool refused(struct smtp_session *s, const struct smtp_cmd *c, const struct smtp_line *l)
{
	if (!c)
		smtp_say(s, lit("500 5.5.1 unknown command"));
	else if ((c->flags & SMTP_BARE) && l->arg.len > 0)
		smtp_say(s, lit("501 5.5.4 it takes no argument"));
	else if ((c->flags & SMTP_ARG) && l->arg.len == 0)
		smtp_say(s, lit("501 5.5.4 it needs an argument"));
	else if ((c->flags & SMTP_HELLO) && !s->hello)
		smtp_say(s, lit("503 5.5.1 say EHLO first"));
	else if ((c->flags & SMTP_LOGIN) && !forum_has_login(s->forum))
		smtp_say(s, lit("530 5.7.0 log in first"));
	else
		return false;
	s->stats->n_bad++;
	return true;
}

static bool step_command(struct smtp_session *s, struct slice in, size_t *used)
{
	struct smtp_line l;

	if (s->talk.closing || has_erred(s))
		return rest(s, NEED_CLOSE);
	if (s->talk.shutdown) {
		smtp_say(s, lit("421 4.3.2 service is closing, come again later"));
		return rest(s, NEED_CLOSE);
	}
	if (talk_full(&s->talk))
		return rest(s, NEED_DRAIN);
	enum scan got = smtp_take(in, SMTP_LINE_MAX, used, &l);
	if (got == SCAN_MORE)
		return rest(s, NEED_INPUT);
	s->stats->n_commands++;
	if (got == SCAN_BAD)
		return bad_line(s, &l);
	const struct smtp_cmd *c = smtp_cmd_find(l.verb);
	if (refused(s, c, &l))
		return true;
	s->cmd = c;
	s->phase = 0;
	return after_step(s, c->fn(s, &l), &l);
}

/* The client's line to a challenge; of one that is not well-formed nothing is kept. */
static bool step_reply(struct smtp_session *s, struct slice in, size_t *used)
{
	struct smtp_line l;
	enum scan got = smtp_take(in, SMTP_AUTH_LINE_MAX, used, &l);

	if (got == SCAN_MORE)
		return rest(s, NEED_INPUT);
	if (got == SCAN_BAD) {
		end_command(s);
		return bad_line(s, &l);
	}
	keep_line(s, &l);
	s->state = SMTP_ST_RUN;
	return true;
}

static bool step_block(struct smtp_session *s, struct slice in, size_t *used)
{
	enum scan got = dot_in_feed(&s->dot, in, used);

	if (got == SCAN_MORE)
		return rest(s, NEED_INPUT);
	s->block_why = dot_in_why(&s->dot);
	if (got == SCAN_BAD) {
		s->talk.closing = true;
		s->dot.too_big = true;
	}
	s->state = SMTP_ST_RUN;
	return true;
}

static bool step_run(struct smtp_session *s)
{
	if (ticket_out(&s->ticket))
		return rest(s, NEED_WAKE);
	return after_step(s, s->cmd->fn(s, &s->parts), &s->parts);
}

static bool step(void *arg, struct slice in, size_t *used)
{
	struct smtp_session *s = arg;

	switch (s->state) {
	case SMTP_ST_COMMAND:
		return step_command(s, in, used);
	case SMTP_ST_REPLY:
		return step_reply(s, in, used);
	case SMTP_ST_BLOCK:
		return step_block(s, in, used);
	case SMTP_ST_RUN:
		return step_run(s);
	}
	return rest(s, NEED_CLOSE);
}

static void rested(void *arg)
{
	struct smtp_session *s = arg;

	if (s->state == SMTP_ST_COMMAND)
		talk_put_away(&s->block);
}

static void greet(void *arg)
{
	struct smtp_session *s = arg;

	smtp_sayf(s, "220 %s ESMTP kokod ready", forum_host(s->forum));
}

/* RFC 3207 section 4.2 */
static void secured(void *arg)
{
	struct smtp_session *s = arg;

	s->tls = true;
	s->hello = false;
	smtp_mail_end(s);
}

/* There is no memory for what is being read: read on, keep nothing. */
static void drop_block(struct smtp_session *s)
{
	if (s->state != SMTP_ST_BLOCK)
		return;
	s->no_room = s->dot.too_big = true;
	buf_fini(&s->block);
	buf_init(&s->block, 0);
}

static void woken(void *arg, enum wake_why why)
{
	if (why == WAKE_FULL)
		drop_block(arg);
}

static const struct talk_steps steps = {
	.greet = greet,
	.step = step,
	.rested = rested,
	.secured = secured,
	.woken = woken,
};

/* ---- session_ops ---- */

static bool session_logged_in(void *arg)
{
	struct smtp_session *s = arg;

	return forum_has_login(s->forum);
}

static size_t session_held(void *arg)
{
	struct smtp_session *s = arg;

	return s->block.cap;
}

static void session_free(void *arg)
{
	struct smtp_session *s = arg;

	if (!s)
		return;
	end_command(s); /* wipes a password */
	ticket_drop(&s->ticket);
	vec_fini(&s->mail.rcpts);
	buf_fini(&s->mail.sender);
	talk_fini(&s->talk);
	buf_fini(&s->line);
	buf_fini(&s->why);
	buf_fini(&s->user);
	buf_fini(&s->block);
	free(s);
}

const struct session_ops smtp_session_ops = {
	.name = "smtp",
	.start = talk_start,
	.feed = talk_feed,
	.pump = talk_pump,
	.wake = talk_wake,
	.output = talk_output,
	.logged_in = session_logged_in,
	.held = session_held,
	.free = session_free,
};

struct smtp_session *smtp_session_new(struct forum *forum, const struct smtp_opts *o)
{
	struct smtp_session *s = mem_new(struct smtp_session);

	s->forum = forum;
	s->opts = *o;
	s->stats = o->stats ? o->stats : &s->own_stats;
	s->tls = o->tls;
	talk_init(&s->talk, &steps, SMTP_OUT_MAX, o->ready);
	buf_init(&s->line, SMTP_AUTH_LINE_MAX);
	buf_init(&s->why, WHY_MAX);
	buf_init(&s->user, SMTP_AUTH_LINE_MAX);
	buf_init(&s->block, 0);
	buf_init(&s->mail.sender, 2 * SMTP_PATH_MAX + 3); /* quoted */
	vec_init(&s->mail.rcpts, sizeof(struct forum_rcpt));
	return s;
}
