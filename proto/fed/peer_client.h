/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The peer port's conversation, as the one that dialled: one session watches (KHEADS), one fetches
 * (KREC, KART), pipelined.  docs/federation.md section 5, 7.1
 *
 * The owner dials the fetching one first; when `up` is called it gives the neighbour its number in
 * the node (fed_node_up) and dials the watching one with that number.  When either ends it ends the
 * other, and calls fed_node_down.
 */
#ifndef PROTO_FED_PEER_CLIENT_H
#define PROTO_FED_PEER_CLIENT_H

#include "proto/base/session.h"
#include "proto/fed/peer_ahead.h"

enum {
	PEER_PIPELINE = 64,                    /* requests without an answer */
	PEER_PIPELINE_BYTES = 4 * 1024 * 1024, /* of articles that were announced: not known ahead,
						  so what the last answers had is taken */
	PEER_ASK_AT = 16,                      /* so many are free before more is asked */
	PEER_BLOCK_MAX = 72 * 1024 * 1024,     /* bytes of one answer: the largest article */
};

enum peer_client_kind { PEER_FETCH, PEER_WATCH };

/* What the other said of itself. */
struct peer_hello {
	int64_t clock_s; /* its time less ours */
	uint64_t serial; /* of its federation record */
};

struct peer_client_opts {
	enum peer_client_kind kind;
	struct fed_node *node;
	const struct fed_reg *reg;
	struct fed_oid self, other; /* who we are; who is thought to be there */
	unsigned peer;              /* PEER_WATCH: its number in the node */
	uint64_t wait_s;            /* of KHEADS */
	/* KHELLO was answered rightly. */
	void (*up)(void *arg, const struct peer_hello *h);
	/* It breaks the protocol, or does not know us: why, before the session closes. */
	void (*fault)(void *arg, const char *why);
	void *arg;
	peer_verify_fn verify; /* PEER_FETCH: signatures are looked at ahead; NULL: they are not */
	void *verify_arg;
	struct session_ready ready;
};

extern const struct session_ops peer_client_ops;

NODISCARD void *peer_client_new(const struct peer_client_opts *o);

/* PEER_FETCH: its number in the node; it begins to ask. */
void peer_client_set_peer(void *session, unsigned peer);

#endif
