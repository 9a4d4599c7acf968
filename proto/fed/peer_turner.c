/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 200, KTURN, 296; then the other one asks. */
#include "proto/fed/peer_turner.h"

#include "proto/base/mem.h"
#include "proto/fed/fed_cmd.h"
#include "proto/fed/peer_turn.h"

enum { OUT_MAX = 64 * 1024 };

struct peer_turner {
	struct turn turn;
	struct peer_turner_opts o;
	bool greeted, up;
};

TURN_FIRST(struct peer_turner);

static bool fault(struct peer_turner *s, const char *why)
{
	s->o.fault(s->o.arg, why);
	return talk_rest(&s->turn.talk, NEED_CLOSE);
}

static bool on_greeting(struct peer_turner *s, struct slice line)
{
	if (!slice_starts(line, lit("200")))
		return fault(s, "no kokod answers there");
	fed_cmd_add(&s->turn.talk.out, &(struct fed_cmd){.verb = FED_KTURN,
					       .oid = s->o.serve.self,
					       .expected = s->o.other,
					       .watch = s->o.watch});
	s->greeted = true;
	return true;
}

static bool on_line(struct peer_turner *s, struct slice line)
{
	struct fed_answer a;
	const char *why;

	if (!s->greeted)
		return on_greeting(s, line);
	if (!fed_answer_parse(line, &a, &why))
		return fault(s, "an answer that is none");
	if (a.code == FED_296_TURNED)
		return turn_to_take(&s->turn, &peer_session_ops, peer_session_new(&s->o.serve));
	return fault(s, a.code == FED_490_LATER ? "it does not want to ask us now"
						: "it does not know us, or does not ask who dials");
}

static bool step(void *arg, struct slice in, size_t *used)
{
	struct peer_turner *s = arg;
	struct slice line;
	enum scan got;

	if (s->turn.talk.shutdown)
		return talk_rest(&s->turn.talk, NEED_CLOSE);
	got = fed_line_take(in, FED_LINE_MAX, &line, used);
	if (got == SCAN_MORE)
		return talk_rest(&s->turn.talk, NEED_INPUT);
	if (got == SCAN_BAD)
		return fault(s, "an answer line is too long, or has no CRLF");
	return on_line(s, line);
}

static const struct talk_steps steps = {.step = step};

/* ---- session_ops ---- */

static bool session_known(void *arg)
{
	struct peer_turner *s = arg;

	return turn_done(&s->turn) && s->turn.ops->logged_in(s->turn.session);
}

static enum sess_need session_feed(void *arg, struct slice in, int64_t now_at, size_t *used_out)
{
	struct peer_turner *s = arg;
	enum sess_need need = turn_feed(s, in, now_at, used_out);

	if (!s->up && session_known(s)) {
		s->up = true;
		s->o.up(s->o.arg);
	}
	return need;
}

static void session_free(void *arg)
{
	struct peer_turner *s = arg;

	if (!s)
		return;
	turn_fini(&s->turn);
	free(s);
}

const struct session_ops peer_turner_ops = {
	.name = "peer-turner",
	.start = talk_start,
	.feed = session_feed,
	.pump = turn_pump,
	.wake = turn_wake,
	.output = turn_output,
	.logged_in = session_known,
	.free = session_free,
};

void *peer_turner_new(const struct peer_turner_opts *o)
{
	struct peer_turner *s = mem_new(struct peer_turner);

	s->o = *o;
	talk_init(&s->turn.talk, &steps, OUT_MAX, o->serve.ready);
	return s;
}
