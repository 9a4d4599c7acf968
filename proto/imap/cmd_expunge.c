/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EXPUNGE, UID EXPUNGE and CLOSE.  RFC 3501 section 6.4.2, 6.4.3; RFC 4315 section 2.1
 *
 * In a group this is a cancel, which another's article refuses.  What goes is told by the updates.
 */
#include "proto/imap/imap_session.h"

/* Ask for the removal of what carries \Deleted; 1: there is nothing. */
static int remove_deleted(struct imap_session *s, bool within_set)
{
	struct mail_ranges all = {0};
	int rc = mail_flagged(s->mail, s->sel.box, MAIL_DELETED, &all);

	s->cur.found.n = 0;
	if (!within_set) {
		s->cur.set.n = 0;
		if (s->sel.view.next > 1)
			imap_ranges_add(&s->cur.set, 1, s->sel.view.next - 1);
	}
	if (rc == 0)
		imap_ranges_intersect(&s->cur.found, &all, &s->cur.set);
	imap_ranges_fini(&all);
	if (rc == 0 && s->cur.found.n == 0)
		return 1;
	if (rc == 0)
		rc = mail_expunge(s->mail, s->sel.box, &s->cur.found, imap_on_done, s, &s->ticket);
	return rc;
}

static enum cmd_step answered(struct imap_session *s)
{
	if (s->result < 0)
		return imap_fail_why(s, s->result);
	if (s->enabled & EN_CONDSTORE) /* RFC 7162 section 3.2.7 */
		return imap_ok(
			s, "[HIGHESTMODSEQ %llu] expunged", (unsigned long long)s->res.modseq);
	return imap_ok(s, "expunged");
}

enum cmd_step imap_cmd_expunge(struct imap_session *s, const struct imap_line *a)
{
	struct cursor c = cursor_of(a->args);

	if (s->cur.phase == 1)
		return answered(s);
	if (a->uid && !imap_read_set(s, &c))
		return CMD_DONE;
	if (!imap_read_end(&c))
		return imap_bad(s, "expected nothing more");
	int rc = remove_deleted(s, a->uid);

	return rc == 1 ? imap_ok(s, "there was nothing to expunge") : imap_wait(s, rc, 1);
}

/* Nothing is said about what goes, nor about what may not. */
enum cmd_step imap_cmd_close(struct imap_session *s, const struct imap_line *a)
{
	int rc = 1;

	(void)a;
	if (s->cur.phase == 0 && !s->sel.read_only)
		rc = remove_deleted(s, false);
	if (rc == KERR_WAIT)
		return CMD_WAIT;
	if (rc == 0)
		return imap_wait(s, rc, 1);
	imap_deselect(s);
	return imap_ok(s, "closed");
}
