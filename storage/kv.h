/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The key-value seam: an ordered map of byte strings with snapshots and one writer at a time.
 *
 * Keys are 1..KV_KEY_MAX bytes, values 0..KV_VALUE_MAX, a batch writes at most KV_BATCH_MAX.
 * Slices from a view end with the view; slices from a batch end with its next put, del or end.
 * No cursor lives across callbacks: a scan is resumed by key.  A read may answer KERR_WAIT (a
 * network engine, or kv_mem told to): nothing was read, come again when woken.
 *
 * Results are 0 or KERR_NOTFOUND, KERR_WAIT, KERR_CONFLICT, KERR_FULL, KERR_DAMAGED, KERR_IO.
 * After KERR_IO from a commit the caller must stop writing for good: a failed fdatasync has
 * dropped dirty pages, and going on would acknowledge what is not on disk.
 *
 * Engines: kv_lmdb.c (files), kv_mem.c (tests; injects waits, conflicts, failures).
 */
#ifndef STORAGE_KV_H
#define STORAGE_KV_H

#include <stdint.h>

#include "proto/base/err.h"
#include "proto/base/slice.h"

enum {
	KV_KEY_MAX = 511,
	KV_VALUE_MAX = 64 * 1024,
	KV_SUM = 4, /* bytes of the sum behind a value, within the engine */
	KV_BATCH_MAX = 4 * 1024 * 1024,
};

struct kv;       /* an open engine; thread-safe */
struct kv_view;  /* a read snapshot; one thread at a time; short-lived (one callback) */
struct kv_batch; /* the write transaction; the writer thread only; at most one is open */

/* Keys from `from` on (inclusive) that are below `to` (exclusive); reverse visits them downwards.
 */
struct kv_range {
	struct slice from;
	struct slice to;
	bool reverse;
};

/* Return false to stop the scan. */
typedef bool (*kv_scan_fn)(void *arg, struct slice key, struct slice value);

struct kv_stat {
	uint64_t bytes_used; /* pages in use */
	uint64_t bytes_map;  /* ceiling */
	uint64_t n_keys;
	uint64_t n_readers;
	uint64_t n_commits; /* greater after each */
};

/* What a round of kv_tend found. */
struct kv_care {
	unsigned n_rounds;   /* that the view which is open longest has seen; 0: none is open */
	unsigned n_dead;     /* readers cleared that died in another process */
	uint64_t bytes_free; /* of bytes_used: pages that the next commits take */
};

struct kv_ops {
	void (*close)(struct kv *kv);
	int (*stat)(struct kv *kv, struct kv_stat *out);
	int (*tend)(struct kv *kv, struct kv_care *out);
	int (*copy)(struct kv *kv, const char *dir, struct err *err);
	int (*view_open)(struct kv *kv, struct kv_view **out);
	void (*view_close)(struct kv_view *v);
	int (*view_get)(struct kv_view *v, struct slice key, struct slice *value_out);
	int (*view_scan)(struct kv_view *v, const struct kv_range *r, kv_scan_fn fn, void *arg);
	int (*batch_begin)(struct kv *kv, struct kv_batch **out);
	int (*batch_get)(struct kv_batch *b, struct slice key, struct slice *value_out);
	int (*batch_scan)(struct kv_batch *b, const struct kv_range *r, kv_scan_fn fn, void *arg);
	int (*batch_put)(struct kv_batch *b, struct slice key, struct slice value);
	int (*batch_del)(struct kv_batch *b, struct slice key);
	int (*batch_commit)(struct kv_batch *b);
	void (*batch_abort)(struct kv_batch *b);
};

/* Each engine's structs begin with these. */
struct kv {
	const struct kv_ops *ops;
	bool summed; /* set once, before it is shared: see kv_sum */
};

struct kv_view {
	struct kv *kv;
};

struct kv_batch {
	struct kv *kv;
};

/*
 * Open (and create) the LMDB engine in directory dir.  map_size is the ceiling in bytes; the file
 * is sparse and grows as needed.  KERR_EXISTS: another process has the store open (it is locked).
 */
NODISCARD int kv_lmdb_open(const char *dir, uint64_t map_size, struct kv **out, struct err *err);

/* What an engine in memory shall get wrong. */
struct kv_mem_faults {
	uint64_t wait_every;     /* every n-th read answers KERR_WAIT once (0 = never) */
	uint64_t conflict_every; /* every n-th commit answers KERR_CONFLICT */
	uint64_t fail_commit_at; /* the n-th commit from now answers KERR_IO (0 = never) */
	uint64_t fail_put_at;    /* the n-th put from now answers KERR_FULL */
};

NODISCARD int kv_mem_open(struct kv **out);
void kv_mem_set_faults(struct kv *kv, const struct kv_mem_faults *f);

static inline void kv_close(struct kv *kv)
{
	if (kv)
		kv->ops->close(kv);
}

static inline int kv_stat(struct kv *kv, struct kv_stat *out)
{
	return kv->ops->stat(kv, out);
}

/*
 * A round of care, one at a time, while others read and write.  The rounds that a view has seen
 * tell its age: unlike a clock they stand still while the process is stopped.
 */
static inline int kv_tend(struct kv *kv, struct kv_care *out)
{
	return kv->ops->tend(kv, out);
}

/* A consistent, compacted copy into the empty directory dir, while others read and write. */
static inline int kv_copy(struct kv *kv, const char *dir, struct err *err)
{
	return kv->ops->copy(kv, dir, err);
}

static inline int kv_view_open(struct kv *kv, struct kv_view **out)
{
	return kv->ops->view_open(kv, out);
}

static inline void kv_view_close(struct kv_view *v)
{
	if (v)
		v->kv->ops->view_close(v);
}

/*
 * From now on values have a sum of key and value behind them (kv.c says which), that kv_put adds
 * and reads take off.  A get of what a flipped bit has changed or moved is KERR_DAMAGED; a scan
 * passes over it.
 */
static inline void kv_sum(struct kv *kv)
{
	kv->summed = true;
}

NODISCARD int kv_get(struct kv_view *v, struct slice key, struct slice *value_out);
NODISCARD int kv_scan(struct kv_view *v, const struct kv_range *r, kv_scan_fn fn, void *arg);

/* The same, and shows what is damaged too, with slice {NULL, 0} as its value. */
NODISCARD int kv_scan_all(struct kv_view *v, const struct kv_range *r, kv_scan_fn fn, void *arg);

static inline int kv_batch_begin(struct kv *kv, struct kv_batch **out)
{
	return kv->ops->batch_begin(kv, out);
}

NODISCARD int kv_batch_get(struct kv_batch *b, struct slice key, struct slice *value_out);
NODISCARD int kv_batch_scan(struct kv_batch *b, const struct kv_range *r, kv_scan_fn fn, void *arg);
NODISCARD int kv_put(struct kv_batch *b, struct slice key, struct slice value);
/* With its sum in any case: for turning a store without sums into one that has them. */
NODISCARD int kv_put_summed(struct kv_batch *b, struct slice key, struct slice value);

/* KERR_NOTFOUND when the key is absent. */
static inline int kv_del(struct kv_batch *b, struct slice key)
{
	return b->kv->ops->batch_del(b, key);
}

/* Durable when it answers 0; the batch is gone either way. */
NODISCARD static inline int kv_batch_commit(struct kv_batch *b)
{
	return b->kv->ops->batch_commit(b);
}

static inline void kv_batch_abort(struct kv_batch *b)
{
	if (b)
		b->kv->ops->batch_abort(b);
}

#endif
