/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * POST and IHAVE: ask, read the block, store it, answer when it is on disk.  Nothing else is read
 * meanwhile.  RFC 3977 section 6.3
 */
#include "proto/base/log.h"
#include "proto/nntp/nntp_session.h"

enum phase { PHASE_ASKED, PHASE_BLOCK, PHASE_STORED };

/* Give the block to the forum.  0: a ticket is out; KERR_WAIT: give it again; else s->why. */
static int store(struct nntp_session *s, enum forum_how how, struct slice mid)
{
	struct err why = {""};
	int rc;

	buf_reset(&s->why);
	if (s->block_why) {
		nntp_add_text(&s->why, slice_str(s->block_why));
		return KERR_INVALID;
	}
	rc = forum_post(s->forum, how, &s->block, mid, nntp_on_done, s, &s->ticket, &why);
	nntp_add_text(&s->why, slice_str(why.text));
	return rc;
}

static enum cmd_step answer(struct nntp_session *s, int code)
{
	struct slice why = buf_slice(&s->why);

	nntp_sayf(s, "%d %.*s", code, SLICE_ARG(why.len > 0 ? why : lit("done")));
	return CMD_DONE;
}

/* Run the phases that POST and IHAVE share; *rc_out is set when the result is known. */
static enum cmd_step phases(
	struct nntp_session *s, enum forum_how how, struct slice mid, int *rc_out)
{
	*rc_out = s->result;
	if (s->cur.phase == PHASE_STORED)
		return CMD_DONE;
	*rc_out = store(s, how, mid);
	if (*rc_out == KERR_WAIT)
		return CMD_WAIT;
	s->cur.phase = PHASE_STORED;
	return *rc_out < 0 ? CMD_DONE : CMD_WAIT;
}

static enum cmd_step ask(struct nntp_session *s, struct slice line)
{
	nntp_say(s, line);
	s->cur.phase = PHASE_BLOCK;
	return CMD_BLOCK;
}

enum cmd_step nntp_cmd_post(struct nntp_session *s, const struct nntp_args *a)
{
	int rc;

	(void)a;
	if (s->cur.phase == PHASE_ASKED) {
		if (forum_may_post(s->forum))
			return ask(s, lit("340 send the article"));
		return nntp_done(s,
			nntp_login_possible(s) ? lit("480 log in first") : lit("440 no posting"));
	}
	if (phases(s, FORUM_POST, lit(""), &rc) == CMD_WAIT)
		return CMD_WAIT;
	s->stats->n_posts += rc == 0;
	s->stats->n_post_refused += rc < 0;
	log_info("nntp.post", "sess=%s rc=%s why=\"%s\"", s->opts.id, rc < 0 ? kerr_name(rc) : "ok",
		buf_cstr(&s->why));
	return answer(s, rc == 0 ? 240 : 441);
}

/* Refused for good, or to be offered again? */
static int ihave_code(int rc)
{
	if (rc == 0)
		return 235;
	return nntp_refusal_final(rc) ? 437 : 436;
}

static enum cmd_step ihave_begin(struct nntp_session *s, struct slice mid)
{
	int rc;

	if (!forum_may_relay(s->forum))
		return nntp_done(s, lit("502 you may not relay"));
	if (!msgid_syntax(mid))
		return nntp_done(s, lit("501 this is no message-id"));
	rc = forum_wanted(s->forum, mid);
	if (rc == KERR_WAIT)
		return CMD_WAIT;
	if (rc == 0)
		return ask(s, lit("335 send it"));
	return nntp_done(
		s, rc == KERR_EXISTS ? lit("435 not wanted") : lit("436 come again later"));
}

enum cmd_step nntp_cmd_ihave(struct nntp_session *s, const struct nntp_args *a)
{
	int rc;

	if (s->cur.phase == PHASE_ASKED)
		return ihave_begin(s, a->v[0]);
	if (phases(s, FORUM_RELAY, a->v[0], &rc) == CMD_WAIT)
		return CMD_WAIT;
	return answer(s, ihave_code(rc));
}
