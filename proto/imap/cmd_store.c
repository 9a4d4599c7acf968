/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * STORE and UID STORE.  RFC 3501 section 6.4.6, RFC 7162 section 3.1.3
 *
 * The untagged answers are said here; updates that follow leave out what this change did.
 */
#include "proto/imap/imap_session.h"

enum { PHASE_DONE = 1, PHASE_TELL };

/* What the command says; read again when a keyword had to be made first. */
struct store_ask {
	enum mail_flag_op op;
	bool silent;
	bool conditional;
	uint64_t unchanged_since;
	uint64_t flags;
};

static struct store_ask *ask_of(struct imap_session *s)
{
	return s->cur.own;
}

/* "(UNCHANGEDSINCE 5) " */
static bool read_condition(struct imap_session *s, struct cursor *c, struct store_ask *ask)
{
	if (cursor_peek(c) != '(')
		return true;
	ask->conditional = true;
	s->enabled |= EN_CONDSTORE;
	return cursor_take_ci(c, lit("(UNCHANGEDSINCE ")) &&
	       imap_read_modseq(c, &ask->unchanged_since) && cursor_take_ci(c, lit(") "));
}

static bool read_op(struct cursor *c, struct store_ask *ask)
{
	ask->op = cursor_take(c, '+') ? FLAGS_ADD : cursor_take(c, '-') ? FLAGS_REMOVE : FLAGS_SET;
	if (!cursor_take_ci(c, lit("FLAGS")))
		return false;
	ask->silent = cursor_take_ci(c, lit(".SILENT"));
	return imap_read_sp(c);
}

static bool on_stored(void *arg, const struct mail_row *r)
{
	struct imap_session *s = arg;
	const struct store_ask *ask = s->cur.own;

	s->cur.full = talk_full(&s->talk) || imap_has_new_keyword(s, r->flags);
	if (s->cur.full)
		return false;
	s->cur.at = r->num + 1;
	if (!ask->silent)
		imap_say_row_flags(s, r, true, s->args->uid);
	else if (r->modseq == s->own_modseq)
		imap_say_row_flags(s, r, false, s->args->uid);
	return true;
}

/* MODIFIED names messages as the command did. */
static void add_failed(struct imap_session *s, const struct mail_ranges *failed)
{
	struct mail_ranges named = {0};

	imap_ranges_told(s, failed, s->args->uid, &named);
	imap_add_ranges(&s->reply, &named);
	imap_ranges_fini(&named);
}

static enum cmd_step finish(struct imap_session *s)
{
	if (s->res_failed.n == 0)
		return imap_ok(s, "stored");
	buf_reset(&s->reply);
	buf_add(&s->reply, lit("OK [MODIFIED "));
	add_failed(s, &s->res_failed);
	buf_add(&s->reply, lit("] some had changed"));
	return CMD_DONE;
}

/* The flags as they are now, of the whole set. */
static enum cmd_step tell(struct imap_session *s, const struct store_ask *ask)
{
	const struct mail_ranges *set = &s->cur.set;
	unsigned want = s->enabled & EN_CONDSTORE ? MAIL_WANT_FLAGS : MAIL_WANT_BARE_FLAGS;
	int rc = 0;

	if (ask->silent && !(s->enabled & EN_CONDSTORE))
		return finish(s);
	s->cur.full = false;
	for (; rc == 0 && !s->cur.full && s->cur.range < set->n; s->cur.range++) {
		const struct mail_range *r = &set->v[s->cur.range];
		uint32_t from = s->cur.at > r->first ? s->cur.at : r->first;

		if (from <= r->last)
			rc = mail_rows(s->mail, s->sel.box, from, r->last, want, 0, on_stored, s);
		if (rc < 0 || s->cur.full)
			break;
	}
	if (rc == 0 && s->cur.full && !talk_full(&s->talk))
		rc = imap_learn_keywords(s);
	if (rc < 0)
		return imap_fail(s, rc);
	return s->cur.full ? CMD_MORE : finish(s);
}

static enum cmd_step change(struct imap_session *s, const struct store_ask *ask)
{
	if (s->cur.set.n == 0)
		return imap_ok(s, "there are none");
	if (ask->conditional && ask->unchanged_since == 0) {
		/* every message has a mod-sequence of at least 1 */
		s->res_failed.n = 0;
		for (size_t i = 0; i < s->cur.set.n; i++)
			imap_ranges_add(
				&s->res_failed, s->cur.set.v[i].first, s->cur.set.v[i].last);
		return finish(s);
	}
	int rc = mail_flags(s->mail, s->sel.box, &s->cur.set, ask->op, ask->flags,
		ask->unchanged_since, imap_on_done, s, &s->ticket);

	return imap_wait(s, rc, PHASE_DONE);
}

static enum cmd_step begin(struct imap_session *s, const struct imap_line *a)
{
	struct store_ask *ask = arena_new(&s->arena, struct store_ask);
	struct cursor c = cursor_of(a->args);
	bool ok;

	if (!imap_read_set(s, &c))
		return CMD_DONE;
	if (!imap_read_sp(&c) || !read_condition(s, &c, ask) || !read_op(&c, ask))
		return imap_bad(s, "expected a set, FLAGS and a list of flags");
	enum cmd_step step = imap_read_flags(s, &c, &ask->flags, &ok);

	if (!ok)
		return step;
	if (!imap_read_end(&c))
		return imap_bad(s, "expected nothing behind the flags");
	s->cur.own = ask;
	return change(s, ask);
}

enum cmd_step imap_cmd_store(struct imap_session *s, const struct imap_line *a)
{
	if (s->cur.phase == 0)
		return begin(s, a);
	if (s->cur.phase == PHASE_DONE) {
		if (s->result < 0)
			return imap_fail_why(s, s->result);
		s->own_modseq = s->res.modseq;
		/* another's change that was not told lies under this one.  RFC 3501 section 6.4.6
		 */
		if (s->res.had > s->sel.modseq)
			ask_of(s)->silent = false;
		s->cur.phase = PHASE_TELL;
	}
	return tell(s, s->cur.own);
}
