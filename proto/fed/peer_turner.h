/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The peer port's conversation of a daemon that nobody dials: it dials, says KTURN, and is asked
 * from then on as if it had been dialled (peer_session.h).  So what it holds gets to others though
 * no connection can be made to it.  docs/federation.md section 5
 */
#ifndef PROTO_FED_PEER_TURNER_H
#define PROTO_FED_PEER_TURNER_H

#include "proto/fed/peer_session.h"

struct peer_turner_opts {
	struct fed_oid other;           /* who is thought to be there; its key was looked at */
	bool watch;                     /* it shall watch here; else fetch */
	struct peer_session_opts serve; /* for the time behind the turn; nobody joins here */
	/* The other has said KHELLO rightly: it may ask now. */
	void (*up)(void *arg);
	/* It does not turn, or not now: why, before the session closes. */
	void (*fault)(void *arg, const char *why);
	void *arg;
};

extern const struct session_ops peer_turner_ops;

NODISCARD void *peer_turner_new(const struct peer_turner_opts *o);

#endif
