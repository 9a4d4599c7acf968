/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Flags between their words and their bits.  Keywords are the person's; a new one is made when a
 * client sets it first.  \Recent is never set: no session is the first to see a message here.
 */
#include "proto/imap/imap_session.h"

static const struct {
	struct slice name;
	uint64_t bit;
} system_flags[] = {
	{{"\\Answered", 9}, MAIL_ANSWERED},
	{{"\\Flagged", 8},  MAIL_FLAGGED },
	{{"\\Deleted", 8},  MAIL_DELETED },
	{{"\\Seen", 5},     MAIL_SEEN    },
	{{"\\Draft", 6},    MAIL_DRAFT   },
};

static void add_word(struct buf *b, struct slice word, bool *first)
{
	if (!*first)
		buf_addc(b, ' ');
	*first = false;
	buf_add(b, word);
}

static void add_flags(struct imap_session *s, struct buf *b, uint64_t flags, bool may_new)
{
	bool first = true;

	buf_addc(b, '(');
	for (size_t i = 0; i < array_len(system_flags); i++)
		if (flags & system_flags[i].bit)
			add_word(b, system_flags[i].name, &first);
	for (size_t i = 0; i < s->n_keywords; i++)
		if (flags & 1ull << (MAIL_KEYWORD_BIT + i))
			add_word(b, slice_str(s->keywords[i]), &first);
	if (may_new)
		add_word(b, lit("\\*"), &first);
	buf_addc(b, ')');
}

void imap_say_flag_list(struct imap_session *s, struct buf *b, uint64_t flags)
{
	add_flags(s, b, flags, false);
}

void imap_say_flags(struct imap_session *s)
{
	uint64_t all = ~0ull;
	unsigned rights = s->sel.rights;
	uint64_t may = (rights & MAIL_WRITE ? all & ~(uint64_t)(MAIL_SEEN | MAIL_DELETED) : 0) |
		       (rights & MAIL_SEEN_RIGHT ? MAIL_SEEN : 0) |
		       (rights & MAIL_DELETE_MSG ? MAIL_DELETED : 0);

	if (s->sel.read_only)
		may = 0;
	buf_add(&s->talk.out, lit("* FLAGS "));
	add_flags(s, &s->talk.out, all, false);
	buf_add(&s->talk.out, lit("\r\n* OK [PERMANENTFLAGS "));
	add_flags(s, &s->talk.out, may, may != 0 && s->n_keywords < MAIL_KEYWORDS);
	buf_add(&s->talk.out, lit("] these are kept\r\n"));
}

int imap_load_keywords(struct imap_session *s)
{
	size_t before = s->n_keywords;
	int rc = mail_keywords(s->mail, s->keywords, &s->n_keywords);

	if (rc == 0 && s->n_keywords != before && s->sel.box)
		imap_say_flags(s);
	return rc;
}

bool imap_has_new_keyword(const struct imap_session *s, uint64_t flags)
{
	return flags >> (MAIL_KEYWORD_BIT + s->n_keywords) != 0;
}

int imap_learn_keywords(struct imap_session *s)
{
	size_t before = s->n_keywords;
	int rc = imap_load_keywords(s);

	return rc == 0 && s->n_keywords == before ? KERR_DAMAGED : rc;
}

/* ---- reading ---- */

static uint64_t bit_of(const struct imap_session *s, struct slice word)
{
	for (size_t i = 0; i < array_len(system_flags); i++)
		if (slice_eq_ci(word, system_flags[i].name))
			return system_flags[i].bit;
	for (size_t i = 0; i < s->n_keywords; i++)
		if (slice_eq_ci(word, slice_str(s->keywords[i])))
			return 1ull << (MAIL_KEYWORD_BIT + i);
	return 0;
}

/* A keyword that nobody has used yet.  It may have been made by another conversation meanwhile. */
static enum cmd_step make_keyword(struct imap_session *s, struct slice word, bool *ok_out)
{
	int rc = KERR_FULL;

	*ok_out = false;
	if (s->cur.n_made++ < MAIL_KEYWORDS) /* its answer may have said no */
		rc = mail_keyword_add(s->mail, word, imap_on_done, s, &s->ticket);
	if (rc == KERR_EXISTS) {
		rc = imap_load_keywords(s);
		*ok_out = rc == 0 && bit_of(s, word);
		if (*ok_out)
			return CMD_DONE;
	}
	if (rc == KERR_FULL)
		return imap_no(s, "[LIMIT] too many keywords");
	return rc < 0 ? imap_fail(s, rc) : CMD_WAIT;
}

static enum cmd_step one_flag(
	struct imap_session *s, struct slice word, uint64_t *flags, bool *ok_out)
{
	uint64_t bit = bit_of(s, word);

	*ok_out = true;
	if (bit == 0 && word.p[0] != '\\') {
		int rc = imap_load_keywords(s);

		*ok_out = false;
		if (rc < 0)
			return imap_fail(s, rc);
		if (word.len > MAIL_KEYWORD_MAX)
			return imap_no(s, "[LIMIT] the keyword is too long");
		if (!bit_of(s, word)) {
			enum cmd_step step = make_keyword(s, word, ok_out);

			if (!*ok_out)
				return step;
		}
		*ok_out = true;
		bit = bit_of(s, word);
	}
	if (bit == 0 && !slice_eq_ci(word, lit("\\Recent"))) {
		*ok_out = false;
		return imap_bad(s, "unknown flag");
	}
	*flags |= bit;
	return CMD_DONE;
}

enum cmd_step imap_read_flags(
	struct imap_session *s, struct cursor *c, uint64_t *flags_out, bool *ok_out)
{
	bool list = cursor_take(c, '(');
	struct slice word;

	*flags_out = 0;
	*ok_out = true;
	if (list && cursor_take(c, ')'))
		return CMD_DONE;
	do {
		*ok_out = imap_read_flag(c, &word);
		if (!*ok_out)
			return imap_bad(s, "this is no flag");
		enum cmd_step step = one_flag(s, word, flags_out, ok_out);

		if (!*ok_out)
			return step;
	} while (cursor_take(c, ' '));
	*ok_out = !list || cursor_take(c, ')');
	return *ok_out ? CMD_DONE : imap_bad(s, "the list of flags does not end");
}
