/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mailboxes of a few arrays (proto/mail.h), for dialogues, unit tests and fuzzers of IMAP sessions
 * without a store.  Logins are those of a fake forum; everybody sees the same mailboxes.  Answers
 * of asynchronous calls come out of fake_mail_run(); reads answer KERR_WAIT as the fake forum's do.
 */
#ifndef TESTS_RIG_FAKE_MAIL_H
#define TESTS_RIG_FAKE_MAIL_H

#include "proto/mail.h"
#include "tests/rig/fake_forum.h"

enum { FAKE_BOXES = 256 };

struct fake_msg {
	uint32_t num;
	uint64_t flags, modseq;
	int64_t date;
	struct buf bytes;
	bool gone;        /* then modseq is that of its removal */
	bool not_deleted; /* another's article in a group: may not get \Deleted */
};

struct fake_box {
	uint32_t id, next; /* id 0: only a level */
	uint64_t modseq;
	char name[MAIL_NAME_MAX + 1];
	enum mail_use use;
	bool shared, subscribed, read_only;
	struct fake_msg *v;
	size_t n, cap;
};

struct fake_mail_call;

struct fake_mail {
	struct mail base;
	struct fake_forum *forum;
	struct fake_box boxes[FAKE_BOXES]; /* in name order */
	size_t n_boxes;
	unsigned n_looks; /* at all mailboxes */
	uint32_t last_id;
	uint64_t modseq;
	char keywords[MAIL_KEYWORDS][MAIL_KEYWORD_MAX + 1];
	size_t n_keywords;
	uint32_t watched;
	bool news; /* something has changed in the mailbox watched */
	struct fake_mail_call *calls, **calls_tail;
};

/* INBOX with four messages, Drafts, Sent, Trash, "Verträge/2026", and the group koko/test. */
struct fake_mail *fake_mail_new(struct fake_forum *forum);
void fake_mail_free(struct fake_mail *m);

struct fake_box *fake_mail_box(struct fake_mail *m, struct slice name);

/* A new mailbox at its place in name order; NULL when there is no room.  Others may move. */
struct fake_box *fake_mail_add_box(struct fake_mail *m, struct slice name);

/* Add a message; its number. */
uint32_t fake_mail_add(struct fake_mail *m, struct fake_box *b, struct slice bytes, uint64_t flags);

/* What another device does. */
void fake_mail_remove(struct fake_mail *m, struct fake_box *b, uint32_t num);
void fake_mail_flag(struct fake_mail *m, struct fake_box *b, uint32_t num, uint64_t flags);

/* Answer all calls that are out; how many. */
size_t fake_mail_run(struct fake_mail *m);

#endif
