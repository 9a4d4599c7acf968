/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's conversation: reads lines and blocks, runs handlers, keeps answers in order.
 *
 * proto/base/talk.c calls step() until it rests.  A command is begun only when the output is below
 * its high mark, which bounds the output.  Called by daemon/conn.c.
 */
#include "proto/nntp/nntp_session.h"

#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/msg/header.h"

enum {
	BLOCK_FIRST = 8 * 1024,    /* room for a common article at once */
	BLOCK_EXTRA = 1024 * 1024, /* read past the largest article before the connection ends */
	SCRATCH_MAX = 512 * 1024,
	WHY_MAX = 400,
};

/* ---- one step at a time (struct talk_steps) ---- */

static bool rest(struct nntp_session *s, enum sess_need need)
{
	return talk_rest(&s->talk, need);
}

static void keep_args(struct nntp_session *s, const struct nntp_args *a)
{
	if (a == &s->args)
		return;
	buf_reset(&s->line);
	buf_add(&s->line, a->line);
	s->args = *a;
	nntp_args_move(&s->args, buf_cstr(&s->line));
}

/* To the largest that an author may send, servers on the way have added their fields. */
static size_t block_max(const struct nntp_session *s)
{
	size_t max = forum_max_article(s->forum);

	return s->cmd->fn == nntp_cmd_post ? max : size_add(max, MSG_ROOM_HEAD);
}

static void begin_block(struct nntp_session *s)
{
	size_t max = block_max(s);

	buf_reset(&s->block);
	s->block.max = max;
	dot_in_begin(&s->dot, &s->block, s->cur.refuse ? 0 : max, 2 * (uint64_t)max + BLOCK_EXTRA);
	if (!s->cur.refuse && max > BLOCK_FIRST && !buf_room(&s->block, BLOCK_FIRST))
		s->block.bad = false;
	s->state = NNTP_ST_BLOCK;
}

static void end_command(struct nntp_session *s)
{
	if (s->cmd && (s->cmd->flags & CMD_SECRET) && s->line.data)
		mem_wipe(s->line.data, s->line.cap);
	s->cmd = NULL;
	s->state = NNTP_ST_COMMAND;
}

static bool after_step(struct nntp_session *s, enum cmd_step step, const struct nntp_args *a)
{
	switch (step) {
	case CMD_CLOSE:
		s->talk.closing = true;
		end_command(s);
		return true;
	case CMD_DONE:
		end_command(s);
		return true;
	case CMD_TLS:
		end_command(s);
		return rest(s, NEED_TLS);
	case CMD_BLOCK:
		keep_args(s, a);
		begin_block(s);
		return true;
	case CMD_MORE:
		keep_args(s, a);
		s->state = NNTP_ST_RUN;
		return rest(s, NEED_DRAIN);
	case CMD_WAIT:
		keep_args(s, a);
		s->state = NNTP_ST_RUN;
		return rest(s, ticket_out(&s->ticket) ? NEED_WAKE : NEED_RETRY);
	}
	return rest(s, NEED_CLOSE);
}

/* Nothing more is read: close when all is answered. */
static bool finish(struct nntp_session *s)
{
	if (s->window.n > 0)
		return rest(s, NEED_WAKE);
	if (!s->talk.closing)
		nntp_say(s, lit("400 service is closing, come again later"));
	return rest(s, NEED_CLOSE);
}

/*
 * A line that is no command.  Behind a TAKETHIS follows a block that nobody can find the end of
 * safely, so the connection ends there.
 */
static bool bad_line(struct nntp_session *s, const struct nntp_args *a)
{
	s->stats->n_bad++;
	s->stats->n_line_long += a->fatal;
	nntp_sayf(s, "501 %s", a->why);
	s->talk.closing |= a->fatal || slice_starts_ci(slice_trim(a->line), lit("TAKETHIS"));
	return true;
}

static bool no_command(struct nntp_session *s, int code)
{
	s->stats->n_bad++;
	nntp_say(s, code == 500 ? lit("500 unknown command") : lit("501 syntax error"));
	return true;
}

