/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EHLO, HELO, HELP, NOOP, QUIT, VRFY.  RFC 5321 section 4.1.1 */
#include "proto/smtp/smtp_session.h"

/* One word: a host's name or address literal.  Clients have odd names, and nothing hangs on it. */
static bool hello(struct smtp_session *s, const struct smtp_line *l)
{
	if (slice_chr(l->arg, ' ') < l->arg.len || slice_chr(l->arg, '\t') < l->arg.len) {
		smtp_say(s, lit("501 5.5.4 expected one name"));
		return false;
	}
	smtp_mail_end(s);
	s->hello = true;
	return true;
}

/* RFC 1870, 2034, 2920, 3207, 4954, 6152, 6531; there are no status codes in this answer */
enum smtp_step smtp_cmd_ehlo(struct smtp_session *s, const struct smtp_line *l)
{
	if (!hello(s, l))
		return SMTP_DONE;
	smtp_sayf(s, "250-%s", forum_host(s->forum));
	smtp_say(s, lit("250-PIPELINING"));
	smtp_sayf(s, "250-SIZE %zu", forum_max_article(s->forum));
	if (s->opts.starttls && !s->tls)
		smtp_say(s, lit("250-STARTTLS"));
	if (smtp_login_usable(s) && !forum_has_login(s->forum))
		smtp_say(s, lit("250-AUTH PLAIN LOGIN"));
	smtp_say(s, lit("250-ENHANCEDSTATUSCODES"));
	smtp_say(s, lit("250-8BITMIME"));
	return smtp_done(s, lit("250 SMTPUTF8"));
}

enum smtp_step smtp_cmd_helo(struct smtp_session *s, const struct smtp_line *l)
{
	if (hello(s, l))
		smtp_sayf(s, "250 %s", forum_host(s->forum));
	return SMTP_DONE;
}

enum smtp_step smtp_cmd_help(struct smtp_session *s, const struct smtp_line *l)
{
	(void)l;
	buf_add(&s->talk.out, lit("214 2.0.0"));
	for (size_t i = 0; i < smtp_n_cmds; i++) {
		buf_addc(&s->talk.out, ' ');
		buf_add(&s->talk.out, smtp_cmds[i].verb);
	}
	buf_add(&s->talk.out, lit("\r\n"));
	return SMTP_DONE;
}

enum smtp_step smtp_cmd_noop(struct smtp_session *s, const struct smtp_line *l)
{
	(void)l;
	return smtp_done(s, lit("250 2.0.0 fine"));
}

enum smtp_step smtp_cmd_quit(struct smtp_session *s, const struct smtp_line *l)
{
	(void)l;
	smtp_say(s, lit("221 2.0.0 good bye"));
	return SMTP_CLOSE;
}

/* Who is here is nobody's business before RCPT.  RFC 5321 section 7.3 */
enum smtp_step smtp_cmd_vrfy(struct smtp_session *s, const struct smtp_line *l)
{
	(void)l;
	return smtp_done(s, lit("252 2.5.0 send the mail and see"));
}
