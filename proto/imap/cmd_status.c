/* SPDX-License-Identifier: GPL-3.0-or-later */
/* STATUS, and its line for LIST.  RFC 3501 section 6.3.10, RFC 7162 section 3.1.7, RFC 8438 */
#include "proto/imap/imap_status.h"

#include "proto/imap/imap_session.h"

enum item {
	IT_MESSAGES,
	IT_RECENT,
	IT_UIDNEXT,
	IT_UIDVALIDITY,
	IT_UNSEEN,
	IT_HIGHESTMODSEQ,
	IT_SIZE,
	IT_APPENDLIMIT,
	N_ITEMS
};

static const char *const names[N_ITEMS] = {
	[IT_MESSAGES] = "MESSAGES",
	[IT_RECENT] = "RECENT",
	[IT_UIDNEXT] = "UIDNEXT",
	[IT_UIDVALIDITY] = "UIDVALIDITY",
	[IT_UNSEEN] = "UNSEEN",
	[IT_HIGHESTMODSEQ] = "HIGHESTMODSEQ",
	[IT_SIZE] = "SIZE",
	[IT_APPENDLIMIT] = "APPENDLIMIT",
};

bool imap_read_status_items(struct cursor *c, unsigned *items_out)
{
	struct slice word;
	unsigned i;

	*items_out = 0;
	if (!cursor_take(c, '('))
		return false;
	do {
		if (!imap_read_atom(c, &word))
			return false;
		for (i = 0; i < N_ITEMS; i++)
			if (slice_eq_ci(word, slice_str(names[i])))
				break;
		if (i == N_ITEMS)
			return false;
		*items_out |= 1u << i;
	} while (cursor_take(c, ' '));
	return cursor_take(c, ')');
}

static uint64_t value_of(
	const struct imap_session *s, const struct mail_box *box, uint32_t unseen, enum item item)
{
	switch (item) {
	case IT_MESSAGES:
		return box->count;
	case IT_UIDNEXT:
		return box->next;
	case IT_UIDVALIDITY:
		return box->id;
	case IT_UNSEEN:
		return unseen;
	case IT_HIGHESTMODSEQ:
		return box->modseq;
	case IT_SIZE:
		return box->bytes;
	case IT_APPENDLIMIT:
		return forum_max_article(s->forum);
	case IT_RECENT:
	case N_ITEMS:
		break;
	}
	return 0;
}

int imap_say_status(struct imap_session *s, const struct mail_box *box, unsigned items)
{
	uint32_t unseen = 0, first;
	bool begun = false;

	if (items & 1u << IT_HIGHESTMODSEQ)
		s->enabled |= EN_CONDSTORE;
	if (items & 1u << IT_UNSEEN) {
		int rc = mail_unseen(s->mail, box->id, &unseen, &first);

		if (rc < 0)
			return rc;
	}
	buf_add(&s->talk.out, lit("* STATUS "));
	imap_add_mailbox(s, &s->talk.out, slice_str(box->name));
	buf_add(&s->talk.out, lit(" ("));
	for (unsigned i = 0; i < N_ITEMS; i++)
		if (items & 1u << i) {
			buf_addf(&s->talk.out, "%s%s %llu", begun ? " " : "", names[i],
				(unsigned long long)value_of(s, box, unseen, (enum item)i));
			begun = true;
		}
	buf_add(&s->talk.out, lit(")\r\n"));
	return 0;
}

enum cmd_step imap_cmd_status(struct imap_session *s, const struct imap_line *a)
{
	struct cursor c = cursor_of(a->args);
	struct slice name;
	unsigned items;

	if (!imap_read_mailbox(s, &c, &name) || !imap_read_sp(&c) ||
		!imap_read_status_items(&c, &items) || !imap_read_end(&c))
		return imap_bad(s, "expected a mailbox and a list of items");
	int rc = mail_box(s->mail, name, &s->cur.box);

	if (rc == 0 && s->cur.box.id == 0)
		rc = KERR_NOTFOUND;
	if (rc == 0)
		rc = imap_say_status(s, &s->cur.box, items);
	return rc < 0 ? imap_fail(s, rc) : imap_ok(s, "this is all");
}
