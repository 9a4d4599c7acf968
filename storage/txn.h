/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One write transaction of the store: steps on a kv batch with a sticky rc.  After a failed step
 * the others do nothing, and the batch is aborted.  Writer thread only.
 */
#ifndef STORAGE_TXN_H
#define STORAGE_TXN_H

#include "storage/group.h"
#include "storage/keys.h"
#include "storage/kv.h"
#include "storage/ranges.h"

/* What only ever grows; one row of meta. */
struct counters {
	uint64_t seq;   /* the last given */
	uint64_t audit; /* the last given */
	uint32_t group, account, feed;
	uint32_t hour; /* the last with a row in the table of hours; not stored */
};

struct txn {
	struct kv_batch *b;
	int rc;
	int64_t now_at;
	struct counters n;     /* as they will be after the commit */
	struct counters begun; /* as they were */
	struct states states;  /* of the groups touched */

	struct { /* numbers that are absent now and not yet put: numset.h */
		uint32_t group;
		struct ranges nums;
	} absent;

	struct buf value; /* room for one value */
};

/* now_at: seconds since 1970, for rows that say when. */
NODISCARD int txn_begin(struct kv *kv, const struct counters *n, int64_t now_at, struct txn *t_out);

/* Put what was kept back (group states, counters) and commit; the transaction is gone either way.
 */
NODISCARD int txn_commit(struct txn *t);
void txn_abort(struct txn *t);

/* 0 or KERR_NOTFOUND; another failure sticks too.  The value is valid until the next put or del. */
int txn_get(struct txn *t, const struct key *k, struct slice *value_out);
/* The same, where a value that is damaged is as good as none: KERR_NOTFOUND. */
int txn_get_sound(struct txn *t, const struct key *k, struct slice *value_out);
void txn_put(struct txn *t, const struct key *k, struct slice value);
void txn_put_u32(struct txn *t, const struct key *k, uint32_t n);
void txn_put_u64(struct txn *t, const struct key *k, uint64_t n);
void txn_del(struct txn *t, const struct key *k); /* absent is well */

/* The scratch value, emptied; txn_put_value puts it. */
struct buf *txn_value(struct txn *t);
void txn_put_value(struct txn *t, const struct key *k);

/* A stored value does not decode: note it, once. */
int txn_damaged(struct txn *t, const char *what);

/* The next number of the one sequence. */
uint64_t txn_seq(struct txn *t);

#endif
