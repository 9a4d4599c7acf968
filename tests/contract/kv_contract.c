/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What storage/kv.h promises, checked on every engine with the same code.
 * Then what only one engine has: the lock and the full map of LMDB, the faults of mem.
 */
#include "storage/kv.h"

#include "tests/rig/tmpdir.h"
#include "tests/rig/unit.h"

struct fixture {
	struct kv *kv;
	char dir[TMPDIR_PATH]; /* "" for mem */
};

enum { MAP_SIZE = 64 << 20 };

static int open_lmdb(void **state)
{
	static struct fixture f;

	tmpdir_make(f.dir);
	*state = &f;
	return kv_lmdb_open(f.dir, MAP_SIZE, &f.kv, NULL);
}

static int open_mem(void **state)
{
	static struct fixture f;

	*state = &f;
	return kv_mem_open(&f.kv);
}

static int close_kv(void **state)
{
	struct fixture *f = *state;

	kv_close(f->kv);
	if (f->dir[0])
		tmpdir_remove(f->dir);
	return 0;
}

/* ---- helpers ---- */

static struct kv_batch *begin(struct kv *kv)
{
	struct kv_batch *b = NULL;

	assert_int_equal(kv_batch_begin(kv, &b), 0);
	return b;
}

static void put(struct kv_batch *b, const char *key, const char *value)
{
	assert_int_equal(kv_put(b, slice_str(key), slice_str(value)), 0);
}

static void put_one(struct kv *kv, const char *key, const char *value)
{
	struct kv_batch *b = begin(kv);

	put(b, key, value);
	assert_int_equal(kv_batch_commit(b), 0);
}

static struct kv_view *view(struct kv *kv)
{
	struct kv_view *v = NULL;

	assert_int_equal(kv_view_open(kv, &v), 0);
	return v;
}

static void assert_value(struct kv_view *v, const char *key, const char *want)
{
	struct slice value;

	assert_int_equal(kv_get(v, slice_str(key), &value), 0);
	assert_slice(value, want);
}

struct walk {
	struct buf text;
	int stop_after;
};

static bool walk_on(void *arg, struct slice key, struct slice value)
{
	struct walk *w = arg;

	buf_addf(&w->text, "%.*s=%.*s ", SLICE_ARG(key), SLICE_ARG(value));
	return --w->stop_after != 0;
}

static void assert_scan(struct kv_view *v, struct kv_batch *b, const char *from, const char *to,
	bool reverse, int stop_after, const char *want)
{
	struct walk w = {.stop_after = stop_after};
	struct kv_range r = {slice_str(from), slice_str(to), reverse};

	buf_init(&w.text, 4096);
	assert_int_equal(v ? kv_scan(v, &r, walk_on, &w) : kv_batch_scan(b, &r, walk_on, &w), 0);
	assert_buf(&w.text, want);
	buf_fini(&w.text);
}

/* ---- the contract ---- */

static void test_put_get_del(void **state)
{
	struct kv *kv = ((struct fixture *)*state)->kv;
	struct slice value;
	struct kv_batch *b = begin(kv);

	put(b, "a", "1");
	put(b, "empty", "");
	put(b, "a", "one");
	assert_int_equal(kv_batch_get(b, lit("a"), &value), 0);
	assert_slice(value, "one");
	assert_int_equal(kv_batch_get(b, lit("b"), &value), KERR_NOTFOUND);
	assert_int_equal(kv_del(b, lit("b")), KERR_NOTFOUND);
	assert_int_equal(kv_batch_commit(b), 0);

	struct kv_view *v = view(kv);
	assert_value(v, "a", "one");
	assert_value(v, "empty", "");
	assert_int_equal(kv_get(v, lit("b"), &value), KERR_NOTFOUND);
	kv_view_close(v);

	b = begin(kv);
	assert_int_equal(kv_del(b, lit("a")), 0);
	assert_int_equal(kv_batch_get(b, lit("a"), &value), KERR_NOTFOUND);
	assert_int_equal(kv_batch_commit(b), 0);
	v = view(kv);
	assert_int_equal(kv_get(v, lit("a"), &value), KERR_NOTFOUND);
	kv_view_close(v);
}

