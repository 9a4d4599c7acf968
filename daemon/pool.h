/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A few threads for slow pure work: password hashes, store check, name look-ups.
 */
#ifndef DAEMON_POOL_H
#define DAEMON_POOL_H

#include <stddef.h>

#include "proto/base/attr.h"

struct loop;
struct pool;

struct pool *pool_new(unsigned n_threads, size_t queue_max);
/* Waits for what runs; what is queued gets its done without its work. */
void pool_free(struct pool *p);

/*
 * Run work(arg) on a pool thread, then done(arg) on home.  KERR_BUSY when the queue is full:
 * neither is called.  Otherwise done is always called, so that it can free arg.
 */
NODISCARD int pool_run(struct pool *p, struct loop *home, void (*work)(void *arg),
	void (*done)(void *arg), void *arg);

size_t pool_queued(struct pool *p);

#endif
