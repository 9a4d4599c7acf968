/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections with exchanged roles: who has dialled is asked over them.  So a daemon that cannot be
 * dialled is asked all the same.  docs/federation.md section 5
 *
 * Where a daemon offers them: to each neighbour that it dials, when its own record has no address,
 * or when nothing has come from that neighbour for FED_UNDIALLED_S, whatever the record says.
 */
#ifndef DAEMON_FED_TURN_H
#define DAEMON_FED_TURN_H

#include "daemon/fed_priv.h"

enum {
	FED_UNDIALLED_S = 30,
	FED_TURN_WATCH_S = 10, /* from the connection to fetch to the one to watch */
};

struct side;

/*
 * The daemon at the other end of c, which has dialled us, wants to be asked over it: a session of
 * peer_client_ops, or NULL for not now.  fed_turn_ended is called when c has closed.
 */
void *fed_turn(
	struct fed *f, const struct peer_turn_wish *w, struct conn *c, struct side **side_out);
void fed_turn_ended(struct side *s, const char *why);

/* A daemon record of a stranger, which is no secret and proves itself: likewise. */
void *fed_turn_renew(struct fed *f, const struct fed_oid *oid, struct conn *c);

/* Heads or records have changed, or time has gone by: wake those that ask us. */
void fed_offers_news(struct fed *f);

#endif
