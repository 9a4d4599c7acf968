/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's conversation: takes commands, runs handlers, tells updates before the answers.
 *
 * proto/base/talk.c calls step() until it rests.  A command is begun only when the output is below
 * its high mark, which bounds the output.  Called by daemon/conn.c.
 */
#include "proto/imap/imap_session.h"

#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/imap/imap_message.h"

enum {
	WHY_MAX = 400,
	SCRATCH_MAX = 1024 * 1024, /* three structures */
	TEXT_TMP_MAX = 64 * 1024 * 1024,
};

/* ---- one step at a time (struct talk_steps) ---- */

static bool rest(struct imap_session *s, enum sess_need need)
{
	return talk_rest(&s->talk, need);
}

static void clear_command(struct imap_session *s)
{
	if (s->cur.own_end)
		s->cur.own_end(s->cur.own);
	imap_ranges_fini(&s->cur.set);
	imap_ranges_fini(&s->cur.found);
	memset(&s->cur, 0, sizeof s->cur);
	arena_reset(&s->arena);
	buf_reset(&s->reply);
	s->cmd = NULL;
	s->text_here = false;
}

/* The tagged answer goes out; a message that was announced and not read will not be read. */
static bool end_command(struct imap_session *s)
{
	if (s->streams)
		imap_literal_refuse(&s->parser);
	s->streams = false;
	buf_add(&s->talk.out, buf_slice(&s->tag));
	buf_addc(&s->talk.out, ' ');
	buf_add(&s->talk.out, buf_slice(&s->reply));
	buf_add(&s->talk.out, lit("\r\n"));
	clear_command(s);
	s->stage = IMAP_ST_COMMAND;
	return s->talk.closing ? rest(s, NEED_CLOSE) : true;
}

static bool answered(struct imap_session *s)
{
	if (!s->cmd || !(s->cmd->flags & CMD_SYNCS) || s->sel.box == 0)
		return end_command(s);
	imap_sync_begin(s, !(s->cmd->flags & CMD_NO_GONE));
	s->stage = IMAP_ST_SYNC;
	return true;
}

static bool after_step(struct imap_session *s, enum cmd_step step)
{
	switch (step) {
	case CMD_DONE:
		return answered(s);
	case CMD_MORE:
		s->stage = IMAP_ST_RUN;
		return rest(s, NEED_DRAIN);
	case CMD_WAIT:
		s->stage = IMAP_ST_RUN;
		return rest(s, ticket_out(&s->ticket) ? NEED_WAKE : NEED_RETRY);
	case CMD_TEXT:
		s->text_here = false;
		s->stage = IMAP_ST_TEXT;
		return true;
	case CMD_DATA:
		s->stage = IMAP_ST_DATA;
		return true;
	case CMD_TLS:
		(void)end_command(s);
		return rest(s, NEED_TLS);
	case CMD_CLOSE:
		s->talk.closing = true;
		return s->reply.len > 0 ? end_command(s) : rest(s, NEED_CLOSE);
	}
	return rest(s, NEED_CLOSE);
}

static unsigned state_of(const struct imap_session *s)
{
	if (!forum_has_login(s->forum))
		return ST_STRANGER;
	return s->sel.box ? ST_SELECTED : ST_LOGIN;
}

/* What the table says against a command; CMD_MORE: nothing. */
static enum cmd_step check(struct imap_session *s, const struct imap_cmd *c)
{
	bool has = s->args->args.len > 0 || s->args->streams;

	if (!(c->states & state_of(s)))
		return imap_bad(s, "not now: %s",
			state_of(s) == ST_STRANGER ? "log in first"
						   : "the state is not the right one");
	if ((c->args == ARGS_NONE && has) || (c->args == ARGS_MUST && !has))
		return imap_bad(s, "wrong number of arguments");
	if ((c->flags & CMD_WRITES) && s->sel.read_only)
		return imap_no(s, "the mailbox was opened for reading");
	return CMD_MORE;
}

static bool begin_command(struct imap_session *s, const struct imap_line *line)
{
	enum cmd_step step;

	clear_command(s);
	s->args = line;
	s->streams = line->streams;
	buf_reset(&s->tag);
	buf_add(&s->tag, line->tag);
	s->stats->n_commands++;
	s->cmd = imap_cmd_find(line->name, line->uid);
	if (!s->cmd) {
		s->stats->n_bad++;
		return after_step(s, imap_bad(s, "unknown command"));
	}
	step = check(s, s->cmd);
	return after_step(s, step == CMD_MORE ? s->cmd->fn(s, line) : step);
}

