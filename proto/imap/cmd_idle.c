/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IDLE: updates are told as they come, until the client says DONE.  RFC 2177 */
#include "proto/imap/imap_session.h"

enum { PHASE_WAITING = 1, PHASE_TELLING };

static enum cmd_step tell(struct imap_session *s)
{
	enum cmd_step step;

	if (s->cur.phase == PHASE_WAITING)
		imap_sync_begin(s, true);
	s->cur.phase = PHASE_TELLING;
	step = imap_sync_step(s);
	if (step != CMD_DONE)
		return step;
	s->cur.phase = PHASE_WAITING;
	return s->text_here ? imap_ok(s, "back again") : CMD_TEXT;
}

enum cmd_step imap_cmd_idle(struct imap_session *s, const struct imap_line *a)
{
	(void)a;
	if (s->cur.phase == 0) {
		s->stats->n_idle++;
		s->cur.phase = PHASE_WAITING;
		s->news = s->sel.box != 0; /* what happened before is told now */
		buf_add(&s->talk.out, lit("+ idling\r\n"));
		/* Thunderbird looks for the message when IDLE tells of it, not when a STORE did. */
		if (s->sel.told_aside)
			imap_sayf(s, "%u EXISTS", s->sel.view.count);
		s->sel.told_aside = false;
		return CMD_TEXT;
	}
	if (s->text_here && !slice_eq_ci(s->text, lit("DONE")))
		return imap_bad(s, "expected DONE");
	return tell(s);
}
