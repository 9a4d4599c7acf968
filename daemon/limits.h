/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many connections there may be, in all and from one source.  Near the limit new ones are
 * refused at random, more of them the fuller it is: so a flood cannot hold the door shut, and who
 * is in stays in.  Thread-safe.
 */
#ifndef DAEMON_LIMITS_H
#define DAEMON_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

struct limits;
struct map;
struct slice;

struct limits *limits_new(size_t conns, size_t per_source);
void limits_free(struct limits *l);
void limits_set(struct limits *l, size_t conns, size_t per_source);

/* Count a connection from source; KERR_BUSY: refuse it, it is not counted. */
NODISCARD int limits_enter(struct limits *l, const char *source);
void limits_leave(struct limits *l, const char *source);

struct limits_state {
	size_t n_conns;
	uint64_t n_refused_full, n_refused_source, n_refused_early;
};

void limits_state(struct limits *l, struct limits_state *out);

/*
 * Counters by key in a map, without the entry when it is 0.  The caller locks.
 * Returns the new count.
 */
size_t counts_add(struct map *m, struct slice key, int delta);
size_t counts_get(const struct map *m, struct slice key);

#endif
