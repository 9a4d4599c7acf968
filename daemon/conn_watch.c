/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a conn waits for, when all is done that can be done now: its socket, and its one timer.
 * Reading stays armed while the session waits; the timer is moved only when it must fire earlier.
 */
#include "daemon/conn_priv.h"

#include <event2/event.h>

static size_t output_len(const struct conn *c)
{
	return c->o.ops->output(c->session)->len;
}

/* ---- the timer ---- */

static int64_t next_ms(const struct conn *c)
{
	const char *why;
	int64_t at = conn_deadline(c, &why);

	if (c->state != CONN_TALK)
		return at;
	if (c->more)
		return 0;
	return c->need == NEED_RETRY && c->retry_ms < at ? c->retry_ms : at;
}

static void arm(struct conn *c)
{
	int64_t at = next_ms(c), now = loop_clock_ms();

	if (at == INT64_MAX || (c->armed_ms != 0 && c->armed_ms <= at))
		return;
	int64_t wait = at > now ? at - now : c->more ? 0 : 1;
	struct timeval tv = {.tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000};

	event_add(&c->ev_timer, &tv);
	c->armed_ms = now + wait;
}

/* ---- the socket ---- */

bool conn_wants_read(const struct conn *c)
{
	switch (c->state) {
	case CONN_CONNECT:
	case CONN_DEAD:
		return false;
	case CONN_HANDSHAKE:
		return !c->io.wait_write;
	case CONN_LINGER:
		return true;
	case CONN_TALK:
		break;
	}
	return c->need == NEED_INPUT && output_len(c) < SESSION_OUT_HIGH;
}

static bool wants_write(const struct conn *c)
{
	switch (c->state) {
	case CONN_CONNECT:
		return true;
	case CONN_HANDSHAKE:
		return c->io.wait_write;
	case CONN_TALK:
		return output_len(c) > 0 || c->io.wait_write;
	case CONN_LINGER:
	case CONN_DEAD:
		break;
	}
	return false;
}

static void watch_socket(struct conn *c)
{
	if (conn_wants_read(c) && !c->reading) {
		event_add(&c->ev_read, NULL);
		c->reading = true;
	}
	if (wants_write(c) == c->writing)
		return;
	c->writing = !c->writing;
	if (c->writing)
		event_add(&c->ev_write, NULL);
	else
		event_del(&c->ev_write);
}

void conn_watch(struct conn *c)
{
	watch_socket(c);
	arm(c);
}
