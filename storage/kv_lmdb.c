/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The key-value engine on LMDB: one environment, its main B-tree only, durable commits.
 *
 * LMDB 0.9.24 is used within its sound part: no DUPSORT, no nested transactions, no WRITEMAP, none
 * of the NOSYNC family.  Read transactions live in a pool: ended ones are reset and renewed, which
 * keeps their slot in the reader table and costs no system call.  Any failure of a commit but a
 * full map is KERR_IO: LMDB would go on after a failed fdatasync, the writer must not.
 */
#include "storage/kv.h"

#include <assert.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/mem.h"
#include "storage/lmdb_dir.h"

enum { LMDB_READERS = 1024 };

struct lmdb_view {
	struct kv_view view;
	struct lmdb_view *next;      /* in the pool */
	struct lmdb_view *next_made; /* of all there are */
	atomic_uint age;             /* 0: not open; else one more than the rounds of care it saw */
	MDB_txn *txn;
	MDB_cursor *cursor; /* kept for the first scan; NULL until one was needed */
	bool cursor_busy;   /* a scan inside a scan opens its own */
	bool cursor_stale;  /* belongs to an earlier snapshot: renew before use */
};

struct lmdb_batch {
	struct kv_batch batch;
	MDB_txn *txn;
	size_t written; /* bytes of keys and values */
};

struct lmdb {
	struct kv kv;
	MDB_env *env;
	MDB_dbi dbi;
	int lock_fd; /* flock on `lock`: one process per directory */
	pthread_mutex_t pool_lock;
	struct lmdb_view *pool;
	struct lmdb_view *made;  /* all views, open or in the pool */
	struct lmdb_batch batch; /* there is at most one */
};

static struct lmdb *lmdb_of(struct kv *kv)
{
	return (struct lmdb *)kv;
}

/* Codes of everything but a commit. */
static int lmdb_rc(int rc)
{
	switch (rc) {
	case MDB_SUCCESS:
		return 0;
	case MDB_NOTFOUND:
		return KERR_NOTFOUND;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
		return KERR_FULL;
	case MDB_READERS_FULL:
		return KERR_BUSY;
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INVALID:
	case MDB_CURSOR_FULL: /* pages that lead to each other */
		return KERR_DAMAGED;
	default:
		return KERR_IO;
	}
}

static MDB_val val_of(struct slice s)
{
	return (MDB_val){s.len, (void *)s.p};
}

static struct slice slice_of_val(MDB_val v)
{
	return slice_of(v.mv_data, v.mv_size);
}

/* ---- scan, for views and batches ---- */

/* Put the cursor on the last key below `to`. */
static int seek_below(MDB_cursor *c, struct slice to, MDB_val *k, MDB_val *v)
{
	if (to.len == 0)
		return mdb_cursor_get(c, k, v, MDB_LAST);
	*k = val_of(to);
	int rc = mdb_cursor_get(c, k, v, MDB_SET_RANGE);
	if (rc == MDB_NOTFOUND)
		return mdb_cursor_get(c, k, v, MDB_LAST);
	return rc == 0 ? mdb_cursor_get(c, k, v, MDB_PREV) : rc;
}

/* Put the cursor on the first key that is not below `from`. */
static int seek_from(MDB_cursor *c, struct slice from, MDB_val *k, MDB_val *v)
{
	if (from.len == 0)
		return mdb_cursor_get(c, k, v, MDB_FIRST);
	*k = val_of(from);
	return mdb_cursor_get(c, k, v, MDB_SET_RANGE);
}

static bool inside(const struct kv_range *r, struct slice key)
{
	if (r->reverse)
		return slice_cmp(key, r->from) >= 0;
	return r->to.len == 0 || slice_cmp(key, r->to) < 0;
}

static int scan_cursor(MDB_cursor *c, const struct kv_range *r, kv_scan_fn fn, void *arg)
{
	MDB_val k, v;
	MDB_cursor_op step = r->reverse ? MDB_PREV : MDB_NEXT;
	int rc = r->reverse ? seek_below(c, r->to, &k, &v) : seek_from(c, r->from, &k, &v);

	for (; rc == 0 && inside(r, slice_of_val(k)); rc = mdb_cursor_get(c, &k, &v, step))
		if (!fn(arg, slice_of_val(k), slice_of_val(v)))
			return 0;
	return rc == MDB_NOTFOUND ? 0 : lmdb_rc(rc);
}

