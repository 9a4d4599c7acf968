/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking for daemon records until there is none any more. */
#include "proto/fed/peer_renewer.h"

#include "proto/base/mem.h"
#include "proto/base/talk.h"
#include "proto/fed/fed_cmd.h"
#include "proto/msg/dot.h"

enum { OUT_MAX = 64 * 1024, BLOCK_MAX = 2 * FED_RECORD_MAX };

enum renewer_state { RN_GREETING, RN_ANSWER, RN_BLOCK };

struct peer_renewer {
	struct talk talk;
	struct peer_renewer_opts o;
	enum renewer_state state;
	unsigned n_asked;
	struct dot_in in;
	struct buf block;
};

TALK_FIRST(struct peer_renewer);

static bool end(struct peer_renewer *s)
{
	return talk_rest(&s->talk, NEED_CLOSE);
}

static bool ask(struct peer_renewer *s)
{
	struct fed_cmd cmd = {.verb = FED_KREC, .serial = s->o.serial++};

	if (s->n_asked++ == PEER_RENEW_MAX)
		return end(s);
	cmd.rec.type = FED_REC_DAEMON;
	cmd.rec.oid = s->o.other;
	fed_cmd_add(&s->talk.out, &cmd);
	s->state = RN_ANSWER;
	return true;
}

static bool step_block(struct peer_renewer *s, struct slice in, size_t *used)
{
	enum scan got = dot_in_feed(&s->in, in, used);
	struct buf text;
	bool more;

	if (got == SCAN_MORE)
		return talk_rest(&s->talk, NEED_INPUT);
	buf_init(&text, FED_RECORD_MAX);
	more = got == SCAN_OK && !dot_in_why(&s->in) && !s->in.too_big &&
	       fed_record_from_wire(&text, buf_slice(&s->block)) &&
	       s->o.record(s->o.arg, buf_slice(&text));
	buf_fini(&text);
	return more ? ask(s) : end(s);
}

static bool on_line(struct peer_renewer *s, struct slice line)
{
	struct fed_answer a;
	const char *why;

	if (s->state == RN_GREETING)
		return slice_starts(line, lit("200")) ? ask(s) : end(s);
	if (!fed_answer_parse(line, &a, &why) || a.code != FED_294_RECORD)
		return end(s);
	buf_reset(&s->block);
	dot_in_begin(&s->in, &s->block, BLOCK_MAX, 2 * (uint64_t)BLOCK_MAX);
	s->state = RN_BLOCK;
	return true;
}

static bool step(void *arg, struct slice in, size_t *used)
{
	struct peer_renewer *s = arg;
	struct slice line;
	enum scan got;

	if (s->talk.shutdown)
		return end(s);
	if (s->state == RN_BLOCK)
		return step_block(s, in, used);
	got = fed_line_take(in, FED_LINE_MAX, &line, used);
	if (got == SCAN_MORE)
		return talk_rest(&s->talk, NEED_INPUT);
	return got == SCAN_OK ? on_line(s, line) : end(s);
}

static const struct talk_steps steps = {.step = step};

/* ---- session_ops ---- */

static bool session_known(void *arg)
{
	(void)arg;
	return false;
}

static void session_free(void *arg)
{
	struct peer_renewer *s = arg;

	if (!s)
		return;
	talk_fini(&s->talk);
	buf_fini(&s->block);
	free(s);
}

const struct session_ops peer_renewer_ops = {
	.name = "peer-renewer",
	.start = talk_start,
	.feed = talk_feed,
	.pump = talk_pump,
	.wake = talk_wake,
	.output = talk_output,
	.logged_in = session_known,
	.free = session_free,
};

void *peer_renewer_new(const struct peer_renewer_opts *o)
{
	struct peer_renewer *s = mem_new(struct peer_renewer);

	s->o = *o;
	talk_init(&s->talk, &steps, OUT_MAX, o->ready);
	buf_init(&s->block, BLOCK_MAX);
	return s;
}
