/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CAPABILITY, ENABLE, ID, LOGOUT, NAMESPACE, NOOP and CHECK. */
#include "proto/imap/imap_session.h"

/* What is announced for itself, and not because of a command.  All of it works. */
static const char general[] = "LITERAL+ SASL-IR";
static const char for_persons[] = " ESEARCH CONDSTORE QRESYNC SPECIAL-USE CREATE-SPECIAL-USE"
				  " CHILDREN LIST-EXTENDED LIST-STATUS STATUS=SIZE UTF8=ACCEPT";

void imap_add_capabilities(const struct imap_session *s, struct buf *b)
{
	bool person = forum_has_login(s->forum);

	buf_addf(b, "IMAP4rev1 %s", general);
	for (size_t i = 0; i < imap_n_cmds; i++)
		if (imap_cmds[i].capability && (person || (imap_cmds[i].states & ST_STRANGER)))
			buf_addf(b, " %s", imap_cmds[i].capability);
	if (person) {
		buf_addf(b, "%s APPENDLIMIT=%zu", for_persons, forum_max_article(s->forum));
		return;
	}
	if (s->opts.starttls && !s->tls)
		buf_add(b, lit(" STARTTLS"));
	buf_add(b, imap_login_usable(s) ? lit(" AUTH=PLAIN AUTH=LOGIN") : lit(" LOGINDISABLED"));
}

enum cmd_step imap_cmd_capability(struct imap_session *s, const struct imap_line *a)
{
	(void)a;
	buf_add(&s->talk.out, lit("* CAPABILITY "));
	imap_add_capabilities(s, &s->talk.out);
	buf_add(&s->talk.out, lit("\r\n"));
	return imap_ok(s, "these are all");
}

/* Words that are not known are passed over.  RFC 5161 section 3.1 */
enum cmd_step imap_cmd_enable(struct imap_session *s, const struct imap_line *a)
{
	static const struct {
		struct slice word;
		unsigned on;
	} words[] = {
		{{"CONDSTORE", 9},    EN_CONDSTORE             },
		{{"QRESYNC", 7},      EN_CONDSTORE | EN_QRESYNC},
		{{"UTF8=ACCEPT", 11}, EN_UTF8                  },
	};
	struct cursor c = cursor_of(a->args);
	struct slice word;
	unsigned on = 0;

	do {
		if (!imap_read_atom(&c, &word))
			return imap_bad(s, "expected names of capabilities");
		for (size_t i = 0; i < array_len(words); i++)
			if (slice_eq_ci(word, words[i].word))
				on |= 1u << i;
	} while (cursor_take(&c, ' '));
	if (!imap_read_end(&c))
		return imap_bad(s, "expected names of capabilities");
	buf_add(&s->talk.out, lit("* ENABLED"));
	for (size_t i = 0; i < array_len(words); i++)
		if (on & 1u << i) {
			s->enabled |= words[i].on;
			buf_addf(&s->talk.out, " %.*s", SLICE_ARG(words[i].word));
		}
	buf_add(&s->talk.out, lit("\r\n"));
	return imap_ok(s, "enabled");
}

/* What the client tells about itself is not looked at.  RFC 2971 */
enum cmd_step imap_cmd_id(struct imap_session *s, const struct imap_line *a)
{
	(void)a;
	imap_say(s, lit("ID (\"name\" \"kokod\" \"version\" \"" PACKAGE_VERSION "\")"));
	return imap_ok(s, "pleased to meet you");
}

enum cmd_step imap_cmd_logout(struct imap_session *s, const struct imap_line *a)
{
	(void)a;
	imap_say(s, lit("BYE good bye"));
	(void)imap_ok(s, "logged out");
	return CMD_CLOSE;
}

/* Groups stand below one name, shared by all.  RFC 2342 section 5 */
enum cmd_step imap_cmd_namespace(struct imap_session *s, const struct imap_line *a)
{
	(void)a;
	imap_say(s, lit("NAMESPACE ((\"\" \"/\")) NIL ((\"Gruppen/\" \"/\"))"));
	return imap_ok(s, "these are all");
}

enum cmd_step imap_cmd_noop(struct imap_session *s, const struct imap_line *a)
{
	(void)a;
	return imap_ok(s, "nothing done");
}
