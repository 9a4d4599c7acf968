/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rounds of care: views that stay open and a map that fills. */
#include "storage/watch.h"

#include "tests/rig/unit.h"

#include "proto/base/log.h"
#include "tests/rig/tmpdir.h"

enum { MAP_SIZE = 1 << 20, VALUE_SIZE = 16 * 1024 };

static struct buf said;

static void hear(void *arg, enum log_level level, struct slice line)
{
	(void)arg;
	(void)level;
	buf_add(&said, line);
	buf_addc(&said, '\n');
}

static int begin(void **state)
{
	(void)state;
	buf_init(&said, 10000);
	log_set_sink(hear, NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	log_set_sink(NULL, NULL);
	buf_fini(&said);
	return 0;
}

static size_t n_said(const char *what)
{
	struct slice rest = buf_slice(&said);
	size_t n = 0;

	for (;; n++) {
		size_t at = slice_find(rest, slice_str(what));
		if (at == rest.len)
			return n;
		rest = slice_from(rest, at + 1);
	}
}

/* Told once after 10 s, ends the process after 60; one that is closed in time does neither. */
static void view_stays_open(void **state)
{
	struct kv_view *v;
	struct watch w;
	struct kv *kv;

	(void)state;
	assert_int_equal(kv_mem_open(&kv), 0);
	watch_init(&w, kv);
	for (int turn = 0; turn < 2; turn++) {
		assert_int_equal(kv_view_open(kv, &v), 0);
		assert_true(watch_round(&w));
		assert_int_equal(n_said("store.view"), turn);
		for (int round = 2; round < WATCH_END_ROUNDS; round++)
			assert_true(watch_round(&w));
		assert_int_equal(n_said("store.view open_s=10"), turn + 1);
		if (turn == 1)
			assert_false(watch_round(&w));
		kv_view_close(v);
		assert_true(watch_round(&w));
	}
	assert_int_equal(n_said("store.view"), 2);
	kv_close(kv);
}

static void put(struct kv *kv, unsigned n, bool there)
{
	static const char value[VALUE_SIZE];
	struct kv_batch *b;
	char key[16];

	snprintf(key, sizeof key, "%u", n);
	assert_int_equal(kv_batch_begin(kv, &b), 0);
	if (there)
		assert_int_equal(kv_put(b, slice_str(key), slice_of(value, sizeof value)), 0);
	else
		assert_int_equal(kv_del(b, slice_str(key)), 0);
	assert_int_equal(kv_batch_commit(b), 0);
}

/* Told once when 70 % are in use; pages that were freed are not in use. */
static void map_fills(void **state)
{
	char dir[TMPDIR_PATH];
	struct watch w;
	struct kv *kv;
	unsigned n = 0;

	(void)state;
	tmpdir_make(dir);
	assert_int_equal(kv_lmdb_open(dir, MAP_SIZE, &kv, NULL), 0);
	watch_init(&w, kv);
	for (; n < MAP_SIZE / 2 / VALUE_SIZE; n++)
		put(kv, n, true);
	assert_true(watch_round(&w));
	assert_false(w.map_high);
	for (; n < MAP_SIZE / VALUE_SIZE * 3 / 4; n++)
		put(kv, n, true);
	assert_true(watch_round(&w) && watch_round(&w));
	assert_true(w.map_high);
	assert_int_equal(n_said("store.map used="), 1);
	while (n-- > 10)
		put(kv, n, false);
	assert_true(watch_round(&w));
	assert_false(w.map_high);
	assert_true(w.bytes_free > MAP_SIZE / 2);
	kv_close(kv);
	tmpdir_remove(dir);
}

/* The thread makes a first round at once, and ends when asked to. */
static void thread_rounds(void **state)
{
	struct watch w;
	struct kv *kv;

	(void)state;
	assert_int_equal(kv_mem_open(&kv), 0);
	watch_init(&w, kv);
	assert_int_equal(watch_start(&w), 0);
	watch_fini(&w);
	watch_fini(&w);
	assert_int_equal(said.len, 0);
	kv_close(kv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(view_stays_open, begin, end),
		cmocka_unit_test_setup_teardown(map_fills, begin, end),
		cmocka_unit_test_setup_teardown(thread_rounds, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
