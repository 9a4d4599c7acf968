/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session: one protocol conversation without socket, TLS or clock.
 *
 * A session owns its state and its output; the conn (daemon/conn.c) owns socket, TLS and timers.
 * Time and login come as values.  So the same code runs under the loop, a unit test, a dialogue
 * script and a fuzzer.  A session is used by one thread only.
 */
#ifndef PROTO_BASE_SESSION_H
#define PROTO_BASE_SESSION_H

#include <stdint.h>

#include "proto/base/buf.h"

/* What a session wants of its conn after a call. */
enum sess_need {
	NEED_INPUT, /* more bytes from the network */
	NEED_DRAIN, /* output is over its high mark: call pump when it has fallen */
	NEED_WAKE,  /* waits for a ticket: feed nothing until wake */
	NEED_RETRY, /* a read answered KERR_WAIT: call wake with WAKE_RETRY in a moment */
	NEED_TLS, /* send the output, then start TLS; unread input is discarded and that is fatal */
	NEED_CLOSE, /* send the output, then close */
};

/* Why a session is woken. */
struct wake {
	enum wake_why {
		WAKE_TICKET,   /* an asynchronous call of this session is answered */
		WAKE_RETRY,    /* after NEED_RETRY */
		WAKE_NEWS,     /* articles have arrived (only for sessions that watch) */
		WAKE_TLS,      /* the handshake is done; forget what was said before */
		WAKE_FULL,     /* memory for messages is used up: drop the one half received and
				  refuse it at its end; who takes more is cut off */
		WAKE_SHUTDOWN, /* the daemon drains: say goodbye at the next safe place; if it comes
				  again: now, what is half received is lost */
	} why;

	int64_t now_at; /* seconds since 1970 */
};

/*
 * How a session asks for wake(WAKE_TICKET): called from the callback of a ticket, once until that
 * wake.  The conn wakes it later, never from within; a wake may come whatever the last need was.
 */
struct session_ready {
	void (*fn)(void *arg); /* may be NULL: the owner wakes by itself (tests) */
	void *arg;
};

struct session_ops {
	const char *name; /* "nntp" */

	/* First output (greeting).  Called once, after TLS on TLS ports. */
	enum sess_need (*start)(void *s, int64_t now_at);

	/*
	 * Take bytes from the front of `in`; *used_out says how many, for every result.
	 * With NEED_INPUT and used < in.len the rest is offered again together with more bytes.
	 * After any other need the rest is offered again as soon as pump or wake says NEED_INPUT.
	 */
	enum sess_need (*feed)(void *s, struct slice in, int64_t now_at, size_t *used_out);

	/* Output fell to the low mark: go on where CMD_MORE stopped. */
	enum sess_need (*pump)(void *s, int64_t now_at);

	enum sess_need (*wake)(void *s, const struct wake *w);

	/* The output; the conn drops from the front what it has sent. */
	struct buf *(*output)(void *s);

	/* A login holds (decides time-outs and limits). */
	bool (*logged_in)(void *s);

	/* Bytes of memory that hold an article being received; NULL: none ever. */
	size_t (*held)(void *s);

	/* Drops tickets that are out; their callbacks stay silent. */
	void (*free)(void *s);
};

enum {
	SESSION_OUT_HIGH = 256 * 1024, /* output bytes at which handlers stop and want NEED_DRAIN */
	SESSION_OUT_LOW = 64 * 1024,   /* ... at which pump is called */
};

#endif
