/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session between two bufs, with a clock of its own: does what daemon/conn.c does, without socket
 * and loop.  Input that the session does not take is kept and offered again; output is moved away
 * as a network would, in one go or in small pieces.
 */
#ifndef TESTS_RIG_RIG_H
#define TESTS_RIG_RIG_H

#include "proto/base/session.h"

struct rig {
	const struct session_ops *ops;
	void *session;
	int64_t now_at;
	struct buf in;  /* sent, not yet taken */
	struct buf out; /* said by the session */
	size_t max_out; /* most bytes that stood in the session's output at once */
	enum sess_need need;
	bool ready;               /* session_ready was called */
	void (*run)(void *world); /* answers what is asynchronous */
	void *world;
	unsigned n_retries;
};

/* Pass this with arg = the rig to sessions that take a struct session_ready. */
void rig_ready(void *arg);

/* ops and session are the caller's choice, run may be NULL; the greeting is taken. */
void rig_start(struct rig *r);

/* Free the session and the bufs. */
void rig_fini(struct rig *r);

/* Send bytes and go on until the session wants more input, TLS or the end. */
void rig_send(struct rig *r, struct slice bytes);

/* Wake it for a reason, and go on likewise. */
void rig_wake(struct rig *r, enum wake_why why);

/* The next line of the output without CRLF, taken away; false when there is no whole line. */
bool rig_line(struct rig *r, struct buf *line);

#endif
