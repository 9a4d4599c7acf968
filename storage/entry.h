/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tables F, N, E: feeds, their names, their entries.  A job that stores an article of a feed holds
 * a struct entry_in and calls entry_check with its other checks, entry_put with its other writes.
 */
#ifndef STORAGE_ENTRY_H
#define STORAGE_ENTRY_H

#include "storage/store_fed.h"
#include "storage/txn.h"

/* entry_rec.absent of an entry that is void: it keeps its row, and nothing else. */
enum { ENTRY_VOID = 0xff };

/* A struct store_entry that a job owns, and what became of it. */
struct entry_in {
	struct store_entry e; /* its slices lie in `bytes` */
	struct buf bytes;
	uint8_t root[STORE_ENTRY_HASH];
	struct feed_rec feed; /* as entry_check found or made it up */
	struct entry_made made;
	bool fills; /* the entry is here without its content */
	struct store_fed_result res;
};

/* Copy e; KERR_INVALID, KERR_TOOBIG: a size breaks a limit of store_fed.h. */
NODISCARD int entry_in_init(struct entry_in *in, const struct store_entry *e);
void entry_in_fini(struct entry_in *in);

/* Bytes that it will write. */
size_t entry_cost(const struct entry_in *in);

/* Everything that can refuse, `seal` included; nothing is written.  As struct store_entry says. */
NODISCARD int entry_check(struct txn *t, struct entry_in *in, bool with_content);

/*
 * Write entry and feed; mid is NULL and content 0 when it is not here, place {0, 0} when it stands
 * nowhere.  in->res is set.
 */
void entry_put(struct txn *t, struct entry_in *in, const uint8_t *mid, uint64_t content,
	struct place place);

/* The slices of out end with the next put or del. */
int entry_get(struct txn *t, uint32_t feed, uint64_t n, struct entry_rec *out);

/* Write it again with another `absent` and place. */
void entry_rewrite(struct txn *t, const struct entry_rec *e, uint8_t absent, struct place place);

/* high, tip and note of f are those of e. */
void feed_step(struct feed_rec *f, const struct entry_rec *e);
void feed_put(struct txn *t, const struct feed_rec *f);
NODISCARD int feed_decode(struct slice value, struct feed_rec *out);
NODISCARD int entry_decode(struct slice key, struct slice value, struct entry_rec *out);

#endif