static bool bad_line(struct imap_session *s, const struct imap_line *line)
{
	clear_command(s);
	s->stats->n_bad++;
	s->stats->n_line_long += s->parser.fatal;
	buf_reset(&s->tag);
	buf_add(&s->tag, line->tag.len > 0 ? line->tag : lit("*"));
	(void)imap_bad(s, "%s", s->parser.why);
	s->talk.closing |= s->parser.fatal;
	return end_command(s);
}

static bool say_bye(struct imap_session *s)
{
	imap_say(s, lit("BYE service is closing, come again later"));
	return rest(s, NEED_CLOSE);
}

/* The next command or part of one; "+" goes out before any answer. */
static enum scan take(
	struct imap_session *s, struct slice in, size_t *used, const struct imap_line **line_out)
{
	enum scan got = imap_take(&s->parser, in, used, line_out);

	for (; s->parser.go_aheads > 0; s->parser.go_aheads--)
		buf_add(&s->talk.out, lit("+ go ahead\r\n"));
	return got;
}

static bool step_command(struct imap_session *s, struct slice in, size_t *used)
{
	const struct imap_line *line;

	if (s->talk.shutdown)
		return say_bye(s);
	if (talk_full(&s->talk))
		return rest(s, NEED_DRAIN);
	s->parser.limits = forum_has_login(s->forum) ? &imap_limits_login : &imap_limits_stranger;
	switch (take(s, in, used, &line)) {
	case SCAN_OK:
		return begin_command(s, line);
	case SCAN_BAD:
		return bad_line(s, line);
	case SCAN_MORE:
		break;
	}
	return rest(s, NEED_INPUT);
}

static bool step_text(struct imap_session *s, struct slice in, size_t *used)
{
	if (s->talk.shutdown)
		return say_bye(s);
	if (talk_full(&s->talk))
		return rest(s, NEED_DRAIN);
	switch (imap_take_text(&s->parser, in, used, &s->text)) {
	case SCAN_OK:
		s->text_here = true;
		s->stage = IMAP_ST_RUN;
		return true;
	case SCAN_BAD:
		(void)imap_bad(s, "%s", s->parser.why);
		s->talk.closing |= s->parser.fatal;
		return end_command(s);
	case SCAN_MORE:
		break;
	}
	if (!s->news)
		return rest(s, NEED_INPUT);
	s->stage = IMAP_ST_RUN;
	return true;
}

static bool step_data(struct imap_session *s, struct slice in, size_t *used)
{
	struct slice piece;
	bool last = imap_literal_take(&s->parser, in, used, &piece);

	if (!s->cur.no_room)
		buf_add(&s->block, piece);
	if (!last)
		return rest(s, NEED_INPUT);
	s->streams = false;
	s->stage = IMAP_ST_PART;
	return true;
}

/* Behind the message: the end of the command. */
static bool step_part(struct imap_session *s, struct slice in, size_t *used)
{
	switch (take(s, in, used, &s->args)) {
	case SCAN_OK:
		s->streams = s->args->streams; /* another message: it is refused */
		s->stage = IMAP_ST_RUN;
		return true;
	case SCAN_BAD:
		(void)imap_bad(s, "%s", s->parser.why);
		s->talk.closing |= s->parser.fatal;
		buf_fini(&s->block);
		return answered(s);
	case SCAN_MORE:
		break;
	}
	return rest(s, NEED_INPUT);
}

static bool step_run(struct imap_session *s)
{
	if (ticket_out(&s->ticket))
		return rest(s, NEED_WAKE);
	if (talk_full(&s->talk))
		return rest(s, NEED_DRAIN);
	return after_step(s, s->cmd->fn(s, s->args));
}

static bool step_sync(struct imap_session *s)
{
	switch (imap_sync_step(s)) {
	case CMD_MORE:
		return rest(s, NEED_DRAIN);
	case CMD_WAIT:
		return rest(s, NEED_RETRY);
	case CMD_CLOSE:
		return rest(s, NEED_CLOSE);
	case CMD_DONE:
	case CMD_TEXT:
	case CMD_DATA:
	case CMD_TLS:
		break;
	}
	return end_command(s);
}