static void test_abort(void **state)
{
	struct kv *kv = ((struct fixture *)*state)->kv;

	put_one(kv, "a", "1");
	struct kv_batch *b = begin(kv);
	put(b, "a", "2");
	put(b, "b", "2");
	kv_batch_abort(b);

	struct kv_view *v = view(kv);
	assert_scan(v, NULL, "", "", false, 0, "a=1 ");
	kv_view_close(v);
}

/* A view shows one moment, whatever is written meanwhile; a later one shows the later. */
static void test_snapshot(void **state)
{
	struct kv *kv = ((struct fixture *)*state)->kv;

	put_one(kv, "a", "1");
	struct kv_view *before = view(kv);
	struct kv_batch *b = begin(kv);
	put(b, "a", "2");
	put(b, "b", "2");
	struct kv_view *during = view(kv);
	assert_int_equal(kv_batch_commit(b), 0);
	struct kv_view *after = view(kv);

	assert_scan(before, NULL, "", "", false, 0, "a=1 ");
	assert_scan(during, NULL, "", "", false, 0, "a=1 ");
	assert_scan(after, NULL, "", "", false, 0, "a=2 b=2 ");
	kv_view_close(during);
	kv_view_close(before);
	kv_view_close(after);

	/* views are reused: the snapshot must not be */
	put_one(kv, "a", "3");
	before = view(kv);
	assert_scan(before, NULL, "", "", false, 0, "a=3 b=2 ");
	kv_view_close(before);
}

static void test_scan(void **state)
{
	struct kv *kv = ((struct fixture *)*state)->kv;
	struct kv_batch *b = begin(kv);

	put(b, "c", "3");
	put(b, "a", "1");
	put(b, "e", "5");
	put(b, "b", "2");
	put(b, "\xff", "9");
	assert_scan(NULL, b, "b", "f", false, 0, "b=2 c=3 e=5 ");
	assert_scan(NULL, b, "b", "f", true, 0, "e=5 c=3 b=2 ");
	assert_int_equal(kv_batch_commit(b), 0);

	struct kv_view *v = view(kv);
	assert_scan(v, NULL, "", "", false, 0, "a=1 b=2 c=3 e=5 \xff=9 ");
	assert_scan(v, NULL, "", "", true, 0, "\xff=9 e=5 c=3 b=2 a=1 ");
	assert_scan(v, NULL, "b", "e", false, 0, "b=2 c=3 ");
	assert_scan(v, NULL, "b", "e", true, 0, "c=3 b=2 ");
	assert_scan(v, NULL, "bb", "d", true, 0, "c=3 ");
	assert_scan(v, NULL, "cc", "d", false, 0, "");
	assert_scan(v, NULL, "", "a", true, 0, "");
	assert_scan(v, NULL, "a", "", false, 2, "a=1 b=2 ");
	assert_scan(v, NULL, "", "", true, 1, "\xff=9 ");
	kv_view_close(v);
}

struct nested {
	struct kv_view *v;
	struct buf text;
};

static bool inner_on(void *arg, struct slice key, struct slice value)
{
	struct nested *n = arg;

	(void)value;
	buf_add(&n->text, key);
	return true;
}

static bool outer_on(void *arg, struct slice key, struct slice value)
{
	struct nested *n = arg;
	struct kv_range all = {lit(""), lit(""), false};
	struct slice again;

	assert_int_equal(kv_get(n->v, key, &again), 0);
	assert_true(slice_eq(again, value));
	buf_addf(&n->text, "%.*s:", SLICE_ARG(key));
	assert_int_equal(kv_scan(n->v, &all, inner_on, n), 0);
	return true;
}

static void test_scan_in_scan(void **state)
{
	struct kv *kv = ((struct fixture *)*state)->kv;
	struct kv_range all = {lit(""), lit(""), false};
	struct nested n;

	put_one(kv, "a", "1");
	put_one(kv, "b", "2");
	n.v = view(kv);
	buf_init(&n.text, 4096);
	assert_int_equal(kv_scan(n.v, &all, outer_on, &n), 0);
	assert_buf(&n.text, "a:abb:ab");
	buf_fini(&n.text);
	kv_view_close(n.v);
}

