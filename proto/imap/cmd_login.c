/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LOGIN, AUTHENTICATE PLAIN and LOGIN, STARTTLS.  A password in the clear is refused before it is
 * looked at, unless a setting allows it.  RFC 3501 section 6.2, RFC 4616, RFC 4959
 */
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/imap/imap_session.h"

enum { PHASE_ASKED = 1, PHASE_PLAIN, PHASE_USER, PHASE_PASS };

enum { SASL_MAX = 4096 };

/* What AUTHENTICATE LOGIN has been told. */
struct login_words {
	struct slice user;
};

bool imap_login_usable(const struct imap_session *s)
{
	return (s->tls || s->opts.plain_login) && forum_may_login(s->forum);
}

/* Passwords shall not lie about in memory that is used again. */
static void wipe_line(struct imap_session *s)
{
	if (s->parser.buf.data)
		mem_wipe(s->parser.buf.data, s->parser.buf.cap);
}

static void on_login(void *arg, const struct forum_result *r)
{
	imap_on_done(arg, &(struct mail_result){.rc = r->rc, .why = r->why});
}

static enum cmd_step login_failed(struct imap_session *s, int rc)
{
	s->stats->n_login_bad++;
	return rc == KERR_BUSY ? imap_no(s, "[LIMIT] too many tries, come again later")
			       : imap_no(s, "[AUTHENTICATIONFAILED] wrong name or password");
}

/* The capabilities after login come along, which saves a question.  RFC 3501 section 7.1 */
static enum cmd_step login_answered(struct imap_session *s)
{
	if (s->result < 0)
		return login_failed(s, s->result);
	s->stats->n_login_ok++;
	buf_reset(&s->reply);
	buf_add(&s->reply, lit("OK [CAPABILITY "));
	imap_add_capabilities(s, &s->reply);
	buf_add(&s->reply, lit("] welcome"));
	return CMD_DONE;
}

static enum cmd_step ask(struct imap_session *s, struct slice user, struct slice pass)
{
	int rc = forum_login(s->forum, user, pass, on_login, s, &s->ticket);

	wipe_line(s);
	if (rc < 0)
		return login_failed(s, rc);
	s->cur.phase = PHASE_ASKED;
	return CMD_WAIT;
}

/* RFC 5530 section 3, PRIVACYREQUIRED */
static enum cmd_step refused(struct imap_session *s)
{
	wipe_line(s);
	if (!s->tls && !s->opts.plain_login)
		return imap_no(s, "[PRIVACYREQUIRED] use TLS first");
	return imap_no(s, "[UNAVAILABLE] no login here");
}

enum cmd_step imap_cmd_login(struct imap_session *s, const struct imap_line *a)
{
	struct cursor c = cursor_of(a->args);
	struct slice user, pass;

	if (s->cur.phase == PHASE_ASKED)
		return login_answered(s);
	if (!imap_read_astring(&c, &s->arena, &user) || !imap_read_sp(&c) ||
		!imap_read_astring(&c, &s->arena, &pass) || !imap_read_end(&c))
		return imap_bad(s, "expected a name and a password");
	return imap_login_usable(s) ? ask(s, user, pass) : refused(s);
}

/* ---- AUTHENTICATE ---- */

/* base64 into the arena; "=" is an empty initial response.  RFC 4959 section 3 */
static bool decode(struct imap_session *s, struct slice coded, struct slice *out)
{
	struct buf b;
	bool ok = true;

	buf_init(&b, SASL_MAX);
	if (!slice_eq(coded, lit("=")))
		ok = base64_decode(&b, coded) && !b.bad;
	*out = arena_dup(&s->arena, buf_slice(&b));
	if (b.data)
		mem_wipe(b.data, b.cap);
	buf_fini(&b);
	return ok;
}

/* authzid NUL authcid NUL password; acting for another is not possible.  RFC 4616 section 2 */
static enum cmd_step take_plain(struct imap_session *s, struct slice coded)
{
	struct slice rest, authz, user;

	if (!decode(s, coded, &rest))
		return imap_bad(s, "this is no base64");
	if (!slice_split(&rest, '\0', &authz) || !slice_split(&rest, '\0', &user) || !rest.p ||
		slice_chr(rest, '\0') < rest.len)
		return imap_bad(s, "this is no message of PLAIN");
	if (authz.len > 0 && !slice_eq(authz, user))
		return imap_no(s, "[AUTHORIZATIONFAILED] one may log in as oneself only");
	return ask(s, user, rest);
}

static enum cmd_step ask_text(struct imap_session *s, struct slice prompt, unsigned phase)
{
	buf_add(&s->talk.out, prompt);
	s->cur.phase = phase;
	return CMD_TEXT;
}

/* "Username:", "Password:".  draft-murchison-sasl-login */
static enum cmd_step take_user(struct imap_session *s, struct slice coded)
{
	struct login_words *w = arena_new(&s->arena, struct login_words);

	if (!decode(s, coded, &w->user))
		return imap_bad(s, "this is no base64");
	s->cur.own = w;
	return ask_text(s, lit("+ UGFzc3dvcmQ6\r\n"), PHASE_PASS);
}

static enum cmd_step take_pass(struct imap_session *s, struct slice coded)
{
	struct login_words *w = s->cur.own;
	struct slice pass;

	if (!decode(s, coded, &pass))
		return imap_bad(s, "this is no base64");
	return ask(s, w->user, pass);
}

static enum cmd_step take_text(struct imap_session *s)
{
	if (slice_eq(s->text, lit("*")))
		return imap_bad(s, "given up");
	switch (s->cur.phase) {
	case PHASE_PLAIN:
		return take_plain(s, s->text);
	case PHASE_USER:
		return take_user(s, s->text);
	default:
		return take_pass(s, s->text);
	}
}

enum cmd_step imap_cmd_authenticate(struct imap_session *s, const struct imap_line *a)
{
	struct cursor c = cursor_of(a->args);
	struct slice mech, first = {0};
	bool plain;

	if (s->cur.phase == PHASE_ASKED)
		return login_answered(s);
	if (s->cur.phase > 0)
		return take_text(s);
	if (!imap_read_atom(&c, &mech))
		return imap_bad(s, "expected a mechanism");
	if (cursor_take(&c, ' '))
		first = cursor_rest(&c);
	else if (!imap_read_end(&c))
		return imap_bad(s, "expected a mechanism");
	plain = slice_eq_ci(mech, lit("PLAIN"));
	if (!plain && !slice_eq_ci(mech, lit("LOGIN")))
		return imap_no(s, "[CANNOT] unknown mechanism");
	if (!imap_login_usable(s))
		return refused(s);
	if (first.len > 0)
		return plain ? take_plain(s, first) : take_user(s, first);
	return plain ? ask_text(s, lit("+ \r\n"), PHASE_PLAIN)
		     : ask_text(s, lit("+ VXNlcm5hbWU6\r\n"), PHASE_USER);
}

enum cmd_step imap_cmd_starttls(struct imap_session *s, const struct imap_line *a)
{
	(void)a;
	if (s->tls)
		return imap_bad(s, "TLS is on");
	if (!s->opts.starttls)
		return imap_no(s, "[UNAVAILABLE] no TLS here");
	(void)imap_ok(s, "begin TLS");
	return CMD_TLS;
}
