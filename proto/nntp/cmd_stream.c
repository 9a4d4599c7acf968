/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CHECK, TAKETHIS, MODE STREAM.  TAKETHIS does not wait for its commit: its slot in the window
 * does, and the next command is read at once.  A block that may not be taken is read all the same,
 * so that no line of it is mistaken for a command.  RFC 4644
 */
#include "proto/nntp/nntp_session.h"

enum cmd_step nntp_cmd_mode_stream(struct nntp_session *s, const struct nntp_args *a)
{
	(void)a;
	if (!forum_may_relay(s->forum))
		return nntp_done(s, lit("502 you may not relay"));
	return nntp_done(s, lit("203 streaming permitted"));
}

enum cmd_step nntp_cmd_check(struct nntp_session *s, const struct nntp_args *a)
{
	struct slice mid = a->v[0];
	int rc;

	if (!forum_may_relay(s->forum) || !msgid_syntax(mid)) {
		nntp_window_answer(s, msgid_syntax(mid) ? 502 : 501, lit(""));
		return CMD_DONE;
	}
	rc = forum_wanted(s->forum, mid);
	if (rc == KERR_WAIT)
		return CMD_WAIT;
	s->stats->n_check++;
	s->stats->n_check_wanted += rc == 0;
	nntp_window_answer(s, rc == 0 ? 238 : rc == KERR_EXISTS ? 438 : 431, mid);
	return CMD_DONE;
}

bool nntp_refusal_final(int rc)
{
	return rc == KERR_EXISTS || rc == KERR_INVALID || rc == KERR_DENIED || rc == KERR_TOOBIG ||
	       rc == KERR_NOTFOUND;
}

/* 400 says that the peer shall offer it again.  RFC 4644 section 2.5.2 */
static int takethis_code(struct nntp_session *s, int rc)
{
	s->stats->n_takethis += rc == 0;
	s->stats->n_takethis_refused += rc < 0;
	if (rc == 0)
		return 239;
	return nntp_refusal_final(rc) ? 439 : 400;
}

static void taken(void *arg, const struct forum_result *r)
{
	struct nntp_slot *slot = arg;

	slot->ticket.call = NULL;
	slot->code = takethis_code(slot->s, r->rc);
	nntp_slot_why(slot, r->why);
	talk_ready(&slot->s->talk);
}

/* The block is in: store it, and answer in turn. */
static enum cmd_step take(struct nntp_session *s, struct slice mid)
{
	struct nntp_slot *slot = nntp_window_slot(s, mid, s->block.len);
	struct err why;
	int rc = KERR_INVALID;

	if (!s->block_why)
		rc = forum_post(
			s->forum, FORUM_RELAY, &s->block, mid, taken, slot, &slot->ticket, &why);
	if (rc == KERR_WAIT) {
		nntp_window_unused(s, slot);
		return CMD_WAIT;
	}
	nntp_window_push(s, slot);
	if (rc < 0) {
		slot->code = takethis_code(s, rc);
		nntp_slot_why(slot, s->block_why ? s->block_why : why.text);
		s->talk.closing |= slot->code == 400;
		nntp_window_flush(s);
	}
	return CMD_DONE;
}

enum cmd_step nntp_cmd_takethis(struct nntp_session *s, const struct nntp_args *a)
{
	if (s->cur.phase == 0) {
		if (a->n != 1 || !msgid_syntax(a->v[0]))
			return nntp_refuse_block(s, 501);
		if (!forum_may_relay(s->forum))
			return nntp_refuse_block(s, 502);
		s->cur.phase = 1;
		return CMD_BLOCK;
	}
	if (!s->cur.refuse)
		return take(s, a->v[0]);
	nntp_window_answer(s, s->cur.refuse, lit(""));
	return CMD_DONE;
}