static void test_limits(void **state)
{
	struct kv *kv = ((struct fixture *)*state)->kv;
	static char value[KV_VALUE_MAX];
	char key[KV_KEY_MAX];
	struct slice got;
	int rc = 0, n;

	memset(key, 'k', sizeof key);
	memset(value, 'v', sizeof value);
	struct kv_batch *b = begin(kv);
	for (n = 0; rc == 0 && n < KV_BATCH_MAX / KV_VALUE_MAX + 1; n++) {
		key[0] = (char)('a' + n % 26);
		key[1] = (char)('a' + n / 26);
		rc = kv_put(b, slice_of(key, sizeof key), slice_of(value, sizeof value));
	}
	assert_int_equal(rc, KERR_TOOBIG);
	kv_batch_abort(b);

	b = begin(kv);
	assert_int_equal(kv_put(b, slice_of(key, sizeof key), slice_of(value, sizeof value)), 0);
	assert_int_equal(kv_batch_commit(b), 0);
	struct kv_view *v = view(kv);
	assert_int_equal(kv_get(v, slice_of(key, sizeof key), &got), 0);
	assert_true(slice_eq(got, slice_of(value, sizeof value)));
	kv_view_close(v);
}

/* Many keys in an order of chance, half of them taken out again, against a plain array. */
static void test_many(void **state)
{
	struct kv *kv = ((struct fixture *)*state)->kv;
	static bool there[2000];
	unsigned at = 1;
	struct slice value;
	char key[16];

	memset(there, 0, sizeof there);
	for (int round = 0; round < 20; round++) {
		struct kv_batch *b = begin(kv);
		for (int i = 0; i < 300; i++) {
			at = (at * 1103515245u + 12345u) & 0x7fffffff;
			unsigned n = (at >> 8) % 2000;
			snprintf(key, sizeof key, "%05u", n);
			int rc = at & 0x80 ? kv_del(b, slice_str(key))
					   : kv_put(b, slice_str(key), slice_str(key));
			assert_int_equal(rc, at & 0x80 && !there[n] ? KERR_NOTFOUND : 0);
			there[n] = !(at & 0x80);
		}
		assert_int_equal(kv_batch_commit(b), 0);
	}
	struct kv_view *v = view(kv);
	for (unsigned n = 0; n < 2000; n++) {
		snprintf(key, sizeof key, "%05u", n);
		assert_int_equal(kv_get(v, slice_str(key), &value), there[n] ? 0 : KERR_NOTFOUND);
	}
	kv_view_close(v);
}

static void test_stat(void **state)
{
	struct kv *kv = ((struct fixture *)*state)->kv;
	struct kv_stat st, before;

	put_one(kv, "a", "1");
	put_one(kv, "b", "1");
	assert_int_equal(kv_stat(kv, &before), 0);
	put_one(kv, "b", "2");
	assert_int_equal(kv_stat(kv, &st), 0);
	assert_int_equal(st.n_keys, 2);
	assert_true(st.n_commits > before.n_commits);
	assert_true(st.bytes_used > 0 && st.bytes_used < st.bytes_map);
}

/* The oldest open view counts; one that was closed is forgotten, although engines keep the struct.
 */
static void test_tend(void **state)
{
	struct kv *kv = ((struct fixture *)*state)->kv;
	struct kv_care care;

	put_one(kv, "a", "1");
	assert_int_equal(kv_tend(kv, &care), 0);
	assert_int_equal(care.n_rounds, 0);
	assert_int_equal(care.n_dead, 0);
	struct kv_view *old = view(kv);
	assert_int_equal(kv_tend(kv, &care), 0);
	assert_int_equal(care.n_rounds, 1);
	struct kv_view *young = view(kv);
	assert_int_equal(kv_tend(kv, &care), 0);
	assert_int_equal(care.n_rounds, 2);
	assert_value(old, "a", "1");
	kv_view_close(old);
	assert_int_equal(kv_tend(kv, &care), 0);
	assert_int_equal(care.n_rounds, 2);
	kv_view_close(young);
	young = view(kv);
	assert_int_equal(kv_tend(kv, &care), 0);
	assert_int_equal(care.n_rounds, 1);
	kv_view_close(young);
	assert_int_equal(kv_tend(kv, &care), 0);
	assert_int_equal(care.n_rounds, 0);
}

/* ---- lmdb ---- */

