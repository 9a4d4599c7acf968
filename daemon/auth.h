/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Password checks.  A yescrypt hash costs 30 ms on purpose, so it runs in the pool, with a limit on
 * what may wait, in all and per source.  After a success an HMAC of (account, hash, password) under
 * a key of the process is kept for 10 minutes, so that clients that reconnect cost nothing; since
 * the stored hash is part of it, a changed password drops it by itself.
 *
 * Unknown, disabled and wrong give one answer after one work: a dummy hash is checked where there
 * is no account.  A source that failed too often waits before its next check.
 */
#ifndef DAEMON_AUTH_H
#define DAEMON_AUTH_H

#include <stdint.h>

#include "daemon/loop.h"
#include "daemon/pool.h"
#include "storage/store.h"

struct auth;
struct auth_call; /* a check that is out */

enum {
	AUTH_CACHE_S = 600,      /* how long a success is remembered */
	AUTH_WINDOW_S = 600,     /* failures older than this are forgotten */
	AUTH_PER_SOURCE = 4,     /* checks that may wait of a source that failed too often */
	AUTH_PASSWORD_MAX = 255, /* bytes */
	AUTH_DELAY_MAX_S = 30,
};

struct auth_opts {
	unsigned tries_max;     /* failures of a source within the window before it must wait */
	size_t queue_max;       /* checks waiting or running, all together */
	unsigned delay_unit_ms; /* first penalty; doubles with each failure; 0: 1000 */
};

/* store and pool outlive it. */
struct auth *auth_new(struct store *store, struct pool *pool, const struct auth_opts *o);
void auth_free(struct auth *a);

/* After a reload of the configuration; any thread. */
void auth_set_limits(struct auth *a, const struct auth_opts *o);

/* rc 0: account may come in.  KERR_DENIED: wrong, unknown or disabled.  KERR_BUSY: come later. */
typedef void (*auth_done_fn)(void *arg, int rc, uint32_t account);

/*
 * Check a password.  Called on home's thread; done is called there later, once, unless auth_drop
 * comes first.
 *
 * user    login or address, as it came
 * source  the address that is charged: struct conn_addr.source; copied
 *
 * 0: *out is the call.  KERR_BUSY: too much waits already, done is not called.
 */
NODISCARD int auth_check(struct auth *a, struct loop *home, const char *source, struct slice user,
	struct slice pass, auth_done_fn done, void *arg, struct auth_call **out);

/* Forget the answer; on home's thread.  NULL is allowed. */
void auth_drop(struct auth_call *call);

/* Figures since the start. */
struct auth_state {
	size_t n_out;       /* checks waiting or running now */
	uint64_t n_failed;  /* wrong */
	uint64_t n_delayed; /* had to wait because their source failed too often */
	uint64_t n_busy;    /* not even begun: too many were out */
};

void auth_state(struct auth *a, struct auth_state *out);

/* Failures of a source within the window: for status and tests. */
unsigned auth_failures(struct auth *a, const char *source);

#endif
