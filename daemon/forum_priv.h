/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by forum.c (reading), forum_post.c (posting, relaying) and forum_submit.c (mail). */
#ifndef DAEMON_FORUM_PRIV_H
#define DAEMON_FORUM_PRIV_H

#include "daemon/forum.h"
#include "daemon/hub.h"
#include "daemon/policy.h"
#include "proto/mail.h"

struct login_call;
struct start_call;

/* The mailboxes of a conversation (mail.c). */
struct db_mail {
	struct mail base;
	uint32_t ready; /* account whose INBOX was seen */
	struct start_call *starting;
	int start_rc;
	struct hub_watch watch;
	uint32_t watched;           /* mailbox; 0: none */
	uint64_t seen_box, seen_me; /* mod-sequences that the session was told of */
};

struct db_forum {
	struct forum base;
	const struct forum_env *env;
	struct forum_who who;
	struct policy_login login;
	struct db_mail mail;
	char peer[STORE_NAME_MAX + 1]; /* the transit peer at the other end; "": none */
};

static inline struct db_forum *db_forum(struct forum *f)
{
	return (struct db_forum *)(void *)f;
}

/* Does the group of that name go to any peer? */
NODISCARD int forum_group_shared(
	struct db_forum *f, struct view *v, struct slice name, bool *shared_out);

/* The Message-ID in an overview (its fourth field), or nothing. */
struct slice forum_fields_mid(struct slice fields);

/* forum_ops.sender, forum_ops.rcpt */
int db_sender(struct forum *base, struct slice local, struct slice domain);
int db_rcpt(struct forum *base, struct slice local, struct slice domain, struct forum_rcpt *out);

/* forum_ops.submit */
int db_submit(struct forum *base, const struct forum_mail *m, struct buf *mail_take,
	forum_done_fn done, void *arg, struct ticket *t, struct err *why);

/* KERR_CLOSED while a shared group is being brought up to date (docs/federation.md section 7.1). */
NODISCARD int forum_shown(const struct db_forum *f, const struct group_rec *g);

/* The group by id, if the login may read it. */
int db_group_open(struct db_forum *f, struct view *v, uint32_t group, struct group_rec *out);

/* forum_ops.newnews */
int db_newnews(struct forum *base, struct slice wildmat, int64_t since_at, uint64_t *place,
	forum_mid_fn fn, void *arg);

/* With the conversation: nothing is watched, nothing is out. */
void db_mail_init(struct db_forum *f);
void db_mail_fini(struct db_forum *f);

/* forum_ops.post */
int db_post(struct forum *base, enum forum_how how, struct buf *article_take, struct slice mid,
	forum_done_fn done, void *arg, struct ticket *t, struct err *why);

#endif
