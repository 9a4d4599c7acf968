/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * struct forum (proto/forum.h) over the store: policy first, then the question.
 *
 * One forum per conversation, used by its thread only.  The env is shared by all and outlives them.
 */
#ifndef DAEMON_FORUM_H
#define DAEMON_FORUM_H

#include "daemon/claims.h"
#include "proto/forum.h"
#include "storage/store.h"

struct fed;
struct hub;

/* Answer of a password check: rc as in forum_login, account when rc is 0. */
typedef void (*forum_auth_fn)(void *arg, int rc, uint32_t account);

struct forum_env {
	struct store *store;
	struct claims *claims; /* who was told to send what; NULL: nobody waits */
	const char *host;      /* name of this daemon */
	const struct slice
		*mail_domains; /* right sides of Message-IDs that are kept, beside host */
	size_t n_mail_domains;
	size_t max_article;        /* bytes */
	struct hub *hub;           /* news of the store, for mail_watch; NULL in tests */
	struct fed *fed;           /* groups shared with other daemons; NULL: none is */
	const char *complaints_to; /* for Injection-Info; may be NULL */
	uint8_t secret[32];        /* store_secret: key of Cancel-Locks */
	int64_t (*now_at)(void);

	/*
	 * Check a password for a conversation: done is called later on its thread, once, unless
	 * drop(*call_out) comes first.  KERR_BUSY: refused at once.
	 */
	int (*check)(const struct forum_env *env, void *home, const char *source, struct slice user,
		struct slice pass, forum_auth_fn done, void *arg, void **call_out);
	void (*check_drop)(void *call);
	void *check_arg;
};

/* The other end of a conversation. */
struct forum_who {
	void *home;         /* the loop its answers come back on */
	const char *source; /* its address, for limits on tries; borrowed */
	const char *cert;   /* name that its verified client certificate carries, or NULL */
	bool relay_any;     /* may relay without being a peer (load tests on loopback) */
	/* Something has happened in the mailbox that is watched; may be NULL. */
	void (*news)(void *arg);
	void *news_arg;
	bool plain_login; /* passwords may be sent as the connection is now */
};

NODISCARD struct forum *forum_new(const struct forum_env *env, const struct forum_who *who);

/* Drops nothing: tickets are the session's, which frees them first. */
void forum_free(struct forum *base);

/* Be account from now on, without a password (tests, control). */
void forum_become(struct forum *base, uint32_t account);

/* News of the store has come: tell the session if it is of the mailbox that it watches. */
void forum_news(struct forum *base);

/* The account that has logged in; 0: none. */
uint32_t forum_account(const struct forum *base);

/* TLS has begun; cert as in struct forum_who.  Whoever had logged in before has not. */
void forum_set_secure(struct forum *base, const char *cert);

#endif
