/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Handing through, once the roles are exchanged. */
#include "proto/fed/peer_turn.h"

bool turn_to_take(struct turn *t, const struct session_ops *ops, void *session)
{
	t->ops = ops;
	t->session = session;
	buf_add(ops->output(session), buf_slice(&t->talk.out));
	buf_reset(&t->talk.out);
	return talk_rest(&t->talk, ops->start(session, t->talk.now_at));
}

void turn_fini(struct turn *t)
{
	if (t->ops)
		t->ops->free(t->session);
	talk_fini(&t->talk);
}

/* What came behind the line that turned it is the other session's. */
enum sess_need turn_feed(void *s, struct slice in, int64_t now_at, size_t *used_out)
{
	struct turn *t = s;
	enum sess_need need = NEED_INPUT;
	size_t n = 0;

	*used_out = 0;
	if (!t->ops)
		need = talk_feed(s, in, now_at, used_out);
	if (!t->ops || (*used_out > 0 && *used_out == in.len))
		return need;
	need = t->ops->feed(t->session, slice_from(in, *used_out), now_at, &n);
	*used_out += n;
	return need;
}

enum sess_need turn_pump(void *s, int64_t now_at)
{
	struct turn *t = s;

	return t->ops ? t->ops->pump(t->session, now_at) : talk_pump(s, now_at);
}

enum sess_need turn_wake(void *s, const struct wake *w)
{
	struct turn *t = s;

	return t->ops ? t->ops->wake(t->session, w) : talk_wake(s, w);
}

struct buf *turn_output(void *s)
{
	struct turn *t = s;

	return t->ops ? t->ops->output(t->session) : talk_output(s);
}
