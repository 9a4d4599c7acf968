/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers that have come and wait for their turn in the node, in the order in which they came.
 * Their signatures are looked at meanwhile, elsewhere and several at a time: that is the dearest
 * part of receiving an entry.  Of peer_client.c.
 */
#ifndef PROTO_FED_PEER_AHEAD_H
#define PROTO_FED_PEER_AHEAD_H

#include "proto/fed/fed_node.h"

enum {
	PEER_SIGS = 16,    /* signatures that are looked at in one go */
	PEER_SIGS_OUT = 2, /* while so many such are out, what comes in is collected */
};

/* Signatures to be looked at; fed_sigs_check may be called on any thread. */
struct peer_sigs {
	size_t n;

	struct peer_sig {
		struct fed_sign sign;
		struct fed_public key;
		struct fed_hash e; /* of the tags */
		bool holds;
		struct ahead_item *item; /* as long as the owner is there */
	} v[PEER_SIGS];

	/* Call it on the session's thread afterwards, with this; it is freed then. */
	void (*done)(struct peer_sigs *s);
	struct peer_ahead *owner; /* NULL: its session is gone */
	struct list node;
};

void peer_sigs_check(struct peer_sigs *s);

/*
 * Have them looked at: peer_sigs_check, then s->done on the session's thread, never from within.
 * Negative: not now; nothing is called.
 */
typedef int (*peer_verify_fn)(void *arg, struct peer_sigs *s);

struct peer_ahead {
	struct list items; /* struct ahead_item, oldest first */
	size_t n;
	struct peer_sigs *unsent; /* being filled; NULL: none */
	struct list out;          /* struct peer_sigs that are being looked at ... */
	size_t n_out;             /* ... so many */
	const struct fed_reg *reg;
	peer_verify_fn verify; /* NULL: each is looked at when its turn comes */
	void *arg;
	void (*ready)(void *ready_arg); /* the oldest may be ready now */
	void *ready_arg;
};

struct ahead_item {
	struct list node;
	unsigned code;
	struct buf block;
	bool broken; /* it did not come whole */
	bool waits;  /* for its signature */
	struct fed_vouch vouch;
	bool vouched;
};

/* Set reg, verify, arg, ready, ready_arg afterwards. */
void peer_ahead_init(struct peer_ahead *a);
void peer_ahead_fini(struct peer_ahead *a);

/* An answer; *block is taken and left empty.  entry: its signature is worth looking at ahead. */
void peer_ahead_push_take(
	struct peer_ahead *a, unsigned code, struct buf *block, bool broken, bool entry);

/* What came in one turn is sent off, unless enough is out: then with what comes meanwhile. */
void peer_ahead_rest(struct peer_ahead *a);

/* The oldest, if its turn may come; NULL: none, or it waits. */
struct ahead_item *peer_ahead_first(struct peer_ahead *a);
void peer_ahead_pop(struct peer_ahead *a);

#endif
