/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The key-value engine in memory, for tests: a persistent treap.
 *
 * Nodes that more than one tree can reach are never changed: a batch copies the path it changes, so
 * a snapshot is one reference to a root.  A node with a single reference belongs to the batch alone
 * and is changed in place.  One mutex guards roots, counters and reference counts.
 */
#include "storage/kv.h"

#include <assert.h>
#include <pthread.h>

#include "proto/base/coll.h"
#include "proto/base/mem.h"

/* A key and its value; shared by the copies of its node. */
struct item {
	size_t refs, key_len, value_len;
	char bytes[];
};

struct node {
	size_t refs;
	uint64_t priority; /* a parent's is not below its children's */
	struct item *item;
	struct node *left, *right;
};

struct mem_kv {
	struct kv kv;
	pthread_mutex_t lock;
	struct node *root;
	uint64_t n_keys, n_bytes, n_views, n_done, seed; /* n_done: commits */
	struct list views;                               /* open ones */
	struct kv_mem_faults faults;
	uint64_t n_reads, n_commits, n_puts; /* since faults were set */
	bool waited;                         /* the last read answered KERR_WAIT */
};

struct mem_view {
	struct kv_view view;
	struct list node;
	unsigned n_rounds; /* of care that it has seen */
	struct node *root;
};

struct mem_batch {
	struct kv_batch batch;
	struct node *root;
	uint64_t n_keys, n_bytes;
	size_t written;
};

static struct mem_kv *mem_of(struct kv *kv)
{
	return (struct mem_kv *)kv;
}

/* ---- nodes; the lock is held ---- */

static struct slice item_key(const struct item *i)
{
	return slice_of(i->bytes, i->key_len);
}

static struct slice item_value(const struct item *i)
{
	return slice_of(i->bytes + i->key_len, i->value_len);
}

static struct item *item_new(struct slice key, struct slice value)
{
	struct item *i = mem_alloc(sizeof *i + key.len + value.len);

	i->refs = 1;
	i->key_len = key.len;
	i->value_len = value.len;
	memcpy(i->bytes, key.p, key.len);
	if (value.len > 0)
		memcpy(i->bytes + key.len, value.p, value.len);
	return i;
}

static void item_unref(struct item *i)
{
	if (--i->refs == 0)
		free(i);
}

static struct node *node_ref(struct node *n)
{
	if (n)
		n->refs++;
	return n;
}

static void node_unref(struct node *n)
{
	if (!n || --n->refs > 0)
		return;
	node_unref(n->left);
	node_unref(n->right);
	item_unref(n->item);
	free(n);
}

/* Takes a reference to n and gives one to a node that may be changed. */
static struct node *node_own(struct node *n)
{
	if (n->refs == 1)
		return n;
	struct node *copy = mem_new(struct node);
	*copy = *n;
	copy->refs = 1;
	copy->item->refs++;
	node_ref(copy->left);
	node_ref(copy->right);
	node_unref(n);
	return copy;
}

/* ---- treap: each takes the reference to its tree and gives one to the result ---- */

/* Cut t into keys below `key` and the rest; key is not in t. */
static void tree_split(
	struct node *t, struct slice key, struct node **left_out, struct node **right_out)
{
	if (!t) {
		*left_out = *right_out = NULL;
		return;
	}
	t = node_own(t);
	if (slice_cmp(item_key(t->item), key) < 0) {
		tree_split(t->right, key, &t->right, right_out);
		*left_out = t;
	} else {
		tree_split(t->left, key, left_out, &t->left);
		*right_out = t;
	}
}

static struct node *tree_join(struct node *a, struct node *b)
{
	if (!a || !b)
		return a ? a : b;
	if (a->priority > b->priority) {
		a = node_own(a);
		a->right = tree_join(a->right, b);
		return a;
	}
	b = node_own(b);
	b->left = tree_join(a, b->left);
	return b;
}

