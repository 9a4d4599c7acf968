/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * APPEND; into a group that is posting.  RFC 3501 section 6.3.11, RFC 4315 section 3, RFC 7889
 *
 * All that can be refused is refused before the message is read: a client that waits for "+" then
 * never sends it.
 */
#include "proto/base/date.h"
#include "proto/imap/imap_session.h"

enum { PHASE_CHECKED, PHASE_READ, PHASE_STORED };

/* Kept while the message is read. */
struct append_ask {
	struct slice mailbox;
	uint64_t flags;
	int64_t date;
	bool utf8; /* in the form "UTF8 (~{n}"; RFC 6855 section 4 */
};

static bool read_date(struct cursor *c, struct arena *ar, int64_t *date_out)
{
	struct slice text;

	return imap_read_string(c, ar, &text) && date_parse_imap(text, date_out) && imap_read_sp(c);
}

/* " (flags) "date" UTF8 (" up to the literal.  *ok_out as in imap_read_flags. */
static enum cmd_step read_options(
	struct imap_session *s, struct cursor *c, struct append_ask *ask, bool *ok_out)
{
	enum cmd_step step = CMD_DONE;

	*ok_out = true;
	if (cursor_peek(c) == '(') {
		step = imap_read_flags(s, c, &ask->flags, ok_out);
		if (!*ok_out)
			return step;
		*ok_out = imap_read_sp(c);
	}
	if (*ok_out && cursor_peek(c) == '"')
		*ok_out = read_date(c, &s->arena, &ask->date);
	ask->utf8 = *ok_out && (s->enabled & EN_UTF8) && cursor_take_ci(c, lit("UTF8 ("));
	*ok_out = *ok_out && imap_read_end(c);
	return *ok_out ? CMD_DONE : imap_bad(s, "expected flags, a date and a message");
}

/* The size is known before the message comes; one that comes anyway ends the conversation. */
static enum cmd_step check_size(struct imap_session *s, const struct imap_line *a)
{
	if (a->literal_len == 0)
		return imap_no(s, "an empty message is none");
	s->talk.closing |= !a->sync;
	s->stats->n_append_refused++;
	return imap_no(s, "[TOOBIG] a message may have %zu bytes", forum_max_article(s->forum));
}

static enum cmd_step check_box(struct imap_session *s, const struct append_ask *ask)
{
	const struct mail_box *b = &s->cur.box;
	int rc = mail_box(s->mail, ask->mailbox, &s->cur.box);

	if (rc == KERR_NOTFOUND || (rc == 0 && b->id == 0))
		return imap_no(s, "[TRYCREATE] there is no such mailbox");
	if (rc < 0)
		return imap_fail(s, rc);
	if (!(b->rights & (MAIL_INSERT | MAIL_POST)))
		return imap_fail(s, KERR_DENIED);
	return CMD_DATA;
}

static enum cmd_step begin(struct imap_session *s, const struct imap_line *a)
{
	struct append_ask *ask = arena_new(&s->arena, struct append_ask);
	struct cursor c = cursor_of(a->args);
	enum cmd_step step;
	bool ok;

	if (!imap_read_mailbox(s, &c, &ask->mailbox) || !imap_read_sp(&c) || !a->streams)
		return imap_bad(s, "expected a mailbox and a message");
	step = read_options(s, &c, ask, &ok);
	if (!ok)
		return step;
	if (a->literal_len == 0 || a->literal_len > forum_max_article(s->forum))
		return check_size(s, a);
	step = check_box(s, ask);
	if (step != CMD_DATA)
		return step;
	s->cur.own = ask;
	s->cur.receiving = true;
	s->cur.phase = PHASE_READ;
	s->block.max = a->literal_len;
	if (a->sync)
		buf_add(&s->talk.out, lit("+ send it\r\n"));
	return CMD_DATA;
}

static enum cmd_step store(struct imap_session *s, const struct imap_line *a)
{
	const struct append_ask *ask = s->cur.own;
	struct err why = {{0}};
	int rc;

	if (s->cur.no_room) {
		s->stats->n_append_refused++;
		return imap_no(
			s, "[LIMIT] too many messages are coming in at once, try again later");
	}
	if (a->streams || !slice_eq(a->args, ask->utf8 ? lit(")") : lit("")))
		rc = KERR_INVALID;
	else
		rc = mail_append(s->mail, s->cur.box.id, &s->block, ask->flags, ask->date,
			imap_on_done, s, &s->ticket, &why);
	if (rc == KERR_WAIT)
		return CMD_WAIT;
	buf_fini(&s->block);
	buf_init(&s->block, 0);
	s->cur.receiving = false;
	if (rc == KERR_INVALID && why.text[0] == '\0')
		return imap_bad(s, "expected one message");
	s->stats->n_append_refused += rc < 0;
	buf_reset(&s->why);
	imap_add_text(&s->why, slice_str(why.text));
	if (rc < 0)
		return imap_fail_why(s, rc);
	s->cur.phase = PHASE_STORED;
	return CMD_WAIT;
}

static enum cmd_step answered(struct imap_session *s)
{
	if (s->result < 0) {
		s->stats->n_append_refused++;
		return imap_fail_why(s, s->result);
	}
	s->stats->n_appended++;
	if (s->res_to.n == 0)
		return imap_ok(s, "stored");
	return imap_ok(s, "[APPENDUID %u %u] stored", s->res.box, s->res_to.v[0].first);
}

enum cmd_step imap_cmd_append(struct imap_session *s, const struct imap_line *a)
{
	switch (s->cur.phase) {
	case PHASE_CHECKED:
		return begin(s, a);
	case PHASE_READ:
		return store(s, a);
	default:
		return answered(s);
	}
}
