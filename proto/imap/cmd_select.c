/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SELECT, EXAMINE, UNSELECT.  RFC 3501 section 6.3.1, RFC 3691, RFC 7162 section 3.1.8, 3.2.5
 *
 * The reads that describe a mailbox are asked for again from the first when one of them must wait;
 * nothing is said before all are answered.
 */
#include "proto/base/mem.h"
#include "proto/imap/imap_session.h"

enum { PHASE_MISSED = 1, PHASE_SAY_MISSED, PHASE_CHANGED };

/* What a client knows of the mailbox from before.  RFC 7162 section 3.2.5 */
struct qresync {
	uint32_t validity;
	uint64_t modseq;
};

void imap_deselect(struct imap_session *s)
{
	if (s->sel.box)
		mail_watch(s->mail, 0);
	imap_view_fini(&s->sel.view);
	imap_view_fini(&s->up.now);
	s->up.phase = UP_NONE;
	s->sel = (struct imap_selected){.view = s->sel.view};
	s->news = false;
	s->own_modseq = 0;
}

enum cmd_step imap_cmd_unselect(struct imap_session *s, const struct imap_line *a)
{
	(void)a;
	imap_deselect(s);
	return imap_ok(s, "nothing is selected");
}

/* ---- arguments ---- */

/* " (uidvalidity modseq [known-uids [(known-seqs known-uids)]])": the latter two save nothing here.
 */
static bool read_qresync(struct imap_session *s, struct cursor *c, struct qresync *q)
{
	if (!cursor_take_ci(c, lit(" (")) || !imap_read_nz_number(c, &q->validity) ||
		!imap_read_sp(c) || !imap_read_modseq(c, &q->modseq) || q->modseq == 0)
		return false;
	struct slice rest = cursor_rest(c);
	size_t end = slice_chr(rest, ')');

	if (slice_chr(rest, '(') < end) /* the pairs have parentheses of their own */
		end += 1 + slice_chr(slice_from(rest, end + 1), ')');
	c->at += end;
	s->cur.own = q;
	return cursor_take(c, ')');
}

static bool read_params(struct imap_session *s, struct cursor *c)
{
	if (!cursor_take(c, ' '))
		return imap_read_end(c);
	if (!cursor_take(c, '('))
		return false;
	do {
		if (imap_read_word(c, lit("CONDSTORE")))
			s->enabled |= EN_CONDSTORE;
		else if (!(s->enabled & EN_QRESYNC) || !cursor_take_ci(c, lit("QRESYNC")) ||
			 !read_qresync(s, c, arena_new(&s->arena, struct qresync)))
			return false;
	} while (cursor_take(c, ' '));
	return cursor_take(c, ')') && imap_read_end(c);
}

/* ---- what is said ---- */

static void describe(struct imap_session *s, uint32_t first_unseen)
{
	const struct imap_view *v = &s->sel.view;
	uint32_t unseen_seq = imap_view_seq(v, first_unseen);

	imap_say_flags(s);
	imap_sayf(s, "%u EXISTS", v->count);
	imap_say(s, lit("0 RECENT"));
	if (unseen_seq > 0)
		imap_sayf(s, "OK [UNSEEN %u] the first one unread", unseen_seq);
	imap_sayf(s, "OK [UIDVALIDITY %u] numbers hold", s->sel.box);
	imap_sayf(s, "OK [UIDNEXT %u] the next number", v->next);
	imap_sayf(s, "OK [HIGHESTMODSEQ %llu] the last change", (unsigned long long)s->sel.modseq);
}

/* Ask for all that describes the mailbox; KERR_WAIT begins again. */
static int look(struct imap_session *s, struct slice name, uint32_t *first_unseen)
{
	struct mail_box *b = &s->cur.box;
	uint32_t n_unseen;
	int rc = mail_box(s->mail, name, b);

	if (rc == 0 && (b->id == 0 || !(b->rights & MAIL_READ)))
		rc = KERR_NOTFOUND;
	s->cur.found.n = 0;
	if (rc == 0)
		rc = mail_absent(s->mail, b->id, &s->cur.found);
	if (rc == 0)
		rc = mail_unseen(s->mail, b->id, &n_unseen, first_unseen);
	if (rc == 0)
		rc = imap_load_keywords(s);
	return rc;
}

