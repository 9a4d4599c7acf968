/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Updates: what has changed in the selected mailbox since it was told last, as untagged EXPUNGE or
 * VANISHED, EXISTS and FETCH.  Said before a tagged answer and in IDLE, in steps that fit the
 * output.  Removals are told from the highest number down, so the view stays as it was until all
 * are said.  RFC 3501 section 5.2, 7.4.1; RFC 7162 section 3.2.10
 */
#include "proto/imap/imap_session.h"

/* ---- flags ---- */

void imap_say_row_flags(
	struct imap_session *s, const struct mail_row *r, bool with_flags, bool with_uid)
{
	uint32_t seq = imap_view_seq(&s->sel.view, r->num);
	struct buf *b = &s->talk.out;

	if (seq == 0)
		return;
	buf_addf(b, "* %u FETCH (", seq);
	if (with_uid)
		buf_addf(b, "UID %u ", r->num);
	if (s->enabled & EN_CONDSTORE)
		buf_addf(
			b, "MODSEQ (%llu)%s", (unsigned long long)r->modseq, with_flags ? " " : "");
	if (with_flags) {
		buf_add(b, lit("FLAGS "));
		imap_say_flag_list(s, b, r->flags);
	}
	buf_add(b, lit(")\r\n"));
}

static bool on_changed(void *arg, const struct mail_row *r)
{
	struct imap_session *s = arg;

	if (talk_full(&s->talk) || imap_has_new_keyword(s, r->flags)) {
		s->up.full = true;
		s->up.at = r->num;
		return false;
	}
	/* neighbours may have got the mod-sequence of a STORE that was not theirs (store.md) */
	if (r->modseq != s->own_modseq || !imap_ranges_have(&s->cur.set, r->num))
		imap_say_row_flags(s, r, true, s->enabled & EN_QRESYNC);
	s->up.at = r->num + 1;
	return true;
}

static enum cmd_step tell_flags(struct imap_session *s)
{
	struct imap_update *u = &s->up;
	uint32_t last = u->now.next - 1; /* those that came now are not told: they are asked for */
	int rc = 0;

	u->full = false;
	if (u->at <= last)
		rc = mail_rows(s->mail, s->sel.box, u->at, last, MAIL_WANT_FLAGS, s->sel.modseq,
			on_changed, s);
	if (rc == KERR_WAIT)
		return CMD_WAIT;
	if (u->full && talk_full(&s->talk))
		return CMD_MORE;
	if (u->full) { /* a keyword that another conversation has made */
		rc = imap_learn_keywords(s);
		return rc == 0 ? CMD_MORE : rc == KERR_WAIT ? CMD_WAIT : CMD_DONE;
	}
	s->sel.modseq = u->target;
	imap_view_fini(&u->now);
	u->phase = UP_NONE;
	return CMD_DONE;
}

/* ---- removals ---- */

/* The highest message of the view at or below `num` that lies in the gap; 0: none. */
static uint32_t gone_below(const struct imap_session *s, const struct imap_gap *g, uint32_t num)
{
	uint32_t seq = imap_view_upto(&s->sel.view, num < g->last ? num : g->last);
	uint32_t top = seq > 0 ? imap_view_num(&s->sel.view, seq) : 0;

	return top >= g->first ? top : 0;
}

static bool tell_expunged(struct imap_session *s)
{
	struct imap_update *u = &s->up;

	while (u->gap > 0) {
		uint32_t num = gone_below(s, &u->now.gaps[u->gap - 1], u->at);

		if (num == 0) {
			u->gap--;
			continue;
		}
		if (talk_full(&s->talk))
			return false;
		imap_sayf(s, "%u EXPUNGE", imap_view_seq(&s->sel.view, num));
		u->at = num - 1;
	}
	return true;
}

static void say_vanished(struct imap_session *s, struct mail_ranges *r)
{
	if (r->n == 0)
		return;
	buf_add(&s->talk.out, lit("* VANISHED "));
	imap_add_ranges(&s->talk.out, r);
	buf_add(&s->talk.out, lit("\r\n"));
	r->n = 0;
}

/*
 * The numbers of the view in one gap, in ranges as long as they are in the view; false: the output
 * is full, and u->at is the next number.
 */
