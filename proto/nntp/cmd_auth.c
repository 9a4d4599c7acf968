/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * AUTHINFO USER and PASS, STARTTLS.  A password in the clear is refused before it is looked at,
 * unless a setting allows it.  RFC 4643 section 2.3, RFC 4642 section 2.2
 */
#include "proto/nntp/nntp_session.h"

/* Answered when a password may not come now. */
static bool refused(struct nntp_session *s)
{
	if (forum_has_login(s->forum))
		nntp_say(s, lit("502 you have logged in already"));
	else if (!nntp_login_usable(s) && !s->tls)
		nntp_say(s, lit("483 use TLS first"));
	else if (!nntp_login_usable(s))
		nntp_say(s, lit("502 no login here"));
	else
		return false;
	return true;
}

enum cmd_step nntp_cmd_auth_user(struct nntp_session *s, const struct nntp_args *a)
{
	if (refused(s))
		return CMD_DONE;
	buf_reset(&s->user);
	buf_add(&s->user, a->v[0]);
	return nntp_done(s, lit("381 now the password"));
}

static enum cmd_step login_failed(struct nntp_session *s, int rc)
{
	s->stats->n_login_bad++;
	return nntp_done(s, rc == KERR_BUSY ? lit("481 too many tries, come again later")
					    : lit("481 wrong name or password"));
}

/* All that follows the keyword: a password may hold blanks.  RFC 4643 section 3.1 */
static struct slice password(const struct nntp_args *a)
{
	return slice_from(a->line, (size_t)(a->v[0].p - a->line.p));
}

enum cmd_step nntp_cmd_auth_pass(struct nntp_session *s, const struct nntp_args *a)
{
	int rc;

	if (s->cur.phase == 1) {
		if (s->result < 0)
			return login_failed(s, s->result);
		s->stats->n_login_ok++;
		return nntp_done(s, lit("281 welcome"));
	}
	if (refused(s))
		return CMD_DONE;
	if (s->user.len == 0)
		return nntp_done(s, lit("482 the name comes first"));
	rc = forum_login(s->forum, buf_slice(&s->user), password(a), nntp_on_done, s, &s->ticket);
	buf_reset(&s->user);
	if (rc < 0)
		return login_failed(s, rc);
	s->cur.phase = 1;
	return CMD_WAIT;
}

enum cmd_step nntp_cmd_starttls(struct nntp_session *s, const struct nntp_args *a)
{
	(void)a;
	if (s->tls || forum_has_login(s->forum))
		return nntp_done(s, lit("502 TLS is on, or you have logged in"));
	if (!s->opts.starttls)
		return nntp_done(s, lit("580 no TLS here"));
	nntp_say(s, lit("382 begin TLS"));
	return CMD_TLS;
}
