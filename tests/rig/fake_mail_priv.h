/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the fake mailboxes share. */
#ifndef TESTS_RIG_FAKE_MAIL_PRIV_H
#define TESTS_RIG_FAKE_MAIL_PRIV_H

#include "tests/rig/fake_mail.h"

enum { FAKE_MSG_MAX = 1 << 24 };

struct fake_mail_call {
	struct fake_mail_call *next;
	mail_done_fn done; /* NULL: dropped */
	void *arg;
	struct mail_result r;
	struct mail_ranges from, to, failed;
};

static inline struct fake_mail *fake_of(struct mail *m)
{
	return (struct fake_mail *)(void *)m;
}

void fake_mail_add_num(struct mail_ranges *r, uint32_t num);

/* A call that is out, to be answered with rc; the caller may fill in more. */
struct fake_mail_call *fake_mail_answer(
	struct fake_mail *m, int rc, mail_done_fn done, void *arg, struct ticket *t);

/* Of a mailbox id; NULL when there is none. */
struct fake_box *fake_mail_box_of(struct fake_mail *m, uint32_t id);

/* What is said of a mailbox that is not there. */
int fake_mail_absent(const struct fake_mail *m);
void fake_mail_free_box(struct fake_box *b);

/* ---- fake_mail_change.c: struct mail_ops ---- */

int fake_mail_op_keyword_add(
	struct mail *base, struct slice name, mail_done_fn done, void *arg, struct ticket *t);
int fake_mail_op_flags(struct mail *base, uint32_t box, const struct mail_ranges *r,
	enum mail_flag_op op, uint64_t flags, uint64_t unchanged_since, mail_done_fn done,
	void *arg, struct ticket *t);
int fake_mail_op_expunge(struct mail *base, uint32_t box, const struct mail_ranges *r,
	mail_done_fn done, void *arg, struct ticket *t);
int fake_mail_op_append(struct mail *base, uint32_t box, struct buf *message_take, uint64_t flags,
	int64_t date, mail_done_fn done, void *arg, struct ticket *t, struct err *why);
int fake_mail_op_copy(struct mail *base, uint32_t from, const struct mail_ranges *r, uint32_t to,
	bool move, mail_done_fn done, void *arg, struct ticket *t);
int fake_mail_op_create(struct mail *base, struct slice name, enum mail_use use, mail_done_fn done,
	void *arg, struct ticket *t);
int fake_mail_op_remove(
	struct mail *base, struct slice name, mail_done_fn done, void *arg, struct ticket *t);
int fake_mail_op_rename(struct mail *base, struct slice from, struct slice to, mail_done_fn done,
	void *arg, struct ticket *t);
int fake_mail_op_subscribe(struct mail *base, struct slice name, bool on, mail_done_fn done,
	void *arg, struct ticket *t);

#endif
