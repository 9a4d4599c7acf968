/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long each state of a conn may last; the limits of a conversation come with the conn. */
#include "daemon/conn_priv.h"

static int64_t after(int64_t from_ms, uint32_t s)
{
	return s ? from_ms + (int64_t)s * 1000 : INT64_MAX;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/*
 * Without a login bytes count for nothing: the first command, and the rest of a line that was
 * begun, must come in time; after that an answer is what keeps the conn.
 */
static int64_t stranger_deadline(const struct conn *c, const char **why)
{
	const struct conn_times *t = &c->o.times;
	bool silent = c->n_out == c->n_greeting;
	int64_t at = after(c->output_ms, silent ? t->login_s : t->idle_s);
	int64_t line_at = c->left.len > 0 ? after(c->left_ms, t->login_s) : INT64_MAX;

	if (silent || line_at < at)
		*why = "no command in time";
	return at < line_at ? at : line_at;
}

/* Who has memory in use for a message must go on with it as with taking output. */
static uint32_t quiet_s(const struct conn *c)
{
	const struct conn_times *t = &c->o.times;
	bool holds = c->held > CONN_HELD_FREE && t->stall_s > 0;

	return holds && (t->idle_s == 0 || t->stall_s < t->idle_s) ? t->stall_s : t->idle_s;
}

/* When the conversation as it stands has lasted too long.  Names the reason. */
static int64_t talk_deadline(const struct conn *c, const char **why)
{
	const struct conn_times *t = &c->o.times;

	if (c->o.ops->output(c->session)->len > 0) {
		*why = "output stalled";
		return after(later(c->output_ms, c->began_ms), t->stall_s);
	}
	if (c->need == NEED_WAKE)
		return INT64_MAX;
	*why = "idle";
	if (c->cert[0] != '\0' || c->o.ops->logged_in(c->session))
		return after(later(c->input_ms, c->output_ms), quiet_s(c));
	return stranger_deadline(c, why);
}

int64_t conn_deadline(const struct conn *c, const char **why)
{
	switch (c->state) {
	case CONN_CONNECT:
		*why = "connecting took too long";
		return after(c->began_ms, CONN_CONNECT_S);
	case CONN_HANDSHAKE:
		*why = "TLS handshake took too long";
		return after(c->began_ms, CONN_HANDSHAKE_S);
	case CONN_TALK:
		return talk_deadline(c, why);
	case CONN_LINGER:
		*why = "closed";
		return after(c->began_ms, CONN_LINGER_S);
	case CONN_DEAD:
		break;
	}
	return INT64_MAX;
}
