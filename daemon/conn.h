/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A conn: one socket, with or without TLS, and the session that talks on it.  It owns socket, TLS
 * and timers; the session owns the words.  No bufferevents: docs/decisions.md says why.
 *
 * A conn lives on one loop and is freed in one place, at the end of its own callback; so whatever
 * is called from within a session may ask for its end at any time.
 */
#ifndef DAEMON_CONN_H
#define DAEMON_CONN_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/socket.h>

#include "daemon/loop.h"
#include "daemon/tls.h"
#include "proto/base/session.h"

enum {
	CONN_READ = 64 * 1024,      /* bytes read at a time */
	CONN_LEFT = 128 * 1024,     /* unused input that is kept at most */
	CONN_HELD_FREE = 64 * 1024, /* of a received article, which nobody is cut off for */
	CONN_HANDSHAKE_S = 10,
	CONN_CONNECT_S = 20,
	CONN_LINGER_S = 2, /* waiting for the other end's FIN after ours */
};

/* Who is at the other end. */
struct conn_addr {
	char text[48];   /* address without port, for logs */
	char source[56]; /* what limits count by: an IPv4 address or an IPv6 /64 */
	bool loopback;
};

void conn_addr_set(struct conn_addr *a, const struct sockaddr *sa);

struct conn;

/*
 * Memory of articles and mails that are being received, all loops together.  Over max, whoever
 * holds more than CONN_HELD_FREE and takes more is asked to drop it (WAKE_FULL), and cut off if he
 * takes still more.  Zeroed at first.
 */
struct conn_budget {
	atomic_size_t held, max;
	atomic_uint_fast64_t n_cut, n_dropped;
};

/* The conns of one loop, and what they share. */
struct conn_set;
struct conn_set *conn_set_new(struct loop *loop, struct tls *tls, struct conn_budget *budget);

/* On the loop's thread, or after it has ended: ends what is left, without another word. */
void conn_set_free(struct conn_set *set);
struct loop *conn_set_loop(const struct conn_set *set);

/* Tell every session that the daemon drains; on the loop's thread. */
void conn_set_shutdown(struct conn_set *set);

/* Conns that stand; any thread. */
size_t conn_set_count(const struct conn_set *set);

/* Conns that a time limit has ended so far; any thread. */
size_t conn_set_late(const struct conn_set *set);

/* What the owner of a conn does.  `arg` is conn_opts.arg. */
struct conn_hooks {
	/* Connection and TLS stand: make the session.  NULL: it is not wanted, close. */
	void *(*open)(void *arg, struct conn *c);
	/* TLS was begun on a session's wish (STARTTLS), before wake(WAKE_TLS).  May be NULL. */
	void (*secured)(void *arg, struct conn *c);
	/* The end, once; the session is freed already.  why is borrowed, never NULL. */
	void (*closed)(void *arg, struct conn *c, const char *why);
};

/* Time limits, seconds; 0: none. */
struct conn_times {
	uint32_t login_s; /* without a login: to the first command, and for a line begun */
	uint32_t idle_s;  /* with one: without a byte either way */
	uint32_t stall_s; /* output that does not move */
};

struct conn_opts {
	int fd; /* non-blocking; taken */
	struct conn_addr addr;
	const struct session_ops *ops;
	const struct conn_hooks *hooks;
	void *arg;
	struct conn_times times;
	bool tls;             /* from the first byte */
	bool connecting;      /* we dialled, connect() is under way */
	const char *tls_name; /* not NULL: we are the client; name to expect, kept by the owner */
	/* Makes the TLS conversation in place of the set's struct tls; NULL: there is none now. */
	SSL *(*tls_new)(void *arg, int fd);
	void *tls_arg;
};

/* On the set's loop.  Nothing is called before the next turn of the loop. */
struct conn *conn_new(struct conn_set *set, const struct conn_opts *o);

/* Wake the session soon with NEWS or SHUTDOWN; on the conn's thread. */
void conn_wake(struct conn *c, enum wake_why why);

/* session_ready for the session of c. */
struct session_ready conn_ready(struct conn *c);

/* End it: flush what the session has said, then close.  The session itself may call it. */
void conn_close(struct conn *c, const char *why);

const char *conn_id(const struct conn *c);
const struct conn_addr *conn_peer(const struct conn *c);
struct loop *conn_loop(const struct conn *c);
bool conn_secure(const struct conn *c);

/* The verified name in the other end's certificate, or NULL; never with conn_opts.tls_new. */
const char *conn_cert(const struct conn *c);

/* The TLS conversation, for what only its owner looks at; NULL without. */
SSL *conn_ssl(const struct conn *c);

/* When the last bytes came in, by loop_clock_ms. */
int64_t conn_input_ms(const struct conn *c);

#endif