static int scan_own_cursor(
	struct lmdb *db, MDB_txn *txn, const struct kv_range *r, kv_scan_fn fn, void *arg)
{
	MDB_cursor *c;
	int rc = mdb_cursor_open(txn, db->dbi, &c);

	if (rc != 0)
		return lmdb_rc(rc);
	rc = scan_cursor(c, r, fn, arg);
	mdb_cursor_close(c);
	return rc;
}

static int get(struct lmdb *db, MDB_txn *txn, struct slice key, struct slice *value_out)
{
	MDB_val k = val_of(key), v;

	assert(key.len > 0 && key.len <= KV_KEY_MAX);
	int rc = mdb_get(txn, db->dbi, &k, &v);
	if (rc == 0)
		*value_out = slice_of_val(v);
	return lmdb_rc(rc);
}

/* ---- views ---- */

static struct lmdb_view *pool_pop(struct lmdb *db)
{
	pthread_mutex_lock(&db->pool_lock);
	struct lmdb_view *v = db->pool;
	if (v)
		db->pool = v->next;
	pthread_mutex_unlock(&db->pool_lock);
	return v;
}

static void pool_push(struct lmdb *db, struct lmdb_view *v)
{
	pthread_mutex_lock(&db->pool_lock);
	v->next = db->pool;
	db->pool = v;
	pthread_mutex_unlock(&db->pool_lock);
}

static void view_destroy(struct lmdb_view *v)
{
	if (v->cursor)
		mdb_cursor_close(v->cursor);
	mdb_txn_abort(v->txn);
	free(v);
}

/* A view with a transaction that has begun. */
static int view_make(struct lmdb *db, struct lmdb_view **out)
{
	struct lmdb_view *v = mem_new(struct lmdb_view);
	int rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &v->txn);

	if (rc != 0) {
		free(v);
		return rc;
	}
	v->view.kv = &db->kv;
	pthread_mutex_lock(&db->pool_lock);
	v->next_made = db->made;
	db->made = v;
	pthread_mutex_unlock(&db->pool_lock);
	*out = v;
	return 0;
}

static int lmdb_view_open(struct kv *kv, struct kv_view **out)
{
	struct lmdb *db = lmdb_of(kv);
	struct lmdb_view *v = pool_pop(db);
	int rc = v ? mdb_txn_renew(v->txn) : view_make(db, &v);

	if (rc != 0) {
		if (v)
			pool_push(db, v);
		return lmdb_rc(rc);
	}
	atomic_store(&v->age, 1);
	v->cursor_stale = true;
	*out = &v->view;
	return 0;
}

static void lmdb_view_close(struct kv_view *view)
{
	struct lmdb_view *v = (struct lmdb_view *)view;
	struct lmdb *db = lmdb_of(view->kv);

	mdb_txn_reset(v->txn);
	atomic_store(&v->age, 0);
	pool_push(db, v);
}

static int lmdb_view_get(struct kv_view *view, struct slice key, struct slice *value_out)
{
	return get(lmdb_of(view->kv), ((struct lmdb_view *)view)->txn, key, value_out);
}

static int lmdb_view_scan(struct kv_view *view, const struct kv_range *r, kv_scan_fn fn, void *arg)
{
	struct lmdb_view *v = (struct lmdb_view *)view;
	struct lmdb *db = lmdb_of(view->kv);
	int rc = 0;

	if (v->cursor_busy)
		return scan_own_cursor(db, v->txn, r, fn, arg);
	if (!v->cursor)
		rc = mdb_cursor_open(v->txn, db->dbi, &v->cursor);
	else if (v->cursor_stale)
		rc = mdb_cursor_renew(v->txn, v->cursor);
	if (rc != 0)
		return lmdb_rc(rc);
	v->cursor_stale = false;
	v->cursor_busy = true;
	rc = scan_cursor(v->cursor, r, fn, arg);
	v->cursor_busy = false;
	return rc;
}

/* ---- the batch ---- */

