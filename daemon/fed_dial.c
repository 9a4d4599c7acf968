/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a name to a connection.  An address at which somebody else answers is tried in vain, like
 * one at which nobody does.  A dial ends exactly once: after its conn has closed, or after the last
 * of its addresses was tried in vain, never within the call that began it.
 */
#include "daemon/fed_dial.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/fed_priv.h"
#include "daemon/fed_tls.h"
#include "proto/base/mem.h"

enum {
	DIAL_LOGIN_S = 20, /* to the first answer */
	DIAL_STALL_S = 120,
};

struct fed_dial {
	struct fed *f;
	const struct session_ops *ops;
	const struct fed_dial_hooks *hooks;
	void *arg;
	char host[FED_NAME_MAX + 1], port[8];
	struct addrinfo *addrs, *next;
	int resolved; /* of getaddrinfo */
	struct conn *conn;
	bool open, closing;
	char why[128];
};

static void try_next(struct fed_dial *d);

static void end(struct fed_dial *d)
{
	d->hooks->end(d->arg, d->open, d->why);
	if (d->addrs)
		freeaddrinfo(d->addrs);
	free(d);
}

static void say(struct fed_dial *d, const char *why)
{
	if (d->why[0] == '\0' || !d->closing)
		snprintf(d->why, sizeof d->why, "%s", why);
}

/* ---- the conn ---- */

static void *on_open(void *arg, struct conn *c)
{
	struct fed_dial *d = arg;
	struct fed_hash spki;
	void *session = NULL;

	if (!d->closing && fed_tls_spki(conn_ssl(c), &spki))
		session = d->hooks->open(d->arg, c, &spki);
	d->open = session != NULL;
	return session;
}

static void on_closed(void *arg, struct conn *c, const char *why)
{
	struct fed_dial *d = arg;

	(void)c;
	d->conn = NULL;
	say(d, why);
	if (d->open || d->closing || !d->next)
		end(d);
	else
		try_next(d);
}

static const struct conn_hooks conn_hooks = {.open = on_open, .closed = on_closed};

/* The keys may have changed since it was dialled. */
static SSL *new_tls(void *arg, int fd)
{
	return fed_tls_client(((struct fed *)arg)->tls, fd);
}

static void start_conn(struct fed_dial *d, int fd, const struct addrinfo *ai)
{
	struct conn_opts o = {
		.fd = fd,
		.ops = d->ops,
		.hooks = &conn_hooks,
		.arg = d,
		.times = {.login_s = DIAL_LOGIN_S, .stall_s = DIAL_STALL_S},
		.tls = true,
		.connecting = true,
		.tls_new = new_tls,
		.tls_arg = d->f,
	};

	fed_keep_alive(fd);
	conn_addr_set(&o.addr, ai->ai_addr);
	d->conn = conn_new(d->f->set, &o);
}

static void try_next(struct fed_dial *d)
{
	while (d->next && !d->closing) {
		const struct addrinfo *ai = d->next;
		int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		d->next = ai->ai_next;
		if (fd >= 0 &&
			(connect(fd, ai->ai_addr, ai->ai_addrlen) == 0 || errno == EINPROGRESS)) {
			start_conn(d, fd, ai);
			return;
		}
		say(d, strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	end(d);
}

/* ---- the address ---- */

/* In the pool. */
static void resolve(void *arg)
{
	struct fed_dial *d = arg;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};

	d->resolved = getaddrinfo(d->host, d->port, &hints, &d->addrs);
}

static void on_resolved(void *arg)
{
	struct fed_dial *d = arg;

	d->next = d->addrs;
	if (d->resolved != 0)
		say(d, gai_strerror(d->resolved));
	try_next(d);
}

static void on_no_pool(void *arg)
{
	struct fed_dial *d = arg;

	say(d, "too much other work, try again later");
	end(d);
}

struct fed_dial *fed_dial_new(struct fed *f, struct slice host, uint16_t port,
	const struct session_ops *ops, const struct fed_dial_hooks *hooks, void *arg)
{
	struct fed_dial *d = mem_new(struct fed_dial);

	*d = (struct fed_dial){
		.f = f, .ops = ops, .hooks = hooks, .arg = arg, .resolved = EAI_AGAIN};
	(void)!slice_cstr(slice_head(host, sizeof d->host - 1), d->host, sizeof d->host);
	snprintf(d->port, sizeof d->port, "%u", port);
	if (pool_run(f->d->pool, f->loop, resolve, on_resolved, d) < 0)
		loop_post(f->loop, on_no_pool, d);
	return d;
}

void fed_dial_close(struct fed_dial *d, const char *why)
{
	if (!d || d->closing)
		return;
	say(d, why);
	d->closing = true;
	if (d->conn)
		conn_close(d->conn, why);
}

struct conn *fed_dial_conn(struct fed_dial *d)
{
	return d->open ? d->conn : NULL;
}
