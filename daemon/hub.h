/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * News of arrivals, from the writer thread to whoever waits on a loop.  However many commits come,
 * each loop has at most one piece of news on its way.
 */
#ifndef DAEMON_HUB_H
#define DAEMON_HUB_H

#include <stdint.h>

#include "daemon/loop.h"
#include "proto/base/coll.h"

struct hub;

/* Someone who waits; caller's memory. */
struct hub_watch {
	struct list node;
	void (*fn)(void *arg, uint64_t last_seq);
	void *arg;
};

struct hub *hub_new(struct loop **loops, unsigned n_loops);
/* When the loops have ended. */
void hub_free(struct hub *h);

/* The log goes up to last_seq now; any thread. */
void hub_publish(struct hub *h, uint64_t last_seq);

/* Call w->fn on this loop with each piece of news.  fn may unwatch itself, not others. */
void hub_watch(struct hub *h, struct loop *loop, struct hub_watch *w);
void hub_unwatch(struct hub_watch *w);

#endif
