/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conn's part of a conversation, by hand. */
#include "tests/rig/rig.h"

#include <assert.h>

enum { RIG_MAX = 1 << 28 };

void rig_ready(void *arg)
{
	((struct rig *)arg)->ready = true;
}

static void drain(struct rig *r)
{
	struct buf *b = r->ops->output(r->session);

	assert(!b->bad);
	if (b->len > r->max_out)
		r->max_out = b->len;
	buf_add(&r->out, buf_slice(b));
	buf_drop(b, b->len);
}

static void wake(struct rig *r, enum wake_why why)
{
	struct wake w = {why, r->now_at};

	r->need = r->ops->wake(r->session, &w);
}

/* Offer what lies there; true when it was of use. */
static bool offer(struct rig *r)
{
	size_t used;

	if (r->in.len == 0)
		return false;
	r->need = r->ops->feed(r->session, buf_slice(&r->in), r->now_at, &used);
	assert(used <= r->in.len);
	buf_drop(&r->in, used);
	return used > 0 || r->need != NEED_INPUT;
}

/* One thing that a conn would do now; false when it would wait for the network. */
static bool turn(struct rig *r)
{
	drain(r);
	if (r->need == NEED_CLOSE || r->need == NEED_TLS)
		return false;
	if (r->run)
		r->run(r->world);
	if (r->ready) {
		r->ready = false;
		wake(r, WAKE_TICKET);
		return true;
	}
	switch (r->need) {
	case NEED_INPUT:
		return offer(r);
	case NEED_DRAIN:
		r->need = r->ops->pump(r->session, r->now_at);
		return true;
	case NEED_RETRY:
		r->n_retries++;
		wake(r, WAKE_RETRY);
		return true;
	case NEED_WAKE:
	case NEED_TLS:
	case NEED_CLOSE:
		break;
	}
	return false;
}

static void settle(struct rig *r)
{
	while (turn(r))
		;
	drain(r); /* what was said of input that was left */
}

void rig_start(struct rig *r)
{
	buf_init(&r->in, RIG_MAX);
	buf_init(&r->out, RIG_MAX);
	r->ready = false;
	r->need = r->ops->start(r->session, r->now_at);
	settle(r);
}

void rig_fini(struct rig *r)
{
	r->ops->free(r->session);
	buf_fini(&r->in);
	buf_fini(&r->out);
}

void rig_send(struct rig *r, struct slice bytes)
{
	buf_add(&r->in, bytes);
	settle(r);
}

void rig_wake(struct rig *r, enum wake_why why)
{
	wake(r, why);
	settle(r);
}

bool rig_line(struct rig *r, struct buf *line)
{
	struct slice out = buf_slice(&r->out);
	size_t lf = slice_chr(out, '\n');

	buf_reset(line);
	if (!out.p || lf == out.len)
		return false;
	assert(lf > 0 && out.p[lf - 1] == '\r');
	buf_add(line, slice_head(out, lf - 1));
	buf_drop(&r->out, lf + 1);
	return true;
}
