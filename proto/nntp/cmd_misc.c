/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CAPABILITIES, DATE, HELP, MODE READER, QUIT.  RFC 3977 section 5, 7.1, 7.2 */
#include "proto/base/date.h"
#include "proto/nntp/nntp_session.h"

static void add_list_keywords(struct nntp_session *s)
{
	buf_add(&s->talk.out, lit("LIST"));
	for (size_t i = 0; i < nntp_n_cmds; i++)
		if (nntp_cmds[i].flags & CMD_LISTED) {
			buf_addc(&s->talk.out, ' ');
			buf_add(&s->talk.out, nntp_cmds[i].variant);
		}
	buf_add(&s->talk.out, lit("\r\n"));
}

/* A keyword we do not know is ignored.  RFC 3977 section 5.2.2 */
enum cmd_step nntp_cmd_capabilities(struct nntp_session *s, const struct nntp_args *a)
{
	if (a->n > 0 && !nntp_keyword_valid(a->v[0]))
		return nntp_done(s, lit("501 this is no keyword"));
	nntp_say(s, lit("101 capabilities follow"));
	nntp_say(s, lit("VERSION 2"));
	nntp_say(s, lit("IMPLEMENTATION kokod " PACKAGE_VERSION));
	nntp_say(s, lit("READER"));
	if (forum_may_post(s->forum))
		nntp_say(s, lit("POST"));
	if (forum_may_relay(s->forum))
		nntp_say(s, lit("IHAVE\r\nSTREAMING"));
	nntp_say(s, lit("HDR"));
	add_list_keywords(s);
	nntp_say(s, lit("NEWNEWS"));
	nntp_say(s, lit("OVER MSGID"));
	if (nntp_login_usable(s) && !forum_has_login(s->forum))
		nntp_say(s, lit("AUTHINFO USER"));
	if (s->opts.starttls && !s->tls && !forum_has_login(s->forum))
		nntp_say(s, lit("STARTTLS"));
	return nntp_done(s, lit("."));
}

enum cmd_step nntp_cmd_date(struct nntp_session *s, const struct nntp_args *a)
{
	(void)a;
	buf_add(&s->talk.out, lit("111 "));
	date_add_nntp(&s->talk.out, s->talk.now_at);
	return nntp_done(s, lit(""));
}

enum cmd_step nntp_cmd_help(struct nntp_session *s, const struct nntp_args *a)
{
	(void)a;
	nntp_say(s, lit("100 commands follow"));
	for (size_t i = 0; i < nntp_n_cmds; i++) {
		const struct nntp_cmd *c = &nntp_cmds[i];

		nntp_sayf(s, "  %.*s%s%.*s%s%s", SLICE_ARG(c->verb), c->variant.len > 0 ? " " : "",
			SLICE_ARG(c->variant), c->args[0] ? " " : "", c->args);
	}
	return nntp_done(s, lit("."));
}

/* We switch no mode: it tells again what the greeting said.  RFC 3977 section 5.3.2 */
enum cmd_step nntp_cmd_mode_reader(struct nntp_session *s, const struct nntp_args *a)
{
	(void)a;
	if (forum_may_post(s->forum) || nntp_login_possible(s))
		return nntp_done(s, lit("200 posting allowed"));
	return nntp_done(s, lit("201 no posting"));
}

enum cmd_step nntp_cmd_quit(struct nntp_session *s, const struct nntp_args *a)
{
	(void)a;
	nntp_say(s, lit("205 good bye"));
	return CMD_CLOSE;
}
