/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CREATE, DELETE, RENAME of personal mailboxes.  A trailing separator says only that children will
 * come; it is dropped.  RFC 3501 section 6.3.3 to 6.3.5, RFC 6154 section 3
 */
#include "proto/imap/imap_session.h"

static enum cmd_step answered(struct imap_session *s)
{
	return s->result < 0 ? imap_fail_why(s, s->result) : imap_ok(s, "done");
}

static struct slice without_end(struct slice name)
{
	while (name.len > 1 && name.p[name.len - 1] == '/')
		name.len--;
	return name;
}

/* USE_NONE: there is no mailbox for that use here. */
static enum mail_use use_of(struct slice word)
{
	static const struct {
		struct slice word;
		enum mail_use use;
	} uses[] = {
		{{"\\Drafts", 7},  USE_DRAFTS },
		{{"\\Sent", 5},    USE_SENT   },
		{{"\\Trash", 6},   USE_TRASH  },
		{{"\\Junk", 5},    USE_JUNK   },
		{{"\\Archive", 8}, USE_ARCHIVE},
	};

	for (size_t i = 0; i < array_len(uses); i++)
		if (slice_eq_ci(word, uses[i].word))
			return uses[i].use;
	return USE_NONE;
}

/* Nothing, or " (USE (\Sent))".  *given: how many uses; a mailbox here has one at most. */
static bool read_use(struct cursor *c, enum mail_use *use_out, unsigned *given)
{
	struct slice word;

	if (!cursor_take_ci(c, lit(" (USE (")))
		return imap_read_end(c);
	if (!cursor_take(c, ')')) {
		do {
			if (!imap_read_flag(c, &word))
				return false;
			*use_out = use_of(word);
			++*given;
		} while (cursor_take(c, ' '));
		if (!cursor_take(c, ')'))
			return false;
	}
	return cursor_take(c, ')') && imap_read_end(c);
}

enum cmd_step imap_cmd_create(struct imap_session *s, const struct imap_line *a)
{
	struct cursor c = cursor_of(a->args);
	enum mail_use use = USE_NONE;
	struct slice name;
	unsigned given = 0;

	if (s->cur.phase == 1)
		return answered(s);
	if (!imap_read_mailbox(s, &c, &name))
		return imap_bad(s, "expected the name of a mailbox");
	if (!read_use(&c, &use, &given))
		return imap_bad(s, "expected nothing more, or uses of the mailbox");
	if (given > 1 || (given == 1 && use == USE_NONE))
		return imap_no(s, "[USEATTR] a mailbox cannot have that use here");
	return imap_wait(
		s, mail_create(s->mail, without_end(name), use, imap_on_done, s, &s->ticket), 1);
}

enum cmd_step imap_cmd_delete(struct imap_session *s, const struct imap_line *a)
{
	struct cursor c = cursor_of(a->args);
	struct slice name;

	if (!imap_read_mailbox(s, &c, &name) || !imap_read_end(&c))
		return imap_bad(s, "expected the name of a mailbox");
	if (s->cur.phase == 1) {
		/* what is gone is left without a word; what stays is not left */
		if (s->result == 0 && s->sel.box && slice_eq(name, slice_str(s->sel.name)))
			imap_deselect(s);
		return answered(s);
	}
	return imap_wait(s, mail_remove(s->mail, name, imap_on_done, s, &s->ticket), 1);
}

/* The selected mailbox keeps its place when it, or a level above it, gets another name. */
static void follow(struct imap_session *s, struct slice from, struct slice to)
{
	struct slice name = slice_str(s->sel.name), tail = slice_from(name, from.len);
	char moved[MAIL_NAME_MAX + 1] = {0};

	if (!s->sel.box || !slice_starts(name, from) || slice_eq(from, lit("INBOX")) ||
		(tail.len > 0 && tail.p[0] != '/') || to.len + tail.len > MAIL_NAME_MAX)
		return;
	memcpy(moved, to.p, to.len);
	memcpy(moved + to.len, tail.p, tail.len);

	memcpy(s->sel.name, moved, sizeof moved);
}

enum cmd_step imap_cmd_rename(struct imap_session *s, const struct imap_line *a)
{
	struct cursor c = cursor_of(a->args);
	struct slice from, to;

	if (!imap_read_mailbox(s, &c, &from) || !imap_read_sp(&c) ||
		!imap_read_mailbox(s, &c, &to) || !imap_read_end(&c))
		return imap_bad(s, "expected two names of mailboxes");
	from = without_end(from);
	to = without_end(to);
	if (s->cur.phase == 1) {
		if (s->result == 0)
			follow(s, from, to);
		return answered(s);
	}
	return imap_wait(s, mail_rename(s->mail, from, to, imap_on_done, s, &s->ticket), 1);
}