static bool add_vanished(struct imap_session *s, const struct imap_gap *g, struct mail_ranges *r)
{
	const struct imap_view *v = &s->sel.view;
	uint32_t from = g->first > s->up.at ? g->first : s->up.at;
	uint32_t seq = imap_view_upto(v, from - 1) + 1, end = imap_view_upto(v, g->last);

	while (seq <= end) {
		uint32_t first = imap_view_num(v, seq), last = first;

		if (r->n >= IMAP_LINE_RANGES)
			say_vanished(s, r);
		if (r->n == 0 && talk_full(&s->talk)) {
			s->up.at = first;
			return false;
		}
		while (seq < end && imap_view_num(v, seq + 1) == last + 1) {
			seq++;
			last++;
		}
		imap_ranges_add(r, first, last);
		seq++;
	}
	return true;
}

static bool tell_vanished(struct imap_session *s)
{
	struct imap_update *u = &s->up;
	struct mail_ranges r = {0};
	bool all = true;

	for (; all && u->gap < u->now.n; u->gap += all)
		all = add_vanished(s, &u->now.gaps[u->gap], &r);
	say_vanished(s, &r);
	imap_ranges_fini(&r);
	return all;
}

static enum cmd_step tell_gone(struct imap_session *s)
{
	struct imap_update *u = &s->up;
	uint32_t old_next = s->sel.view.next, told = imap_view_upto(&u->now, old_next - 1);

	if (!(s->enabled & EN_QRESYNC ? tell_vanished(s) : tell_expunged(s)))
		return CMD_MORE;
	uint32_t count = u->now.count;

	if (count != told) {
		imap_sayf(s, "%u EXISTS", count);
		s->sel.told_aside = s->cmd->fn != imap_cmd_idle && s->cmd->fn != imap_cmd_noop;
	}
	imap_view_move(&s->sel.view, &u->now);
	u->now.next = old_next;
	u->phase = UP_FLAGS;
	u->at = 1;
	return tell_flags(s);
}

/* ---- looking ---- */

/* The mailbox was deleted, renamed, or is no longer ours: nobody may talk about it any more. */
static enum cmd_step lost(struct imap_session *s)
{
	imap_say(s, lit("BYE the selected mailbox is gone"));
	return CMD_CLOSE;
}

static enum cmd_step compare(struct imap_session *s, const struct mail_box *b)
{
	struct imap_update *u = &s->up;
	struct mail_ranges absent = {0};
	int rc = imap_load_keywords(s); /* a message that came may have one that is new to us */

	if (rc == 0)
		rc = mail_absent(s->mail, s->sel.box, &absent);
	if (rc == 0) {
		imap_view_set(&u->now, b->low, b->next, &absent);
		s->sel.behind = false;
		if (!u->may_expunge) {
			uint32_t all = u->now.count;

			imap_view_keep_old(&u->now, &s->sel.view);
			s->sel.behind = u->now.count != all;
		}
		u->target = b->modseq;
		u->gap = s->enabled & EN_QRESYNC ? 0 : u->now.n;
		u->at = s->enabled & EN_QRESYNC ? 1 : UINT32_MAX;
		u->phase = UP_GONE;
	}
	imap_ranges_fini(&absent);
	if (rc == KERR_WAIT)
		return CMD_WAIT;
	return rc < 0 ? lost(s) : tell_gone(s);
}

static enum cmd_step look(struct imap_session *s)
{
	struct mail_box b;
	int rc = mail_box(s->mail, slice_str(s->sel.name), &b);

	if (rc == KERR_WAIT)
		return CMD_WAIT;
	if (rc < 0 || b.id != s->sel.box)
		return lost(s);
	if (b.modseq == s->sel.modseq && b.next == s->sel.view.next &&
		!(s->sel.behind && s->up.may_expunge)) {
		s->up.phase = UP_NONE;
		return CMD_DONE;
	}
	return compare(s, &b);
}

void imap_sync_begin(struct imap_session *s, bool may_expunge)
{
	imap_view_fini(&s->up.now);
	s->up.phase = s->sel.box ? UP_LOOK : UP_NONE;
	s->up.may_expunge = may_expunge;
	s->news = false;
}

enum cmd_step imap_sync_step(struct imap_session *s)
{
	switch (s->up.phase) {
	case UP_NONE:
		return CMD_DONE;
	case UP_LOOK:
		return look(s);
	case UP_GONE:
		return tell_gone(s);
	case UP_FLAGS:
		return tell_flags(s);
	}
	return CMD_DONE;
}