static bool on_changed(void *arg, const struct mail_row *r)
{
	struct imap_session *s = arg;

	s->cur.full = talk_full(&s->talk);
	if (s->cur.full)
		return false;
	imap_say_row_flags(s, r, true, true);
	s->cur.at = r->num + 1;
	return true;
}

static enum cmd_step finish(struct imap_session *s)
{
	return imap_ok(s, "[READ-%s] selected", s->sel.read_only ? "ONLY" : "WRITE");
}

/* Flags that the client has missed. */
static enum cmd_step say_changed(struct imap_session *s, const struct qresync *q)
{
	int rc = 0;

	s->cur.full = false;
	if (s->cur.at < s->sel.view.next)
		rc = mail_rows(s->mail, s->sel.box, s->cur.at, s->sel.view.next - 1,
			MAIL_WANT_FLAGS, q->modseq, on_changed, s);
	if (rc < 0)
		return imap_fail(s, rc);
	return s->cur.full ? CMD_MORE : finish(s);
}

static enum cmd_step resync(struct imap_session *s)
{
	const struct qresync *q = s->cur.own;

	if (!q || q->validity != s->sel.box || q->modseq >= s->sel.modseq)
		return finish(s);
	if (s->cur.phase == PHASE_MISSED) {
		int rc = imap_load_earlier(s, q->modseq);

		if (rc < 0)
			return imap_fail(s, rc);
		s->cur.phase = PHASE_SAY_MISSED;
	}
	if (s->cur.phase == PHASE_SAY_MISSED) {
		if (!imap_say_earlier(s))
			return CMD_MORE;
		s->cur.phase = PHASE_CHANGED;
		s->cur.at = 1;
	}
	return say_changed(s, q);
}

/* An open mailbox is closed without EXPUNGE, whether the new one opens or not. */
static void leave(struct imap_session *s)
{
	if (s->sel.box && (s->enabled & EN_QRESYNC))
		imap_say(s, lit("OK [CLOSED] the mailbox before is closed"));
	imap_deselect(s);
}

static void enter(struct imap_session *s, bool examine, uint32_t first_unseen)
{
	const struct mail_box *b = &s->cur.box;
	unsigned any = MAIL_SEEN_RIGHT | MAIL_WRITE | MAIL_DELETE_MSG | MAIL_EXPUNGE;

	s->sel.box = b->id;
	s->sel.read_only = examine || !(b->rights & any);
	s->sel.rights = b->rights;
	s->sel.modseq = b->modseq;
	memcpy(s->sel.name, b->name, sizeof s->sel.name);
	imap_view_set(&s->sel.view, b->low, b->next, &s->cur.found);
	mail_watch(s->mail, b->id);
	describe(s, first_unseen);
}

static enum cmd_step select_box(struct imap_session *s, const struct imap_line *a, bool examine)
{
	struct cursor c = cursor_of(a->args);
	uint32_t first_unseen = 0;
	struct slice name;

	if (s->cur.phase >= PHASE_MISSED)
		return resync(s);
	if (!imap_read_mailbox(s, &c, &name) || !read_params(s, &c))
		return imap_bad(s, "expected the name of a mailbox");
	leave(s);
	int rc = look(s, name, &first_unseen);

	if (rc < 0)
		return imap_fail(s, rc);
	enter(s, examine, first_unseen);
	s->cur.phase = PHASE_MISSED;
	return resync(s);
}

enum cmd_step imap_cmd_select(struct imap_session *s, const struct imap_line *a)
{
	return select_box(s, a, false);
}

enum cmd_step imap_cmd_examine(struct imap_session *s, const struct imap_line *a)
{
	return select_box(s, a, true);
}
