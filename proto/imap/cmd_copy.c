/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * COPY and MOVE; into a group that is posting.  RFC 3501 section 6.4.7, RFC 6851, RFC 4315 section
 * 3
 *
 * What MOVE takes away is told by the updates before its answer.
 */
#include "proto/imap/imap_session.h"

/* Left out when it would be very long; the client can look.  RFC 4315 section 2 */
static void add_copyuid(struct imap_session *s, struct buf *b)
{
	if (s->res_from.n + s->res_to.n > IMAP_COPYUID_RANGES)
		return;
	buf_addf(b, "[COPYUID %u ", s->res.box);
	imap_add_ranges(b, &s->res_from);
	buf_addc(b, ' ');
	imap_add_ranges(b, &s->res_to);
	buf_addz(b, "] ");
}

static enum cmd_step answered(struct imap_session *s, bool move)
{
	if (move && s->res_to.n > 0) { /* RFC 6851 section 4.3: before the removals */
		buf_add(&s->talk.out, lit("* OK "));
		add_copyuid(s, &s->talk.out);
		buf_add(&s->talk.out, lit("moved\r\n"));
	}
	if (s->result < 0) /* what was moved before stays moved.  RFC 6851 section 3.3 */
		return imap_fail_why(s, s->result);
	if (s->res_to.n == 0)
		return imap_ok(s, "there are none");
	if (move)
		return imap_ok(s, "moved");
	(void)imap_ok(s, "%s", "");
	add_copyuid(s, &s->reply);
	buf_add(&s->reply, lit("copied"));
	return CMD_DONE;
}

static enum cmd_step copy(struct imap_session *s, const struct imap_line *a, bool move)
{
	struct cursor c = cursor_of(a->args);
	struct slice name;

	if (s->cur.phase == 1)
		return answered(s, move);
	if (!imap_read_set(s, &c))
		return CMD_DONE;
	if (!imap_read_sp(&c) || !imap_read_mailbox(s, &c, &name) || !imap_read_end(&c))
		return imap_bad(s, "expected a set and the name of a mailbox");
	int rc = mail_box(s->mail, name, &s->cur.box);

	if (rc == KERR_NOTFOUND || (rc == 0 && s->cur.box.id == 0))
		return imap_no(s, "[TRYCREATE] there is no such mailbox");
	if (rc < 0)
		return imap_fail(s, rc);
	if (s->cur.set.n == 0)
		return imap_ok(s, "there are none");
	rc = mail_copy(
		s->mail, s->sel.box, &s->cur.set, s->cur.box.id, move, imap_on_done, s, &s->ticket);
	return imap_wait(s, rc, 1);
}

enum cmd_step imap_cmd_copy(struct imap_session *s, const struct imap_line *a)
{
	return copy(s, a, false);
}

enum cmd_step imap_cmd_move(struct imap_session *s, const struct imap_line *a)
{
	return copy(s, a, true);
}