static bool step(void *arg, struct slice in, size_t *used)
{
	struct imap_session *s = arg;

	switch (s->stage) {
	case IMAP_ST_COMMAND:
		return step_command(s, in, used);
	case IMAP_ST_TEXT:
		return step_text(s, in, used);
	case IMAP_ST_DATA:
		return step_data(s, in, used);
	case IMAP_ST_PART:
		return step_part(s, in, used);
	case IMAP_ST_RUN:
		return step_run(s);
	case IMAP_ST_SYNC:
		return step_sync(s);
	}
	return rest(s, NEED_CLOSE);
}

static void rested(void *arg)
{
	struct imap_session *s = arg;

	if (s->stage != IMAP_ST_COMMAND)
		return;
	talk_put_away(&s->scratch);
	talk_put_away(&s->reply);
	talk_put_away(&s->text_tmp);
	imap_message_drop(s);
}

static void greet(void *arg)
{
	struct imap_session *s = arg;

	buf_add(&s->talk.out, lit("* OK [CAPABILITY "));
	imap_add_capabilities(s, &s->talk.out);
	buf_addf(&s->talk.out, "] %s kokod ready\r\n", forum_host(s->forum));
}

static void secured(void *arg)
{
	((struct imap_session *)arg)->tls = true;
}

/* There is no memory for the message that is being read: read on, keep nothing. */
static void drop_block(struct imap_session *s)
{
	if (s->stage != IMAP_ST_DATA && s->stage != IMAP_ST_PART)
		return;
	s->cur.no_room = true;
	buf_fini(&s->block);
	buf_init(&s->block, 0);
}

static void woken(void *arg, enum wake_why why)
{
	struct imap_session *s = arg;

	if (why == WAKE_FULL)
		drop_block(s);
	if (why == WAKE_NEWS)
		s->news = s->sel.box != 0;
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
	return forum_has_login(((struct imap_session *)arg)->forum);
}

static size_t session_held(void *arg)
{
	const struct imap_session *s = arg;

	return s->cur.receiving ? s->block.cap : 0;
}

static void session_free(void *arg)
{
	struct imap_session *s = arg;

	if (!s)
		return;
	ticket_drop(&s->ticket);
	imap_deselect(s);
	clear_command(s);
	imap_parser_fini(&s->parser);
	imap_view_fini(&s->sel.view);
	imap_view_fini(&s->up.now);
	imap_ranges_fini(&s->res_from);
	imap_ranges_fini(&s->res_to);
	imap_ranges_fini(&s->res_failed);
	arena_fini(&s->arena);
	talk_fini(&s->talk);
	buf_fini(&s->tag);
	buf_fini(&s->reply);
	buf_fini(&s->block);
	buf_fini(&s->why);
	buf_fini(&s->scratch);
	buf_fini(&s->text_tmp);
	arena_fini(&s->message_arena);
	free(s);
}

const struct session_ops imap_session_ops = {
	.name = "imap",
	.start = talk_start,
	.feed = talk_feed,
	.pump = talk_pump,
	.wake = talk_wake,
	.output = talk_output,
	.logged_in = session_logged_in,
	.held = session_held,
	.free = session_free,
};

struct imap_session *imap_session_new(
	struct forum *forum, struct mail *mail, const struct imap_opts *o)
{
	struct imap_session *s = mem_new(struct imap_session);

	s->forum = forum;
	s->mail = mail;
	s->opts = *o;
	s->stats = o->stats ? o->stats : &s->own_stats;
	s->tls = o->tls;
	imap_parser_init(&s->parser, &imap_limits_stranger);
	imap_view_init(&s->sel.view);
	imap_view_init(&s->up.now);
	arena_init(&s->arena);
	talk_init(&s->talk, &steps, IMAP_OUT_MAX, o->ready);
	buf_init(&s->tag, IMAP_MAX_TAG);
	buf_init(&s->reply, IMAP_REPLY_MAX);
	buf_init(&s->block, 0);
	buf_init(&s->why, WHY_MAX);
	buf_init(&s->scratch, SCRATCH_MAX);
	buf_init(&s->text_tmp, TEXT_TMP_MAX);
	arena_init(&s->message_arena);
	return s;
}