static int lmdb_batch_begin(struct kv *kv, struct kv_batch **out)
{
	struct lmdb *db = lmdb_of(kv);
	int rc = mdb_txn_begin(db->env, NULL, 0, &db->batch.txn);

	if (rc != 0)
		return lmdb_rc(rc);
	db->batch.batch.kv = kv;
	db->batch.written = 0;
	*out = &db->batch.batch;
	return 0;
}

static int lmdb_batch_get(struct kv_batch *b, struct slice key, struct slice *value_out)
{
	return get(lmdb_of(b->kv), ((struct lmdb_batch *)b)->txn, key, value_out);
}

static int lmdb_batch_scan(struct kv_batch *b, const struct kv_range *r, kv_scan_fn fn, void *arg)
{
	return scan_own_cursor(lmdb_of(b->kv), ((struct lmdb_batch *)b)->txn, r, fn, arg);
}

static int lmdb_batch_put(struct kv_batch *batch, struct slice key, struct slice value)
{
	struct lmdb_batch *b = (struct lmdb_batch *)batch;
	MDB_val k = val_of(key), v = val_of(value);

	assert(key.len > 0 && key.len <= KV_KEY_MAX && value.len <= KV_VALUE_MAX + KV_SUM);
	b->written += key.len + value.len;
	if (b->written > KV_BATCH_MAX)
		return KERR_TOOBIG;
	return lmdb_rc(mdb_put(b->txn, lmdb_of(batch->kv)->dbi, &k, &v, 0));
}

static int lmdb_batch_del(struct kv_batch *b, struct slice key)
{
	MDB_val k = val_of(key);

	assert(key.len > 0 && key.len <= KV_KEY_MAX);
	return lmdb_rc(mdb_del(((struct lmdb_batch *)b)->txn, lmdb_of(b->kv)->dbi, &k, NULL));
}

/* MDB_MAP_FULL can come here too, while the free list is saved: nothing was written then. */
static int lmdb_batch_commit(struct kv_batch *b)
{
	int rc = mdb_txn_commit(((struct lmdb_batch *)b)->txn);

	if (rc == MDB_MAP_FULL)
		return KERR_FULL;
	return rc == 0 ? 0 : KERR_IO;
}

static void lmdb_batch_abort(struct kv_batch *b)
{
	mdb_txn_abort(((struct lmdb_batch *)b)->txn);
}

/* ---- care ---- */

/*
 * What belongs to one commit is read in a transaction: without one, the page with these figures may
 * be half written.
 */
static int lmdb_stat(struct kv *kv, struct kv_stat *out)
{
	struct lmdb *db = lmdb_of(kv);
	MDB_envinfo info;
	MDB_stat st;
	MDB_txn *txn;
	int rc = mdb_env_info(db->env, &info);

	if (rc == 0)
		rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn);
	if (rc != 0)
		return lmdb_rc(rc);
	rc = mdb_stat(txn, db->dbi, &st);
	out->n_commits = mdb_txn_id(txn);
	mdb_txn_abort(txn);
	if (rc != 0)
		return lmdb_rc(rc);
	out->bytes_used = (uint64_t)(info.me_last_pgno + 1) * st.ms_psize;
	out->bytes_map = info.me_mapsize;
	out->n_keys = st.ms_entries;
	out->n_readers = info.me_numreaders;
	return 0;
}

/* Every open view grows older by a round; the rounds that the oldest has seen. */
static unsigned age_views(struct lmdb *db)
{
	unsigned oldest = 0;

	pthread_mutex_lock(&db->pool_lock);
	for (struct lmdb_view *v = db->made; v; v = v->next_made) {
		unsigned age = atomic_load(&v->age);

		/* when this fails it was closed, and perhaps opened anew */
		if (age > 0 && atomic_compare_exchange_strong(&v->age, &age, age + 1) &&
			age > oldest)
			oldest = age;
	}
	pthread_mutex_unlock(&db->pool_lock);
	return oldest;
}

