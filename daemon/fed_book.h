/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The book of peers: invitations of ours, who has invited us, whom the admin has paused or blocked.
 * docs/federation.md section 10
 *
 * An invitation is good for one daemon and seven days; a wrong proof counts against all that are
 * open, for it says of none of them that it is meant.  The proof needs the secret itself, so that
 * is what is kept, until it is used.
 *
 * Changes are kept by the owner (struct fed_book_ops), which gives them again at the next start.
 * One thread.
 */
#ifndef DAEMON_FED_BOOK_H
#define DAEMON_FED_BOOK_H

#include "proto/base/coll.h"
#include "proto/fed/fed_join.h"
#include "proto/fed/peer_session.h"
#include "proto/msg/fields.h"

enum {
	FED_INVITE_S = 7 * 24 * 3600, /* so long is a token good */
	FED_INVITE_TRY_S = 10,        /* one try in so many seconds */
	FED_INVITE_TRIES = 5,
	FED_INVITES_MAX = 100,
	FED_BOOK_KEY = 64, /* bytes of a key, NUL counted */
};

struct fed_book;

/* The owner: keep a text under a key, in the place of the one before; or forget it. */
struct fed_book_ops {
	void (*keep)(void *arg, const char *key, uint64_t serial, struct slice text);
	void (*drop)(void *arg, const char *key);
	int64_t (*now_at)(void *arg);
};

NODISCARD struct fed_book *fed_book_new(const struct fed_book_ops *ops, void *arg);
void fed_book_free(struct fed_book *b);

/* What was kept; a later serial of a key takes the place of an earlier one.  False: damaged. */
bool fed_book_load(struct fed_book *b, struct slice key, uint64_t serial, struct slice text);

/* ---- invitations of ours ---- */

enum fed_invite_state {
	FED_INVITE_OPEN,    /* the token was not used yet */
	FED_INVITE_JOINING, /* used: the numbers are there, our admin is to compare them */
	FED_INVITE_EXPIRED, /* not used within the time */
	FED_INVITE_VOID,    /* tried too often */
};

struct fed_invite {
	struct list node;
	uint64_t id, serial; /* serial: of the last text that was kept */
	char host[FED_NAME_MAX + 1];
	char prefix[GROUP_NAME_MAX + 1];
	char secret[FED_SECRET_LEN + 1]; /* "" when it was used */
	int64_t made_at;
	unsigned n_tries;
	char other[FED_NAME_MAX + 1]; /* one of this name came with the token; "": none */
	/* FED_INVITE_JOINING: */
	struct fed_oid oid;
	char numbers[FED_SAS_LEN + 1];
	int64_t joined_at;
	char *record; /* its daemon record */
};

/* An invitation of this host (a name), in the place of an earlier one.  KERR_FULL: too many. */
NODISCARD int fed_book_invite(struct fed_book *b, struct slice host, struct slice prefix,
	char secret_out[FED_SECRET_LEN + 1]);

/* NULL: there is none. */
const struct fed_invite *fed_book_invited(const struct fed_book *b, struct slice host);

enum fed_invite_state fed_book_state(const struct fed_book *b, const struct fed_invite *i);

/* Confirmed, or refused: it is forgotten.  KERR_NOTFOUND */
int fed_book_forget(struct fed_book *b, struct slice host);

typedef void (*fed_invite_fn)(void *arg, const struct fed_invite *i);
void fed_book_each(const struct fed_book *b, fed_invite_fn fn, void *arg);

/* ---- in use: for struct peer_session_opts ---- */

/* One connection that may use one; zero but for what is set here. */
struct fed_join_try {
	struct fed_book *book;
	struct fed_hash spki; /* of the other's certificate */
	struct fed_oid self;
	uint8_t exporter[FED_EXPORTER_LEN];
	uint64_t id; /* of the invitation whose proof was right */
};

extern const struct peer_join_ops fed_book_join_ops;

/* ---- who has invited us ---- */

void fed_book_sponsor(
	struct fed_book *b, const struct fed_token *token, const char numbers[FED_SAS_LEN + 1]);
bool fed_book_sponsored(
	const struct fed_book *b, struct fed_token *token_out, char numbers_out[FED_SAS_LEN + 1]);

/* We were taken in, or have given up: it is forgotten. */
void fed_book_joined(struct fed_book *b);

/* ---- pause and block ---- */

void fed_book_stop(struct fed_book *b, const struct fed_oid *oid, bool paused, bool blocked);
void fed_book_stopped(struct fed_book *b, const struct fed_oid *oid, bool *paused, bool *blocked);

/* ---- the daemon's book: fed_book_store.c ---- */

struct fed;

/* Read it from the store; changes are kept there. */
NODISCARD int fed_book_open(struct fed *f, struct fed_book **out, struct err *err);

#endif
