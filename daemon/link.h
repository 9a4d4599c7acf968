/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One link to a peer: find its address, connect, feed, write the cursor; after a failure wait, then
 * again.  On loop 0.
 */
#ifndef DAEMON_LINK_H
#define DAEMON_LINK_H

#include "daemon/peers.h"
#include "storage/store.h"

struct link;

enum {
	LINK_BACKOFF_MS = 1000, /* before the second try; doubles, give or take a quarter */
	LINK_BACKOFF_MAX_MS = 15 * 60 * 1000,
	LINK_CURSOR_MS = 200, /* the cursor is written at most this often ... */
	LINK_CURSOR_N = 1000, /* ... or after this many entries */
	LINK_ANSWER_S = 300,  /* an offer without an answer for this long: connect anew */
	LINK_GREETING_S = 60,
	LINK_STALL_S = 300,
};

/* Starts at once.  cursor: all up to there is settled. */
struct link *link_new(struct daemon *d, const struct peer_rec *p, uint64_t cursor);

/* Write what is settled, close; the link frees itself when nothing of it is out. */
void link_end(struct link *l);

const struct peer_rec *link_peer(const struct link *l);
void link_status(struct link *l, uint64_t last_seq, struct peer_status *out);

#endif
