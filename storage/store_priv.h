/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of storage/ share about an open store. */
#ifndef STORAGE_STORE_PRIV_H
#define STORAGE_STORE_PRIV_H

#include <stdatomic.h>

#include "storage/keys.h"
#include "storage/kv.h"
#include "storage/room.h"
#include "storage/store.h"
#include "storage/txn.h"
#include "storage/watch.h"

struct dict;
struct keyfile;
struct writer;

struct store {
	struct store_opts opts;
	char *dir; /* NULL: in memory */
	struct kv *kv;
	struct keyfile *keys;
	struct dict *dict;
	struct writer *writer;
	struct counters counters; /* as committed; the writer's */
	struct room room;
	struct watch watch;
	uint64_t generation, turning; /* of this life; being drawn */
	uint8_t secret[32];
	atomic_bool stopped; /* writing has ended for good */

	_Atomic uint64_t n_jobs, n_commits, n_articles, n_duplicates, n_refused, commit_us;
	_Atomic uint64_t n_busy; /* turned away: the queue was full */
	_Atomic uint64_t n_pruned;
	_Atomic uint64_t last_seq;
};

struct view {
	struct store *store;
	struct kv_view *kv;
	struct buf overview, structure; /* of the row shown last */
};

/*
 * A get that is not the first read of a call: KERR_WAIT is waited out in place, because the call
 * has done something by now.
 */
NODISCARD int view_get_more(struct view *v, const struct key *k, struct slice *value_out);

/* The engine, for tests that inject faults. */
struct kv *store_kv(struct store *s);

#endif
