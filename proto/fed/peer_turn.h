/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A conversation of the peer port whose roles may be exchanged (KTURN): from then on another
 * session has it, and the one that is behind it only hands through.  peer_session.c, the one that
 * was dialled, and peer_turner.c, the one that dialled, embed it as their first member and put
 * turn_feed, turn_wake ... into their session_ops.  docs/federation.md section 5
 */
#ifndef PROTO_FED_PEER_TURN_H
#define PROTO_FED_PEER_TURN_H

#include "proto/base/talk.h"

struct turn {
	struct talk talk;
	const struct session_ops *ops; /* NULL: not turned yet */
	void *session;
};

/* Behind the definition of a session, as TALK_FIRST. */
#define TURN_FIRST(type) _Static_assert(offsetof(type, turn) == 0, "turn comes first")

/*
 * In a step, as its last act: what is said before goes out first, then `session` has the word.  It
 * is freed by turn_fini.
 */
bool turn_to_take(struct turn *t, const struct session_ops *ops, void *session);
void turn_fini(struct turn *t);

static inline bool turn_done(const struct turn *t)
{
	return t->ops != NULL;
}

/* ---- for session_ops; start is talk_start ---- */

enum sess_need turn_feed(void *s, struct slice in, int64_t now_at, size_t *used_out);
enum sess_need turn_pump(void *s, int64_t now_at);
enum sess_need turn_wake(void *s, const struct wake *w);
struct buf *turn_output(void *s);

#endif
