/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The turns of a conversation.  Every entry ends in run(), which goes on until a step rests; the
 * answer is kept in t->need, where NEED_CLOSE stays for ever and NEED_TLS until WAKE_TLS.
 */
#include "proto/base/talk.h"

#include <assert.h>

void talk_init(
	struct talk *t, const struct talk_steps *steps, size_t out_max, struct session_ready ready)
{
	*t = (struct talk){.steps = steps, .ready = ready, .need = NEED_INPUT};
	buf_init(&t->out, out_max);
}

void talk_fini(struct talk *t)
{
	buf_fini(&t->out);
}

static bool rests_for_good(const struct talk *t)
{
	return t->need == NEED_CLOSE || t->need == NEED_TLS;
}

static enum sess_need run(struct talk *t, struct slice in, size_t *used_out)
{
	size_t n;
	bool more;

	*used_out = 0;
	if (rests_for_good(t))
		return t->need;
	do {
		n = 0;
		more = t->steps->step(t, slice_from(in, *used_out), &n);
		*used_out += n;
		assert(*used_out <= in.len);
	} while (more);
	if (t->steps->rested)
		t->steps->rested(t);
	return t->need;
}

enum sess_need talk_start(void *s, int64_t now_at)
{
	struct talk *t = s;

	t->now_at = now_at;
	if (t->steps->greet)
		t->steps->greet(s);
	return t->need;
}

enum sess_need talk_feed(void *s, struct slice in, int64_t now_at, size_t *used_out)
{
	struct talk *t = s;

	t->now_at = now_at;
	return run(t, in, used_out);
}

enum sess_need talk_pump(void *s, int64_t now_at)
{
	size_t used;

	return talk_feed(s, lit(""), now_at, &used);
}

/* The handshake is done; of one that nobody asked for nothing follows. */
static void secure(struct talk *t)
{
	if (t->need != NEED_TLS)
		return;
	t->need = NEED_INPUT;
	if (t->steps->secured)
		t->steps->secured(t);
}

enum sess_need talk_wake(void *s, const struct wake *w)
{
	struct talk *t = s;

	if (w->why == WAKE_TICKET)
		t->called = false;
	if (w->why == WAKE_SHUTDOWN) {
		t->hurry = t->shutdown;
		t->shutdown = true;
	}
	if (w->why == WAKE_TLS)
		secure(t);
	else if (t->steps->woken && !rests_for_good(t))
		t->steps->woken(s, w->why);
	return talk_pump(s, w->now_at);
}

struct buf *talk_output(void *s)
{
	return &((struct talk *)s)->out;
}

void talk_ready(struct talk *t)
{
	if (t->called)
		return;
	t->called = true;
	if (t->ready.fn)
		t->ready.fn(t->ready.arg);
}

void talk_put_away(struct buf *b)
{
	buf_reset(b);
	buf_trim(b, TALK_IDLE_KEEP);
}