static void test_lmdb_reopen(void **state)
{
	struct fixture *f = *state;
	struct kv *second = NULL;
	struct err err;

	put_one(f->kv, "a", "1");
	assert_int_equal(kv_lmdb_open(f->dir, MAP_SIZE, &second, &err), KERR_EXISTS);
	assert_non_null(strstr(err.text, "in use by another process"));
	kv_close(f->kv);
	assert_int_equal(kv_lmdb_open(f->dir, MAP_SIZE, &f->kv, &err), 0);
	struct kv_view *v = view(f->kv);
	assert_value(v, "a", "1");
	kv_view_close(v);
}

static void test_lmdb_copy(void **state)
{
	struct fixture *f = *state;
	char dir[TMPDIR_PATH];
	struct kv *copy = NULL;

	put_one(f->kv, "a", "1");
	tmpdir_make(dir);
	assert_int_equal(kv_copy(f->kv, dir, NULL), 0);
	put_one(f->kv, "a", "2");
	assert_int_equal(kv_lmdb_open(dir, MAP_SIZE, &copy, NULL), 0);
	struct kv_view *v = view(copy);
	assert_value(v, "a", "1");
	kv_view_close(v);
	kv_close(copy);
	tmpdir_remove(dir);
}

/* A full map refuses a put; what was there stays, and room comes back by deleting. */
static void test_lmdb_full(void **state)
{
	struct fixture *f = *state;
	static char value[32 * 1024];
	char key[16];
	int rc = 0, n = 0;

	kv_close(f->kv);
	tmpdir_remove(f->dir);
	tmpdir_make(f->dir);
	assert_int_equal(kv_lmdb_open(f->dir, 1 << 20, &f->kv, NULL), 0);
	for (; rc == 0; n++) {
		struct kv_batch *b = begin(f->kv);
		snprintf(key, sizeof key, "%d", n);
		rc = kv_put(b, slice_str(key), slice_of(value, sizeof value));
		if (rc == 0)
			rc = kv_batch_commit(b);
		else
			kv_batch_abort(b);
	}
	assert_int_equal(rc, KERR_FULL);
	assert_true(n > 20);

	struct kv_batch *b = begin(f->kv);
	for (int i = 0; i < n / 2; i++) {
		snprintf(key, sizeof key, "%d", i);
		assert_int_equal(kv_del(b, slice_str(key)), 0);
	}
	assert_int_equal(kv_batch_commit(b), 0);
	put_one(f->kv, "again", "1");
	put_one(f->kv, "and again", "1");
}

/* ---- mem ---- */

static void test_mem_faults(void **state)
{
	struct kv *kv = ((struct fixture *)*state)->kv;
	struct slice value;

	put_one(kv, "a", "1");
	kv_mem_set_faults(kv, &(struct kv_mem_faults){.wait_every = 2, .conflict_every = 2});
	struct kv_view *v = view(kv);
	assert_int_equal(kv_get(v, lit("a"), &value), 0);
	assert_int_equal(kv_get(v, lit("a"), &value), KERR_WAIT);
	assert_int_equal(kv_get(v, lit("a"), &value), 0);
	kv_view_close(v);

	put_one(kv, "a", "2");
	struct kv_batch *b = begin(kv);
	put(b, "a", "3");
	assert_int_equal(kv_batch_commit(b), KERR_CONFLICT);

	kv_mem_set_faults(kv, &(struct kv_mem_faults){.fail_commit_at = 1, .fail_put_at = 2});
	b = begin(kv);
	put(b, "a", "4");
	assert_int_equal(kv_put(b, lit("b"), lit("4")), KERR_FULL);
	assert_int_equal(kv_batch_commit(b), KERR_IO);
	v = view(kv);
	assert_scan(v, NULL, "", "", false, 0, "a=2 ");
	kv_view_close(v);
}

#define ON(test, engine)                                                                           \
	{                                                                                          \
#test " on " #engine, test, open_##engine, close_kv, NULL                          \
	}
#define BOTH(test) ON(test, lmdb), ON(test, mem)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_put_get_del),
		BOTH(test_abort),
		BOTH(test_snapshot),
		BOTH(test_scan),
		BOTH(test_scan_in_scan),
		BOTH(test_limits),
		BOTH(test_many),
		BOTH(test_stat),
		BOTH(test_tend),
		ON(test_lmdb_reopen, lmdb),
		ON(test_lmdb_copy, lmdb),
		ON(test_lmdb_full, lmdb),
		ON(test_mem_faults, mem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