static bool step_command(struct nntp_session *s, struct slice in, size_t *used)
{
	struct nntp_args a;
	const struct nntp_cmd *c = NULL;
	int code = 0;

	if (s->talk.closing || s->talk.shutdown)
		return finish(s);
	if (nntp_window_full(&s->window))
		return rest(s, NEED_WAKE);
	if (talk_full(&s->talk))
		return rest(s, NEED_DRAIN);
	enum scan got = nntp_take(in, used, &a);
	if (got == SCAN_MORE)
		return rest(s, NEED_INPUT);
	if (got == SCAN_OK)
		c = nntp_cmd_find(&a, &code);
	if (c && (a.n < c->min || a.n > c->max))
		c = NULL;
	if (s->window.n > 0 && !(c && (c->flags & CMD_STREAMS))) {
		*used = 0; /* answers stand in order: read it again when the others are given */
		return rest(s, NEED_WAKE);
	}
	s->stats->n_commands++;
	if (got == SCAN_BAD)
		return bad_line(s, &a);
	if (!c)
		return no_command(s, code);
	s->cmd = c;
	memset(&s->cur, 0, sizeof s->cur);
	return after_step(s, c->fn(s, &a), &a);
}

static bool step_block(struct nntp_session *s, struct slice in, size_t *used)
{
	enum scan got = dot_in_feed(&s->dot, in, used);

	if (got == SCAN_MORE)
		return rest(s, NEED_INPUT);
	s->block_why = dot_in_why(&s->dot);
	if (got == SCAN_BAD) {
		s->talk.closing = true;
		s->block_why = "article is too big";
	}
	s->state = NNTP_ST_RUN;
	return true;
}

static bool step_run(struct nntp_session *s)
{
	if (ticket_out(&s->ticket))
		return rest(s, NEED_WAKE);
	if (talk_full(&s->talk))
		return rest(s, NEED_DRAIN);
	return after_step(s, s->cmd->fn(s, &s->args), &s->args);
}

static bool step(void *arg, struct slice in, size_t *used)
{
	struct nntp_session *s = arg;

	switch (s->state) {
	case NNTP_ST_COMMAND:
		return step_command(s, in, used);
	case NNTP_ST_BLOCK:
		return step_block(s, in, used);
	case NNTP_ST_RUN:
		return step_run(s);
	}
	return rest(s, NEED_CLOSE);
}

static void rested(void *arg)
{
	struct nntp_session *s = arg;

	if (s->state != NNTP_ST_COMMAND)
		return;
	talk_put_away(&s->scratch);
	talk_put_away(&s->block);
	talk_put_away(&s->text);
}

static void greet(void *arg)
{
	struct nntp_session *s = arg;
	bool post = forum_may_post(s->forum) || nntp_login_possible(s);

	nntp_sayf(s, "%d %s kokod ready, %s", post ? 200 : 201, forum_host(s->forum),
		post ? "posting allowed" : "no posting");
}

/* RFC 4642 section 2.2.2 */
static void secured(void *arg)
{
	struct nntp_session *s = arg;

	s->tls = true;
	s->group = s->num = 0;
	buf_reset(&s->user);
}

static void woken(void *arg, enum wake_why why)
{
	struct nntp_session *s = arg;

	if (why == WAKE_SHUTDOWN && s->talk.hurry && s->state == NNTP_ST_BLOCK)
		end_command(s); /* nobody waits for the rest of the article any longer */
	nntp_window_flush(s);
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
	struct nntp_session *s = arg;

	return forum_has_login(s->forum);
}

static size_t session_held(void *arg)
{
	struct nntp_session *s = arg;

	return s->block.cap;
}

static void session_free(void *arg)
{
	struct nntp_session *s = arg;

	if (!s)
		return;
	end_command(s); /* wipes a password */
	ticket_drop(&s->ticket);
	nntp_window_fini(&s->window);
	talk_fini(&s->talk);
	buf_fini(&s->line);
	buf_fini(&s->why);
	buf_fini(&s->block);
	buf_fini(&s->scratch);
	buf_fini(&s->text);
	buf_fini(&s->user);
	free(s);
}

const struct session_ops nntp_session_ops = {
	.name = "nntp",
	.start = talk_start,
	.feed = talk_feed,
	.pump = talk_pump,
	.wake = talk_wake,
	.output = talk_output,
	.logged_in = session_logged_in,
	.held = session_held,
	.free = session_free,
};

struct nntp_session *nntp_session_new(struct forum *forum, const struct nntp_opts *o)
{
	struct nntp_session *s = mem_new(struct nntp_session);

	s->forum = forum;
	s->opts = *o;
	s->stats = o->stats ? o->stats : &s->own_stats;
	s->tls = o->tls;
	talk_init(&s->talk, &steps, NNTP_OUT_MAX, o->ready);
	buf_init(&s->line, NNTP_LINE_MAX);
	buf_init(&s->why, WHY_MAX);
	buf_init(&s->block, 0);
	buf_init(&s->scratch, SCRATCH_MAX);
	buf_init(&s->text, SCRATCH_MAX);
	buf_init(&s->user, NNTP_LINE_MAX);
	nntp_window_init(&s->window);
	return s;
}
