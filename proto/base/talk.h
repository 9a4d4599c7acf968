/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every session does the same: it goes step by step until it must rest, and says what for.
 *
 * A protocol's session embeds a struct talk as its first member, writes one function that does one
 * step, and puts talk_feed, talk_wake ... into its session_ops.  talk calls the step again and
 * again until it rests; so feed, pump and wake may come at any time and in any order, and a cut of
 * the input between two calls changes nothing.
 *
 *	struct http_session {
 *		struct talk talk;
 *		...
 *	};
 *	TALK_FIRST(struct http_session);
 *
 *	static bool step(void *arg, struct slice in, size_t *used)
 *	{
 *		struct http_session *s = arg;
 *
 *		if (s->talk.shutdown)
 *			return talk_rest(&s->talk, NEED_CLOSE);
 *		if (talk_full(&s->talk))
 *			return talk_rest(&s->talk, NEED_DRAIN);
 *		switch (http_take(&s->parser, in, used, &r)) { ... }
 *	}
 *
 * The end and STARTTLS are kept here: after NEED_CLOSE no function of the session but `free` is
 * called any more, and after NEED_TLS none until the handshake is done.
 */
#ifndef PROTO_BASE_TALK_H
#define PROTO_BASE_TALK_H

#include <stddef.h>

#include "proto/base/session.h"

enum { TALK_IDLE_KEEP = 16 * 1024 }; /* bytes of a buf that talk_put_away leaves allocated */

/* What a protocol does; each gets the session.  All but `step` may be NULL. */
struct talk_steps {
	/* Say the greeting. */
	void (*greet)(void *s);

	/*
	 * Do one thing: take a command, a piece of a block, or go on with what is under way.
	 *
	 * in    bytes not yet taken, may stop anywhere; none from pump and wake: what is left lies
	 *       with the conn, which offers it again after NEED_INPUT
	 * used  0 when called; set to how many bytes are taken
	 *
	 * true: call me again at once, something was done.  false: as talk_rest returned.
	 */
	bool (*step)(void *s, struct slice in, size_t *used);

	/* The session rests: give back what is not needed while it does (talk_put_away). */
	void (*rested)(void *s);

	/* The handshake that NEED_TLS asked for is done: nothing that was said before holds. */
	void (*secured)(void *s);

	/* It is woken, and goes on after this.  Never for WAKE_TLS. */
	void (*woken)(void *s, enum wake_why why);
};

struct talk {
	const struct talk_steps *steps;
	struct session_ready ready;
	struct buf out;
	int64_t now_at;      /* time of the call under way */
	enum sess_need need; /* as the last call answered */
	bool shutdown;       /* the daemon drains: say goodbye at the next safe place */
	bool hurry;          /* ... asked a second time: what is half received is lost */
	bool closing;        /* for the steps: the session ends when what was asked is answered */
	bool called;         /* talk_ready has called, the wake is to come */
};

/* Behind the definition of a session: its talk is where session_ops look for it. */
#define TALK_FIRST(type) _Static_assert(offsetof(type, talk) == 0, "talk comes first")

/* ready is copied; out_max bounds the output as buf_init has it. */
void talk_init(
	struct talk *t, const struct talk_steps *steps, size_t out_max, struct session_ready ready);
void talk_fini(struct talk *t);

/* ---- for session_ops: s is a session, its struct talk first ---- */

enum sess_need talk_start(void *s, int64_t now_at);
enum sess_need talk_feed(void *s, struct slice in, int64_t now_at, size_t *used_out);
enum sess_need talk_pump(void *s, int64_t now_at);
enum sess_need talk_wake(void *s, const struct wake *w);
struct buf *talk_output(void *s);

/* ---- for steps ---- */

/* Go no further now.  Always false, so a step ends with `return talk_rest(...)`. */
static inline bool talk_rest(struct talk *t, enum sess_need need)
{
	t->need = need;
	return false;
}

/* Is so much said that it must be sent first (NEED_DRAIN)? */
static inline bool talk_full(const struct talk *t)
{
	return t->out.len >= SESSION_OUT_HIGH;
}

/* A ticket is answered: ask once for WAKE_TICKET, until it comes. */
void talk_ready(struct talk *t);

/* Empty a buf that a session fills while it works, and give its memory back but a little. */
void talk_put_away(struct buf *b);

#endif