/* Put a new node where its priority wants it; its key is not in t. */
static struct node *tree_insert(struct node *t, struct node *n)
{
	if (!t || n->priority > t->priority) {
		tree_split(t, item_key(n->item), &n->left, &n->right);
		return n;
	}
	t = node_own(t);
	if (slice_cmp(item_key(n->item), item_key(t->item)) < 0)
		t->left = tree_insert(t->left, n);
	else
		t->right = tree_insert(t->right, n);
	return t;
}

/* Give the node of that key another item; the key is in t. */
static struct node *tree_replace(struct node *t, struct item *i)
{
	int d = slice_cmp(item_key(i), item_key(t->item));

	t = node_own(t);
	if (d < 0) {
		t->left = tree_replace(t->left, i);
	} else if (d > 0) {
		t->right = tree_replace(t->right, i);
	} else {
		item_unref(t->item);
		t->item = i;
	}
	return t;
}

/* Take the node of that key out; the key is in t. */
static struct node *tree_remove(struct node *t, struct slice key)
{
	int d = slice_cmp(key, item_key(t->item));

	t = node_own(t);
	if (d < 0) {
		t->left = tree_remove(t->left, key);
	} else if (d > 0) {
		t->right = tree_remove(t->right, key);
	} else {
		struct node *rest = tree_join(t->left, t->right);
		t->left = t->right = NULL;
		node_unref(t);
		return rest;
	}
	return t;
}

static const struct item *tree_find(const struct node *t, struct slice key)
{
	while (t) {
		int d = slice_cmp(key, item_key(t->item));
		if (d == 0)
			return t->item;
		t = d < 0 ? t->left : t->right;
	}
	return NULL;
}

/* In order, without the lock: a tree that is held does not change.  false: fn said stop. */
static bool tree_scan(const struct node *t, const struct kv_range *r, kv_scan_fn fn, void *arg)
{
	if (!t)
		return true;
	struct slice key = item_key(t->item);
	bool above = slice_cmp(key, r->from) >= 0;
	bool below = r->to.len == 0 || slice_cmp(key, r->to) < 0;
	const struct node *first = r->reverse ? t->right : t->left;
	const struct node *second = r->reverse ? t->left : t->right;

	if ((r->reverse ? below : above) && !tree_scan(first, r, fn, arg))
		return false;
	if (above && below && !fn(arg, key, item_value(t->item)))
		return false;
	return !(r->reverse ? above : below) || tree_scan(second, r, fn, arg);
}

/* ---- views ---- */

/* Shall this read answer KERR_WAIT?  Never twice in a row, so coming again helps. */
static bool must_wait(struct mem_kv *m)
{
	pthread_mutex_lock(&m->lock);
	bool wait =
		!m->waited && m->faults.wait_every > 0 && ++m->n_reads % m->faults.wait_every == 0;
	m->waited = wait;
	pthread_mutex_unlock(&m->lock);
	return wait;
}

static int mem_view_open(struct kv *kv, struct kv_view **out)
{
	struct mem_kv *m = mem_of(kv);
	struct mem_view *v = mem_new(struct mem_view);

	v->view.kv = kv;
	pthread_mutex_lock(&m->lock);
	v->root = node_ref(m->root);
	list_append(&m->views, &v->node);
	m->n_views++;
	pthread_mutex_unlock(&m->lock);
	*out = &v->view;
	return 0;
}

static void mem_view_close(struct kv_view *view)
{
	struct mem_kv *m = mem_of(view->kv);
	struct mem_view *v = (struct mem_view *)view;

	pthread_mutex_lock(&m->lock);
	node_unref(v->root);
	list_remove(&v->node);
	m->n_views--;
	pthread_mutex_unlock(&m->lock);
	free(v);
}

