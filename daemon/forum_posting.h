/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An article or mail on its way to the store.  Shared by forum_post.c (posting, relaying),
 * forum_cancel.c and forum_submit.c (mail).
 */
#ifndef DAEMON_FORUM_POSTING_H
#define DAEMON_FORUM_POSTING_H

#include "daemon/fed_posting.h"
#include "daemon/forum_priv.h"
#include "proto/msg/control.h"
#include "proto/msg/inject.h"

/* One article on its way to the store. */
struct posting {
	struct db_forum *f;
	struct view *v;
	enum forum_how how;
	struct account account; /* FORUM_POST: the author's */
	struct peer_rec peer;   /* FORUM_RELAY: who sent it; groups "*" for relay_any */
	struct msg_limits limits;
	struct article in;  /* as it came */
	struct article out; /* as it is stored; borrows from bytes */
	struct buf bytes;
	struct buf signed_bytes;   /* ... with the fields of an entry */
	struct fed_posting *entry; /* NULL: its group is not shared */
	bool federated;            /* its group is shared by signed entries */
	bool is_entry;             /* a peer's article of a shared group: the federation's */
	struct buf newsgroups;     /* of mail: where its envelope says that it goes; empty: post */
	struct buf actor;          /* login@host of a moderator */
	const struct forum_mail *mail; /* a submission; NULL: none */
	struct buf inbox;              /* what its persons get */
	uint32_t *persons;             /* their accounts */
	size_t n_persons;
	uint8_t sent[STORE_MID_HASH]; /* knows it when it comes again */
	bool has_sent;
	struct control control;
	uint32_t groups[STORE_PLACES];
	unsigned n_groups;
	struct buf heads; /* of groups, one behind the other */
	size_t head_ends[STORE_PLACES];
	bool shaped;                     /* one of them has a Reply-To */
	bool has_reply_to[STORE_PLACES]; /* such a head has a Reply-To */
	bool copy;                       /* gets a Message-ID of its own in any case */
	bool filed;                      /* with a mail program, into a group as into a mailbox */
	bool moderates;                  /* all the groups named */
	bool shared;                     /* one of the groups goes to peers */
	char mid[MSGID_MAX + 1];         /* of what is stored */
	char cancels[MSGID_MAX + 1];
	char old_mid[MSGID_MAX + 1];
	bool obey_awaited;
	bool waits; /* a question inside a callback met KERR_WAIT */
	struct err *why;
};

enum { POSTING_HEAD_CHUNKS = 2 }; /* chunks of a stored article that surely hold its head */

/* Does it go to groups?  Mail to persons alone is no article. */
static inline bool posting_is_article(const struct posting *p)
{
	return !p->mail || p->newsgroups.len > 0;
}

struct posting *posting_new(struct forum *base, enum forum_how how);

/* Run p, which says how and with what, to a ticket or a refusal; p is freed.  As forum_submit. */
int posting_give(struct posting *p, struct buf *article_take, struct slice mid, forum_done_fn done,
	void *arg, struct ticket *t, struct err *why);

/* What injection must know; addresses[STORE_ADDRESSES] is borrowed. */
struct inject_env posting_env(struct posting *p, struct slice *addresses);

/* Why that code, for people. */
const char *posting_why(int rc);

/* ---- forum_cancel.c ---- */

/* Index the head of a stored article; head holds its bytes. */
int posting_stored_head(struct posting *p, uint64_t content, struct buf *head, struct article *out);

/* Does the Cancel-Key of article `key` open the Cancel-Lock of article `lock`? */
bool posting_opens(const struct article *key, const struct article *lock);

/* What p->out asks for, and may it?  Sets p->control and p->cancels. */
int posting_control(struct posting *p);

/* ---- forum_entry.c ---- */

/* Make p->out an entry, if its group is shared with other daemons. */
int posting_entry(struct posting *p);

/* A peer's article: is it of a group that is shared with other daemons?  Then it must be signed. */
int posting_find_entry(struct posting *p);

/* Give such an article, as it came, to the federation. */
int posting_relay_entry(
	struct posting *p, struct slice raw, forum_done_fn done, void *arg, struct ticket *t);

/* ---- forum_submit.c ---- */

/* Was this very mail (p->in) delivered for its author?  0, KERR_NOTFOUND; sets p->sent. */
int posting_was_sent(struct posting *p);

/* Make p->inbox of p->in, with the Message-ID of p->out when there is an article. */
int posting_inbox(struct posting *p);

#endif
