/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The set of peers that we dial, and a link to each; all on loop 0.  What a link sends is the
 * arrival log behind the peer's durable cursor: no queue of its own, nothing to lose.
 */
#ifndef DAEMON_PEERS_H
#define DAEMON_PEERS_H

#include <stdint.h>

#include "proto/base/slice.h"

struct daemon;
struct peers;

enum link_state {
	LINK_OFF,        /* paused, or stopped */
	LINK_WAITING,    /* until the next try */
	LINK_RESOLVING,  /* asking for the address */
	LINK_CONNECTING, /* connection, TLS, greeting */
	LINK_UP,         /* the other server has answered an offer, or has none to answer */
};

/* A link as `kokoctl peer status` shows it. */
struct peer_status {
	const char *name;
	enum link_state state;
	int64_t since_at;  /* of the state */
	const char *error; /* why the last connection ended, or "" */
	uint64_t cursor;   /* all up to here is settled */
	uint64_t lag;      /* log entries behind */
	uint64_t n_offered, n_accepted, n_refused, n_known, n_deferred;
	char refusal[96]; /* text of the last 437 or 439, or "" */
};

struct peers *peers_new(struct daemon *d);

/* Write what is settled and end all links; the store must still take jobs.  On loop 0. */
void peers_stop(struct peers *p);
/* When no conn is left. */
void peers_free(struct peers *p);

/* The store's peers have changed (kokoctl peer add, remove, pause, resume).  On loop 0. */
void peers_reload(struct peers *p);

typedef void (*peer_status_fn)(void *arg, const struct peer_status *s);
void peers_each(struct peers *p, peer_status_fn fn, void *arg);

const char *link_state_name(enum link_state s);

#endif
