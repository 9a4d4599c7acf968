/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SUBSCRIBE and UNSUBSCRIBE.  RFC 3501 section 6.3.6, 6.3.7 */
#include "proto/imap/imap_session.h"

static enum cmd_step subscribe(struct imap_session *s, const struct imap_line *a, bool on)
{
	struct cursor c = cursor_of(a->args);
	struct slice name;

	if (s->cur.phase == 1)
		return s->result < 0 ? imap_fail_why(s, s->result) : imap_ok(s, "done");
	if (!imap_read_mailbox(s, &c, &name) || !imap_read_end(&c))
		return imap_bad(s, "expected the name of a mailbox");
	return imap_wait(s, mail_subscribe(s->mail, name, on, imap_on_done, s, &s->ticket), 1);
}

enum cmd_step imap_cmd_subscribe(struct imap_session *s, const struct imap_line *a)
{
	return subscribe(s, a, true);
}

enum cmd_step imap_cmd_unsubscribe(struct imap_session *s, const struct imap_line *a)
{
	return subscribe(s, a, false);
}