static int find(const struct node *root, struct slice key, struct slice *value_out)
{
	assert(key.len > 0 && key.len <= KV_KEY_MAX);
	const struct item *i = tree_find(root, key);

	if (!i)
		return KERR_NOTFOUND;
	*value_out = item_value(i);
	return 0;
}

static int mem_view_get(struct kv_view *view, struct slice key, struct slice *value_out)
{
	if (must_wait(mem_of(view->kv)))
		return KERR_WAIT;
	return find(((struct mem_view *)view)->root, key, value_out);
}

static int mem_view_scan(struct kv_view *view, const struct kv_range *r, kv_scan_fn fn, void *arg)
{
	if (must_wait(mem_of(view->kv)))
		return KERR_WAIT;
	tree_scan(((struct mem_view *)view)->root, r, fn, arg);
	return 0;
}

/* ---- the batch ---- */

static int mem_batch_begin(struct kv *kv, struct kv_batch **out)
{
	struct mem_kv *m = mem_of(kv);
	struct mem_batch *b = mem_new(struct mem_batch);

	b->batch.kv = kv;
	pthread_mutex_lock(&m->lock);
	b->root = node_ref(m->root);
	b->n_keys = m->n_keys;
	b->n_bytes = m->n_bytes;
	pthread_mutex_unlock(&m->lock);
	*out = &b->batch;
	return 0;
}

static int mem_batch_get(struct kv_batch *b, struct slice key, struct slice *value_out)
{
	return find(((struct mem_batch *)b)->root, key, value_out);
}

static int mem_batch_scan(struct kv_batch *b, const struct kv_range *r, kv_scan_fn fn, void *arg)
{
	tree_scan(((struct mem_batch *)b)->root, r, fn, arg);
	return 0;
}

/* xorshift64: the shape of the tree is the same in every run */
static uint64_t next_priority(struct mem_kv *m)
{
	m->seed ^= m->seed << 13;
	m->seed ^= m->seed >> 7;
	m->seed ^= m->seed << 17;
	return m->seed;
}

static void put_locked(struct mem_kv *m, struct mem_batch *b, struct slice key, struct slice value)
{
	const struct item *old = tree_find(b->root, key);
	struct item *i = item_new(key, value);

	b->n_bytes += key.len + value.len;
	if (old) {
		b->n_bytes -= old->key_len + old->value_len;
		b->root = tree_replace(b->root, i);
		return;
	}
	struct node *n = mem_new(struct node);
	n->refs = 1;
	n->priority = next_priority(m);
	n->item = i;
	b->root = tree_insert(b->root, n);
	b->n_keys++;
}

static int mem_batch_put(struct kv_batch *batch, struct slice key, struct slice value)
{
	struct mem_kv *m = mem_of(batch->kv);
	struct mem_batch *b = (struct mem_batch *)batch;
	int rc = 0;

	assert(key.len > 0 && key.len <= KV_KEY_MAX && value.len <= KV_VALUE_MAX + KV_SUM);
	b->written += key.len + value.len;
	if (b->written > KV_BATCH_MAX)
		return KERR_TOOBIG;
	pthread_mutex_lock(&m->lock);
	if (++m->n_puts == m->faults.fail_put_at)
		rc = KERR_FULL;
	else
		put_locked(m, b, key, value);
	pthread_mutex_unlock(&m->lock);
	return rc;
}

static int mem_batch_del(struct kv_batch *batch, struct slice key)
{
	struct mem_kv *m = mem_of(batch->kv);
	struct mem_batch *b = (struct mem_batch *)batch;
	const struct item *old = tree_find(b->root, key);

	if (!old)
		return KERR_NOTFOUND;
	pthread_mutex_lock(&m->lock);
	b->n_bytes -= old->key_len + old->value_len;
	b->n_keys--;
	b->root = tree_remove(b->root, key);
	pthread_mutex_unlock(&m->lock);
	return 0;
}

