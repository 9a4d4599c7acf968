/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shared by mail.c (access, watching), mail_box.c (names), mail_head.c (heads), mail_rows.c
 * (reading), mail_change.c
 * (changes of personal mailboxes) and mail_group.c (posting and cancelling).
 */
#ifndef DAEMON_MAIL_PRIV_H
#define DAEMON_MAIL_PRIV_H

#include "daemon/forum_priv.h"
#include "daemon/mail.h"

enum {
	MAIL_HEAD_MAX = 8 * 1024, /* bytes of a head prefix, with the longest Message-ID */
	MAIL_ALL_RIGHTS = (MAIL_ADMIN << 1) - 1,
};

static inline struct db_forum *mail_forum(struct mail *m)
{
	return container_of(container_of(m, struct db_mail, base), struct db_forum, mail);
}

/* ---- mail.c ---- */

/*
 * Open a view for a question of someone who has logged in, and see that he has an INBOX.
 * KERR_LOGIN, KERR_WAIT (it is being made).
 */
NODISCARD int mail_view(struct db_forum *f, struct view **out);

/* What the login may do in g: enum mail_right, or-ed; 0: it is not there for him. */
NODISCARD int mail_rights(
	struct db_forum *f, struct view *v, const struct group_rec *g, unsigned *out);

/* The mailbox with that id, if the login has all of `rights` there.  KERR_NOTFOUND, KERR_DENIED. */
NODISCARD int mail_open(
	struct db_forum *f, struct view *v, uint32_t box, unsigned rights, struct group_rec *out);

/* An answer that is out. */
struct mail_call {
	struct store *store;
	void *home;
	uint32_t account;
	int64_t now_at;
	mail_done_fn done; /* NULL: dropped; the conversation may have ended */
	void *arg;
	uint64_t flags; /* of an article posted, and its number */
	uint32_t num;
	const char *why;                /* for result.why; NULL: by rc */
	uint32_t box;                   /* result.box, unless the store gives a new one */
	const struct mail_call *within; /* a part of that one, which outlives it; NULL: none */
};

struct mail_call *mail_call_new(struct db_forum *f, uint32_t box, mail_done_fn done, void *arg);

/*
 * Does nobody wait for it any more?  Then the conversation, and at the daemon's end the store, may
 * be gone: nothing more is asked of them.
 */
bool mail_call_dropped(const struct mail_call *c);

/* For store calls; the argument is a struct mail_call, which is freed. */
void mail_on(void *arg, const struct store_result *res);

/* The ticket of a call that is out, or (rc < 0) the end of it. */
int mail_out(struct mail_call *c, int rc, struct ticket *t);

static inline struct store_call mail_store_call(struct mail_call *c)
{
	return (struct store_call){.home = c->home, .done = mail_on, .arg = c};
}

const char *mail_why(int rc);

void mail_ranges_set(struct mail_ranges *out, const struct ranges *r);
/* r is initialised here. */
void mail_ranges_get(const struct mail_ranges *in, struct ranges *r_out);

/* ---- mail_box.c ---- */

/* "nrw.koko.forum" of "Gruppen/nrw/koko/forum"; false: no name of a group. */
bool mail_group_name(struct slice name, char out[STORE_NAME_MAX + 1]);

int mail_box_op(struct mail *m, struct slice name, struct mail_box *out);
int mail_boxes_op(struct mail *m, struct slice after, mail_box_fn fn, void *arg);
int mail_create_op(struct mail *m, struct slice name, enum mail_use use, mail_done_fn done,
	void *arg, struct ticket *t);
int mail_remove_op(
	struct mail *m, struct slice name, mail_done_fn done, void *arg, struct ticket *t);
int mail_rename_op(struct mail *m, struct slice from, struct slice to, mail_done_fn done, void *arg,
	struct ticket *t);
int mail_subscribe_op(
	struct mail *m, struct slice name, bool on, mail_done_fn done, void *arg, struct ticket *t);

/* ---- mail_head.c ---- */

/* Bytes of the head of a group's message that arrived without one; 0 for a personal mailbox. */
uint32_t mail_old_head_len(const struct db_forum *f, const struct group_rec *g);

/*
 * The head of message `num`, as it was fixed when it arrived.  KERR_NOTFOUND: the message is gone.
 */
NODISCARD int mail_head_read(const struct db_forum *f, struct view *v, const struct group_rec *g,
	uint32_t num, struct buf *out);

/*
 * Rename the fields of news in place: Newsgroups, Followup-To.
 *
 * head   the first len bytes of an article; a field that does not begin in them keeps its name
 */
void mail_hide_news(char *head, size_t len);

/* ---- mail_rows.c ---- */

int mail_unseen_op(struct mail *m, uint32_t box, uint32_t *count_out, uint32_t *first_out);
int mail_absent_op(struct mail *m, uint32_t box, struct mail_ranges *out);
int mail_rows_op(struct mail *m, uint32_t box, uint32_t lo, uint32_t hi, unsigned want,
	uint64_t changed_since, mail_row_fn fn, void *arg);
int mail_flagged_op(struct mail *m, uint32_t box, uint64_t flag, struct mail_ranges *out);
int mail_gone_op(struct mail *m, uint32_t box, uint64_t since, struct mail_ranges *out);
int mail_read_op(struct mail *m, uint32_t box, const struct mail_row *r, uint64_t from, size_t max,
	struct buf *out);

/* ---- mail_group.c ---- */

/* May the login take all these articles of a group out?  0, KERR_DENIED. */
NODISCARD int mail_may_cancel(
	struct db_forum *f, const struct group_rec *g, const struct mail_ranges *r);

/* Cancel them, one after the other. */
int mail_cancel_all(struct db_forum *f, const struct group_rec *g, const struct mail_ranges *r,
	mail_done_fn done, void *arg, struct ticket *t);

/* Post copies, each with a Message-ID of its own, one after the other; move: take the old ones out.
 */
int mail_copy_posts(struct db_forum *f, const struct group_rec *from, const struct group_rec *to,
	const struct mail_ranges *r, bool move, mail_done_fn done, void *arg, struct ticket *t);

/* Copy to a personal mailbox, then cancel. */
int mail_move_out(struct db_forum *f, const struct group_rec *from, const struct group_rec *to,
	const struct mail_ranges *r, mail_done_fn done, void *arg, struct ticket *t);

/* Post in a group; as mail_append. */
int mail_post(struct db_forum *f, const struct group_rec *g, struct buf *message_take,
	uint64_t flags, mail_done_fn done, void *arg, struct ticket *t, struct err *why);

/* ---- mail_change.c ---- */

int mail_keywords_op(struct mail *m, char out[MAIL_KEYWORDS][MAIL_KEYWORD_MAX + 1], size_t *n);
int mail_keyword_add_op(
	struct mail *m, struct slice name, mail_done_fn done, void *arg, struct ticket *t);
int mail_flags_op(struct mail *m, uint32_t box, const struct mail_ranges *r, enum mail_flag_op op,
	uint64_t flags, uint64_t unchanged_since, mail_done_fn done, void *arg, struct ticket *t);
int mail_expunge_op(struct mail *m, uint32_t box, const struct mail_ranges *r, mail_done_fn done,
	void *arg, struct ticket *t);
int mail_append_op(struct mail *m, uint32_t box, struct buf *message_take, uint64_t flags,
	int64_t date, mail_done_fn done, void *arg, struct ticket *t, struct err *why);
int mail_copy_op(struct mail *m, uint32_t from, const struct mail_ranges *r, uint32_t to, bool move,
	mail_done_fn done, void *arg, struct ticket *t);

#endif
