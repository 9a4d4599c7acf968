/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who was told to send which article: between the 238 to one peer's CHECK and the commit of its
 * TAKETHIS, the others are told 431, so that in a ring of servers an article crosses each link
 * once.  A claim that is not kept lapses.  RFC 4644 section 2.4
 *
 * A table of fixed size; when two ids meet in one place the later claim wins, which costs a
 * transfer that is refused as known, never an article.  Thread-safe.
 */
#ifndef DAEMON_CLAIMS_H
#define DAEMON_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CLAIMS_PLACES = 16 * 1024,
	CLAIMS_LAPSE_S = 5,
};

struct claims;

struct claims *claims_new(void);
void claims_free(struct claims *c);

/* Claim id for owner; false while another owner's claim holds.  now_at in seconds. */
bool claims_take(struct claims *c, uint64_t id, const void *owner, int64_t now_at);

/* The owner is gone, or was refused: its claim ends. */
void claims_drop(struct claims *c, uint64_t id, const void *owner);

#endif