static void mem_batch_abort(struct kv_batch *batch)
{
	struct mem_kv *m = mem_of(batch->kv);
	struct mem_batch *b = (struct mem_batch *)batch;

	pthread_mutex_lock(&m->lock);
	node_unref(b->root);
	pthread_mutex_unlock(&m->lock);
	free(b);
}

/* The fault of this commit, or 0; the lock is held. */
static int commit_fault(struct mem_kv *m)
{
	m->n_commits++;
	if (m->n_commits == m->faults.fail_commit_at)
		return KERR_IO;
	if (m->faults.conflict_every > 0 && m->n_commits % m->faults.conflict_every == 0)
		return KERR_CONFLICT;
	return 0;
}

static int mem_batch_commit(struct kv_batch *batch)
{
	struct mem_kv *m = mem_of(batch->kv);
	struct mem_batch *b = (struct mem_batch *)batch;

	pthread_mutex_lock(&m->lock);
	int rc = commit_fault(m);
	if (rc == 0) {
		struct node *old = m->root;
		m->root = b->root;
		b->root = old;
		m->n_keys = b->n_keys;
		m->n_done++;
		m->n_bytes = b->n_bytes;
	}
	pthread_mutex_unlock(&m->lock);
	mem_batch_abort(batch);
	return rc;
}

/* ---- life cycle ---- */

static int mem_stat(struct kv *kv, struct kv_stat *out)
{
	struct mem_kv *m = mem_of(kv);

	pthread_mutex_lock(&m->lock);
	*out = (struct kv_stat){.bytes_used = m->n_bytes,
		.bytes_map = UINT64_MAX,
		.n_keys = m->n_keys,
		.n_readers = m->n_views,
		.n_commits = m->n_done};
	pthread_mutex_unlock(&m->lock);
	return 0;
}

static int mem_tend(struct kv *kv, struct kv_care *out)
{
	struct mem_kv *m = mem_of(kv);

	*out = (struct kv_care){0};
	pthread_mutex_lock(&m->lock);
	list_each(&m->views, node)
	{
		struct mem_view *v = container_of(node, struct mem_view, node);

		if (++v->n_rounds > out->n_rounds)
			out->n_rounds = v->n_rounds;
	}
	pthread_mutex_unlock(&m->lock);
	return 0;
}

static int mem_copy(struct kv *kv, const char *dir, struct err *err)
{
	(void)kv;
	return err_set(err, KERR_INVALID, "copy to %s: a store in memory has no files", dir);
}

static void mem_close(struct kv *kv)
{
	struct mem_kv *m = mem_of(kv);

	assert(m->n_views == 0);
	node_unref(m->root);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

static const struct kv_ops mem_ops = {
	.close = mem_close,
	.stat = mem_stat,
	.tend = mem_tend,
	.copy = mem_copy,
	.view_open = mem_view_open,
	.view_close = mem_view_close,
	.view_get = mem_view_get,
	.view_scan = mem_view_scan,
	.batch_begin = mem_batch_begin,
	.batch_get = mem_batch_get,
	.batch_scan = mem_batch_scan,
	.batch_put = mem_batch_put,
	.batch_del = mem_batch_del,
	.batch_commit = mem_batch_commit,
	.batch_abort = mem_batch_abort,
};

int kv_mem_open(struct kv **out)
{
	struct mem_kv *m = mem_new(struct mem_kv);

	m->kv.ops = &mem_ops;
	list_init(&m->views);
	m->seed = 0x9e3779b97f4a7c15u;
	pthread_mutex_init(&m->lock, NULL);
	*out = &m->kv;
	return 0;
}

void kv_mem_set_faults(struct kv *kv, const struct kv_mem_faults *f)
{
	struct mem_kv *m = mem_of(kv);

	pthread_mutex_lock(&m->lock);
	m->faults = *f;
	m->n_reads = m->n_commits = m->n_puts = 0;
	m->waited = false;
	pthread_mutex_unlock(&m->lock);
}
