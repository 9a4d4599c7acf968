/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The peer port's conversation, as the one that was dialled: KHELLO, KHEADS, KART, KENT, KREC, for
 * who has an invitation KJOIN, and for who cannot be dialled KTURN.  docs/federation.md section 5
 *
 * Who the other is, its TLS certificate has said before; a stranger may read our daemon record and
 * join, nothing else.  A KHEADS that waits is woken with WAKE_NEWS, when heads have changed and now
 * and then, so that it sees its time go by.
 */
#ifndef PROTO_FED_PEER_SESSION_H
#define PROTO_FED_PEER_SESSION_H

#include "proto/base/session.h"
#include "proto/fed/fed_join.h"
#include "proto/fed/fed_node.h"

enum {
	PEER_STRANGER_BYTES = 8 * 1024, /* input of one that is not known, all of it */
	PEER_STRANGER_LINES = 20,
	PEER_WAIT_S = 120, /* KHEADS is held so long when more is asked for */
};

struct peer_stats {
	_Atomic uint64_t n_commands, n_bad, n_strangers;
};

/* An invitation is used; both answer 0 or a KERR_*: then 494. */
struct peer_join_ops {
	/* Is the proof right for this session's exporter?  Counts the try. */
	int (*proof)(void *arg, const struct fed_oid *oid, const struct fed_hash *proof);
	/* The daemon record of the one that joins. */
	int (*record)(void *arg, const struct fed_oid *oid, struct slice text);
};

/* KTURN: it wants to be asked over this connection. */
struct peer_turn_wish {
	struct fed_oid oid;
	bool known; /* by its certificate; else a daemon record of it may be asked for, no more */
	bool watch; /* this shall be the connection to watch; else the one to fetch */
};

/* The session that asks, and what it is; NULL: not now. */
typedef void *(*peer_turn_fn)(
	void *arg, const struct peer_turn_wish *w, const struct session_ops **ops_out);

struct peer_session_opts {
	struct fed_node *node;
	const struct fed_reg *reg;
	struct fed_oid self;
	struct fed_hash spki;             /* of the other's certificate */
	const struct peer_join_ops *join; /* NULL: nobody may join here */
	void *join_arg;
	peer_turn_fn turn; /* NULL: nobody turns here */
	void *turn_arg;
	struct peer_stats *stats;
	struct session_ready ready;
};

extern const struct session_ops peer_session_ops;

NODISCARD void *peer_session_new(const struct peer_session_opts *o);

#endif
