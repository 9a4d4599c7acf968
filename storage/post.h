/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An article on its way into groups: what store_post and store_deliver do with it in their jobs. */
#ifndef STORAGE_POST_H
#define STORAGE_POST_H

#include "storage/entry.h"
#include "storage/incoming.h"

struct posted {
	struct incoming in;
	char *mid, *cancels, *alias;
	uint8_t mid_hash[STORE_MID_HASH], cancels_hash[STORE_MID_HASH];
	uint64_t bytes;
	uint32_t lines;
	int64_t arrived_at;
	uint32_t groups[STORE_PLACES];
	unsigned n_groups;

	struct posted_head {
		char *text; /* NULL: none */
		uint32_t bytes;
		bool shapes;
	} heads[STORE_PLACES]; /* of groups */

	bool control, obey_awaited;
	uint32_t alias_account;
	struct entry_in *entry; /* NULL: of no feed */
};

/* Copy and seal; out is zeroed before.  KERR_INVALID, KERR_TOOBIG, KERR_FULL, KERR_IO. */
NODISCARD int post_make(struct store *s, const struct store_post *p, struct posted *out);
void post_fini(struct posted *p);

/* Bytes that a job writes for it. */
size_t post_cost(const struct posted *p);

/*
 * In the job: everything that can refuse; nothing is written.  It is the last check of a job: an
 * entry of our own gets its place and its signature here.
 */
NODISCARD int post_check(struct txn *t, const struct posted *p);

/* Then write all of it; failures stick in t->rc.  res gets seq and places. */
void post_put(struct txn *t, const struct posted *p, struct store_result *res);

/* Take the article of history h out of all its groups; its content stays until retention. */
void article_take_out(struct txn *t, const uint8_t mid[STORE_MID_HASH], struct history *h);

#endif
