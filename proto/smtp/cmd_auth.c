/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * AUTH PLAIN and LOGIN, STARTTLS.  A password in the clear is refused before it is looked at,
 * unless a setting allows it.  RFC 4954 section 4, RFC 4616, RFC 3207
 */
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/smtp/smtp_session.h"

enum phase { PHASE_BEGIN, PHASE_PLAIN, PHASE_USER, PHASE_PASS, PHASE_ASKED };

enum { AUTH_MAX = SMTP_AUTH_LINE_MAX };

static enum smtp_step challenge(struct smtp_session *s, enum phase phase, struct slice line)
{
	smtp_say(s, line);
	s->phase = phase;
	return SMTP_REPLY;
}

static enum smtp_step login_failed(struct smtp_session *s, int rc)
{
	s->stats->n_login_bad++;
	if (rc == KERR_DENIED)
		return smtp_done(s, lit("535 5.7.8 wrong name or password"));
	return smtp_done(s, rc == KERR_BUSY ? lit("454 4.7.0 too many tries, come again later")
					    : lit("454 4.7.0 no login now, come again later"));
}

static enum smtp_step check(struct smtp_session *s, struct slice user, struct slice pass)
{
	int rc = forum_login(s->forum, user, pass, smtp_on_done, s, &s->ticket);

	if (rc < 0)
		return login_failed(s, rc);
	s->phase = PHASE_ASKED;
	return SMTP_WAIT;
}

/* [authzid] NUL authcid NUL password; one may only be oneself.  RFC 4616 section 2 */
static enum smtp_step plain(struct smtp_session *s, struct slice message)
{
	struct slice authzid, user;

	if (!slice_split(&message, '\0', &authzid) || !slice_split(&message, '\0', &user) ||
		!message.p || user.len == 0 || slice_chr(message, '\0') < message.len)
		return smtp_done(s, lit("501 5.5.2 this is no PLAIN message"));
	if (authzid.len > 0 && !slice_eq(authzid, user))
		return login_failed(s, KERR_DENIED);
	return check(s, user, message);
}

static enum smtp_step take_user(struct smtp_session *s, struct slice user)
{
	buf_reset(&s->user);
	buf_add(&s->user, user);
	return challenge(s, PHASE_PASS, lit("334 UGFzc3dvcmQ6")); /* "Password:" */
}

/* A response that has been decoded. */
static enum smtp_step take(struct smtp_session *s, struct slice response)
{
	switch ((enum phase)s->phase) {
	case PHASE_PLAIN:
		return plain(s, response);
	case PHASE_USER:
		return take_user(s, response);
	case PHASE_PASS:
		return check(s, buf_slice(&s->user), response);
	case PHASE_BEGIN:
	case PHASE_ASKED:
		break;
	}
	return SMTP_DONE;
}

static enum smtp_step decode(struct smtp_session *s, struct slice text)
{
	enum smtp_step step;
	struct buf b;

	if (slice_eq(text, lit("*")))
		return smtp_done(s, lit("501 5.7.0 cancelled"));
	buf_init(&b, AUTH_MAX);
	if (base64_decode(&b, text))
		step = take(s, buf_slice(&b));
	else
		step = smtp_done(s, lit("501 5.5.2 this is no base64"));
	if (b.data)
		mem_wipe(b.data, b.cap);
	buf_fini(&b);
	return step;
}

/* Answered when a login may not come now.  RFC 4954 section 4 */
static bool refused(struct smtp_session *s)
{
	if (forum_has_login(s->forum))
		smtp_say(s, lit("503 5.5.1 you have logged in already"));
	else if (!smtp_login_usable(s) && !s->tls)
		smtp_say(s, lit("538 5.7.11 use TLS first"));
	else if (!smtp_login_usable(s))
		smtp_say(s, lit("502 5.7.0 no login here"));
	else
		return false;
	return true;
}

/* "AUTH mechanism [initial-response]"; "=" is an empty one. */
static enum smtp_step begin(struct smtp_session *s, struct slice arg)
{
	struct slice mechanism, initial;
	bool is_login;

	if (refused(s) || !slice_word(&arg, &mechanism))
		return SMTP_DONE;
	is_login = slice_eq_ci(mechanism, lit("LOGIN"));
	if (!is_login && !slice_eq_ci(mechanism, lit("PLAIN")))
		return smtp_done(s, lit("504 5.5.4 only PLAIN and LOGIN"));
	s->phase = is_login ? PHASE_USER : PHASE_PLAIN;
	initial = slice_trim(arg);
	if (initial.len > 0)
		return decode(s, slice_eq(initial, lit("=")) ? lit("") : initial);
	return challenge(s, s->phase,
		is_login ? lit("334 VXNlcm5hbWU6") /* "Username:" */
			 : lit("334 "));
}

enum smtp_step smtp_cmd_auth(struct smtp_session *s, const struct smtp_line *l)
{
	if (s->phase == PHASE_BEGIN)
		return begin(s, l->arg);
	if (s->phase != PHASE_ASKED)
		return decode(s, l->line);
	if (s->result < 0)
		return login_failed(s, s->result);
	s->stats->n_login_ok++;
	return smtp_done(s, lit("235 2.7.0 welcome"));
}

enum smtp_step smtp_cmd_starttls(struct smtp_session *s, const struct smtp_line *l)
{
	(void)l;
	if (s->tls || forum_has_login(s->forum))
		return smtp_done(s, lit("503 5.5.1 TLS is on, or you have logged in"));
	if (!s->opts.starttls)
		return smtp_done(s, lit("454 4.7.0 no TLS here"));
	smtp_say(s, lit("220 2.0.0 begin TLS"));
	return SMTP_TLS;
}
