/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by conn.c (the state machine), conn_time.c and conn_watch.c (what it waits for), and
 * conn_set.c (what stands around it). */
#ifndef DAEMON_CONN_PRIV_H
#define DAEMON_CONN_PRIV_H

#include <event2/event_struct.h>
#include <stdatomic.h>

#include "daemon/conn.h"
#include "daemon/conn_io.h"
#include "proto/base/coll.h"

enum conn_state { CONN_CONNECT, CONN_HANDSHAKE, CONN_TALK, CONN_LINGER, CONN_DEAD };

struct conn_set {
	struct loop *loop;
	struct tls *tls;
	struct conn_budget *budget;
	struct list conns;
	atomic_size_t n_conns;
	atomic_size_t n_late; /* ended by a time limit */
	uint64_t next_id;
	char scratch[CONN_LEFT + CONN_READ];
};

struct conn {
	struct list node;
	struct conn_set *set;
	struct conn_opts o;
	struct conn_io io;
	enum conn_state state;
	enum sess_need need;
	void *session; /* NULL until open */
	struct buf left;
	size_t held;   /* of the budget */
	bool fresh;    /* `left` is to be offered though nothing new came */
	bool readable; /* the socket may have bytes */
	bool reading;  /* ev_read is armed */
	bool writing;  /* ev_write is armed */
	bool more;     /* the rounds of this turn are used up */
	bool ticket;   /* wakes that are due */
	bool news;
	bool full;   /* memory for messages is used up */
	bool warned; /* ... and the session was told */
	bool shutdown;
	bool closing;        /* conn_close was called */
	const char *why;     /* of the end */
	int64_t began_ms;    /* of the state */
	int64_t input_ms;    /* last bytes in */
	int64_t output_ms;   /* last bytes out */
	int64_t left_ms;     /* first byte of `left` in */
	int64_t retry_ms;    /* NEED_RETRY: when to wake */
	int64_t armed_ms;    /* when the timer fires; 0: not armed */
	uint64_t n_greeting; /* bytes of the greeting */
	uint64_t n_in, n_out;
	struct event ev_read, ev_write, ev_timer, ev_soon;
	char cert[TLS_NAME_MAX + 1];
	char id[24];
};

/* When the state as it is has lasted too long, by loop_clock_ms; INT64_MAX: never.  *why_out says
 * what then ends it. */
int64_t conn_deadline(const struct conn *c, const char **why_out);

/* Set events and timer for what it waits for now. */
void conn_watch(struct conn *c);
bool conn_wants_read(const struct conn *c);

/* Release it; only at the end of its own callback, or with its set. */
void conn_free(struct conn *c);

#endif