/* The free list is a table of its own, 0: each value is a number of pages, then their numbers. */
static int count_free(MDB_txn *txn, size_t *n_pages_out)
{
	MDB_cursor *c;
	MDB_val k, v;
	size_t n;
	int rc = mdb_cursor_open(txn, 0, &c);

	*n_pages_out = 0;
	if (rc != 0)
		return rc;
	while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0) {
		memcpy(&n, v.mv_data, sizeof n);
		*n_pages_out += n;
	}
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int lmdb_tend(struct kv *kv, struct kv_care *out)
{
	struct lmdb *db = lmdb_of(kv);
	size_t n_pages = 0;
	MDB_txn *txn;
	MDB_stat st;
	int n_dead = 0;
	int rc = mdb_reader_check(db->env, &n_dead);

	out->n_rounds = age_views(db);
	out->n_dead = n_dead > 0 ? (unsigned)n_dead : 0;
	out->bytes_free = 0;
	if (rc == 0)
		rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn);
	if (rc != 0)
		return lmdb_rc(rc);
	rc = mdb_stat(txn, 0, &st);
	if (rc == 0)
		rc = count_free(txn, &n_pages);
	mdb_txn_abort(txn);
	out->bytes_free = (uint64_t)n_pages * st.ms_psize;
	return lmdb_rc(rc);
}

static int lmdb_copy(struct kv *kv, const char *dir, struct err *err)
{
	int rc = mdb_env_copy2(lmdb_of(kv)->env, dir, MDB_CP_COMPACT);

	if (rc != 0)
		return err_set(err, lmdb_rc(rc), "copy to %s: %s", dir, mdb_strerror(rc));
	rc = lmdb_sync_copy(dir);
	return rc == 0 ? 0 : err_set(err, KERR_IO, "copy to %s: %s", dir, strerror(rc));
}

/* ---- life cycle ---- */

static void lmdb_close(struct kv *kv)
{
	struct lmdb *db = lmdb_of(kv);

	for (struct lmdb_view *v; (v = pool_pop(db)) != NULL;)
		view_destroy(v);
	if (db->env)
		mdb_env_close(db->env);
	if (db->lock_fd >= 0)
		close(db->lock_fd);
	pthread_mutex_destroy(&db->pool_lock);
	free(db);
}

static const struct kv_ops lmdb_ops = {
	.close = lmdb_close,
	.stat = lmdb_stat,
	.tend = lmdb_tend,
	.copy = lmdb_copy,
	.view_open = lmdb_view_open,
	.view_close = lmdb_view_close,
	.view_get = lmdb_view_get,
	.view_scan = lmdb_view_scan,
	.batch_begin = lmdb_batch_begin,
	.batch_get = lmdb_batch_get,
	.batch_scan = lmdb_batch_scan,
	.batch_put = lmdb_batch_put,
	.batch_del = lmdb_batch_del,
	.batch_commit = lmdb_batch_commit,
	.batch_abort = lmdb_batch_abort,
};

static int open_env(struct lmdb *db, const char *dir, uint64_t map_size)
{
	MDB_txn *txn;
	int dead, rc = lmdb_make_first(dir, map_size);

	if (rc == 0)
		rc = mdb_env_create(&db->env);
	if (rc == 0)
		rc = mdb_env_set_mapsize(db->env, map_size);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(db->env, LMDB_READERS);
	if (rc == 0)
		rc = mdb_env_open(db->env, dir, MDB_NOTLS | lmdb_readahead_flag(dir), 0600);
	if (rc == 0)
		rc = mdb_reader_check(db->env, &dead);
	if (rc == 0)
		rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn);
	if (rc != 0)
		return rc;
	rc = mdb_dbi_open(txn, NULL, 0, &db->dbi);
	mdb_txn_abort(txn); /* the main tree has always the same handle */
	return rc;
}

int kv_lmdb_open(const char *dir, uint64_t map_size, struct kv **out, struct err *err)
{
	struct lmdb *db = mem_new(struct lmdb);

	db->kv.ops = &lmdb_ops;
	db->lock_fd = -1;
	pthread_mutex_init(&db->pool_lock, NULL);

	int rc = lmdb_lock(dir, &db->lock_fd, err);
	if (rc == 0) {
		int mrc = open_env(db, dir, map_size);
		if (mrc != 0)
			rc = err_set(err, lmdb_rc(mrc), "store %s: %s", dir, mdb_strerror(mrc));
	}
	if (rc < 0) {
		lmdb_close(&db->kv);
		return rc;
	}
	*out = &db->kv;
	return 0;
}
