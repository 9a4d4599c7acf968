/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dial one address of another daemon: resolve it in the pool, try what it resolves to one after the
 * other until one connection stands with TLS.  On the federation's thread.
 */
#ifndef DAEMON_FED_DIAL_H
#define DAEMON_FED_DIAL_H

#include "daemon/conn.h"
#include "proto/fed/fed_id.h"

struct fed;
struct fed_dial;

struct fed_dial_hooks {
	/* TLS stands and the other end has this key: the session, or NULL to close. */
	void *(*open)(void *arg, struct conn *c, const struct fed_hash *spki);
	/*
	 * It came to nothing, or the conn is closed (the session is freed); called once, last.  why
	 * is borrowed, in words for people.
	 */
	void (*end)(void *arg, bool was_open, const char *why);
};

/* ops: of the session.  host: without brackets; copied. */
NODISCARD struct fed_dial *fed_dial_new(struct fed *f, struct slice host, uint16_t port,
	const struct session_ops *ops, const struct fed_dial_hooks *hooks, void *arg);

/* Close; hooks.end comes later.  NULL is allowed. */
void fed_dial_close(struct fed_dial *d, const char *why);

/* Its conn once it is open; NULL before. */
struct conn *fed_dial_conn(struct fed_dial *d);

#endif
