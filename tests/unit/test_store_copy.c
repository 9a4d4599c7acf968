/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Copies and removals of mailboxes: a copy in many slices is whole or not there, a job that is run
 * again does the same, and removals are forgotten when they are old.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "storage/keys.h"
#include "storage/meta.h"
#include "storage/schema.h"
#include "storage/store_priv.h"
#include "tests/rig/level.h"
#include "tests/rig/store_rig.h"

enum {
	MANY = 600, /* messages: three slices */
	DAY = 24 * 3600,
	GAPS = 20000, /* put for each row, their pieces do not fit a batch */
};

static uint32_t box(struct store_rig *r, uint32_t account, const char *name)
{
	struct store_call c = rig_call(r);

	assert_int_equal(store_box_new(r->s, account, slice_str(name), 0, r->now_at, &c), 0);
	assert_int_equal(rig_run(r), 0);
	return r->res.id;
}

static void fill(struct store_rig *r, uint32_t account, uint32_t id, unsigned n)
{
	struct store_call c = rig_call(r);

	for (unsigned i = 0; i < n; i++) {
		struct store_append a = {.account = account,
			.box = id,
			.message = lit("Subject: x\r\n\r\nText.\r\n"),
			.overview = lit("x\t\t\t\t"),
			.flags = i % 2,
			.arrived_at = r->now_at,
			.saved_at = r->now_at};

		assert_int_equal(store_append(r->s, &a, &c), 0);
	}
	assert_int_equal(rig_run(r), 0);
}

static void all(struct ranges *r)
{
	ranges_init(r);
	ranges_push(r, 1, MANY);
}

static int start_copy(struct store_rig *r, uint32_t account, uint32_t from, uint32_t to, bool move)
{
	struct store_call c = rig_call(r);
	struct ranges which;

	all(&which);
	int rc = store_copy_rows(r->s, account, from, &which, to, move, r->now_at, &c);
	ranges_fini(&which);
	return rc;
}

static bool any_on(void *arg, struct slice key, struct slice value)
{
	(void)key;
	(void)value;
	*(bool *)arg = true;
	return false;
}

/* Is any copy noted as not yet whole? */
static bool noted(struct store_rig *r)
{
	bool found = false;
	struct key k, to;
	struct kv_view *v;

	meta_key(&k, META_COPY);
	struct kv_range range = range_of(&k, &to);
	assert_int_equal(kv_view_open(store_kv(r->s), &v), 0);
	assert_int_equal(kv_scan(v, &range, any_on, &found), 0);
	kv_view_close(v);
	return found;
}

/* ---- copies ---- */

static void test_whole(void **state)
{
	struct store_rig *r = *state;
	uint32_t anna = rig_account(r, "anna", "a@x"), from = box(r, anna, "A"),
		 to = box(r, anna, "B");

	fill(r, anna, from, MANY);
	assert_int_equal(start_copy(r, anna, from, to, false), 0);
	unsigned before = r->n_answers;
	assert_int_equal(store_run(r->s), 1);
	assert_int_equal(r->n_answers, before); /* not all of it is there */
	assert_true(noted(r));
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(r->n_answers, before + 1);
	assert_false(noted(r));
	assert_int_equal(rig_state(r, to).count, MANY);
	assert_int_equal(rig_state(r, from).count, MANY);
	rig_assert_clean(r);
}

/* A copy of just one slice is whole at once. */
static void test_exact_slice(void **state)
{
	struct store_rig *r = *state;
	uint32_t anna = rig_account(r, "anna", "a@x"), from = box(r, anna, "A"),
		 to = box(r, anna, "B");

	fill(r, anna, from, 256);
	assert_int_equal(start_copy(r, anna, from, to, false), 0);
	assert_int_equal(rig_run(r), 0);
	assert_false(noted(r));
	assert_int_equal(rig_state(r, to).count, 256);
}

/* The mailbox it comes from is removed between two slices: what was put goes again. */
static void test_taken_back(void **state)
{
	struct store_rig *r = *state;
	uint32_t anna = rig_account(r, "anna", "a@x"), from = box(r, anna, "A"),
		 to = box(r, anna, "B");

	fill(r, anna, from, MANY);
	fill(r, anna, to, 2);
	assert_int_equal(start_copy(r, anna, from, to, false), 0);
	assert_int_equal(store_run(r->s), 1);
	assert_int_equal(rig_state(r, to).count, 2 + 256);
	assert_int_equal(store_box_remove(r->s, anna, lit("A"), &(struct store_call){0}), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND);
	assert_false(noted(r));
	assert_int_equal(rig_state(r, to).count, 2);
	rig_assert_clean(r);
}

/* A move is cut short where it is: each message is in one of the two. */
static void test_moved_part(void **state)
{
	struct store_rig *r = *state;
	uint32_t anna = rig_account(r, "anna", "a@x"), from = box(r, anna, "A"),
		 to = box(r, anna, "B");

	fill(r, anna, from, MANY);
	assert_int_equal(start_copy(r, anna, from, to, true), 0);
	assert_int_equal(store_run(r->s), 1);
	assert_false(noted(r));
	assert_int_equal(rig_state(r, to).count + rig_state(r, from).count, MANY);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(rig_state(r, from).count, 0);
	rig_assert_clean(r);
}

/* What a crash has left is taken back before anything is served. */
static void test_taken_back_at_start(void **state)
{
	struct store_rig *r = *state;
	uint32_t anna = rig_account(r, "anna", "a@x"), from = box(r, anna, "A"),
		 to = box(r, anna, "B");
	struct kv_batch *b;
	struct key k;

	fill(r, anna, from, MANY);
	fill(r, anna, to, 1);
	assert_int_equal(start_copy(r, anna, from, to, false), 0);
	assert_int_equal(rig_run(r), 0);
	fill(r, anna, to, 1);
	meta_key_copy(&k, to, 77); /* as if the last slice had not come: 2..300, 301..601 */
	key_u32(&k, 2);
	assert_int_equal(kv_batch_begin(store_kv(r->s), &b), 0);
	assert_int_equal(kv_put(b, key_slice(&k), lit("\x00\x00\x01\x2c")), 0);
	meta_key_copy(&k, to, 77);
	key_u32(&k, 301);
	assert_int_equal(kv_put(b, key_slice(&k), lit("\x00\x00\x02\x59")), 0);
	assert_int_equal(kv_batch_commit(b), 0);
	rig_reopen(r);
	assert_false(noted(r));
	assert_int_equal(rig_state(r, to).count, 2);
	assert_int_equal(rig_state(r, to).next, MANY + 3);
	assert_int_equal(rig_state(r, from).count, MANY);
	rig_assert_clean(r);
}

/* A job of the same batch that meets damage has all run again, one by one. */
static void test_run_again(void **state)
{
	struct store_rig *r = *state;
	uint32_t anna = rig_account(r, "anna", "a@x"), from = box(r, anna, "A"),
		 to = box(r, anna, "B");
	const struct store_call none = {0};
	uint32_t third = box(r, anna, "C");
	struct kv_batch *b;
	struct key k;

	fill(r, anna, from, 10);
	key_of_marks(&k, anna, to, 1, 0);
	assert_int_equal(kv_batch_begin(store_kv(r->s), &b), 0);
	assert_int_equal(kv_put(b, key_slice(&k), lit("\xff\xff\xff\xff\xff\xff\xff")), 0);
	assert_int_equal(kv_batch_commit(b), 0);
	assert_int_equal(start_copy(r, anna, from, third, false), 0);
	assert_int_equal(
		store_append(r->s,
			&(struct store_append){
				.account = anna, .box = to, .message = lit("x"), .flags = 1},
			&none),
		0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(rig_state(r, third).count, 10);
}

/* What the check counts is not compared while a removed mailbox is being cleaned up. */
static void test_check_while_cleaning(void **state)
{
	struct store_rig *r = *state;
	uint32_t anna = rig_account(r, "anna", "a@x");
	struct check_report report;
	struct kv_batch *b;
	struct key k;

	fill(r, anna, box(r, anna, "A"), 1);
	key_of_u64(&k, TABLE_REFS, 1);
	assert_int_equal(kv_batch_begin(store_kv(r->s), &b), 0);
	assert_int_equal(kv_put(b, key_slice(&k), lit("\0\0\0\x02\0")), 0);
	assert_int_equal(kv_batch_commit(b), 0);
	assert_int_equal(store_check(r->s, &report), 0);
	assert_int_equal(report.n_faults, 1);
	buf_fini(&report.lines);
	meta_key_gone(&k, 999);
	assert_int_equal(kv_batch_begin(store_kv(r->s), &b), 0);
	assert_int_equal(kv_put(b, key_slice(&k), lit("\0\0\0\1")), 0);
	assert_int_equal(kv_batch_commit(b), 0);
	rig_assert_clean(r);
}

enum { BOXES = 16, BOX_ROWS = 600 };

struct remover {
	struct store_rig *r;
	uint32_t account;
	atomic_bool done;
};

static void box_name(unsigned i, char name[8])
{
	snprintf(name, 8, "B%u", i);
}

static void *remove_boxes(void *arg)
{
	struct remover *m = arg;
	struct store_call c = rig_call(m->r);
	char name[8];

	for (unsigned i = 0; i < BOXES; i++) {
		box_name(i, name);
		if (store_box_remove(m->r->s, m->account, slice_str(name), &c) == 0)
			rig_run(m->r);
	}
	atomic_store(&m->done, true);
	return NULL;
}

/* A mailbox that goes while its rows are being counted, and is cleaned up before they are summed.
 */
static void test_check_beside_removal(void **state)
{
	struct store_rig *r = *state;
	struct remover m = {.r = r, .account = rig_account(r, "anna", "a@x")};
	struct check_report report;
	pthread_t thread;
	char name[8];

	for (unsigned i = 0; i < BOXES; i++) {
		box_name(i, name);
		fill(r, m.account, box(r, m.account, name), BOX_ROWS);
	}
	assert_int_equal(pthread_create(&thread, NULL, remove_boxes, &m), 0);
	while (!atomic_load(&m.done)) {
		assert_int_equal(store_check(r->s, &report), 0);
		if (report.n_faults > 0)
			fail_msg("%s", buf_cstr(&report.lines));
		buf_fini(&report.lines);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	rig_assert_clean(r);
}

/* ---- flags ---- */

static uint64_t mark(struct store_rig *r, uint32_t account, uint32_t id, uint32_t lo, uint32_t hi,
	uint64_t flags)
{
	struct store_call c = rig_call(r);
	struct ranges which;

	ranges_init(&which);
	ranges_push(&which, lo, hi);
	assert_int_equal(store_flags(r->s, account, id, &which, STORE_FLAGS_ADD, flags, 0, &c), 0);
	ranges_fini(&which);
	assert_int_equal(rig_run(r), 0);
	return r->res.seq;
}

/* A change says over which other it went. */
static void test_had(void **state)
{
	struct store_rig *r = *state;
	uint32_t anna = rig_account(r, "anna", "a@x"), a = box(r, anna, "A");

	fill(r, anna, a, 20);
	uint64_t first = mark(r, anna, a, 3, 5, 4);
	assert_int_equal(r->res.had, 0);
	uint64_t second = mark(r, anna, a, 10, 11, 4);
	assert_int_equal(r->res.had, 0);
	mark(r, anna, a, 5, 9, 8);
	assert_int_equal(r->res.had, first);
	mark(r, anna, a, 1, 20, 16);
	assert_true(r->res.had > second);
	mark(r, anna, a, 1, 20, 16); /* changes nothing */
	assert_int_equal(r->res.had, 0);
	assert_int_equal(r->res.seq, 0);
}

/* The modseq of a message's flags. */
static uint64_t modseq_of(struct store_rig *r, uint32_t account, uint32_t id, uint32_t num)
{
	uint64_t flags, modseq;
	struct view_flags *f;
	struct view *v;

	assert_int_equal(view_open(r->s, &v), 0);
	assert_int_equal(view_flags_open(v, account, id, num, num, &f), 0);
	view_flags_at(f, num, &flags, &modseq);
	view_flags_close(f);
	view_close(v);
	return modseq;
}

/* In a small mailbox through which much has gone, only what changed has a new modseq. */
static void test_modseqs_stay(void **state)
{
	struct store_rig *r = *state;
	uint32_t anna = rig_account(r, "anna", "a@x"), a = box(r, anna, "A");
	struct store_call c = rig_call(r);
	uint64_t third = 0;

	for (uint32_t num = 1; num <= 3 * MANY; num++) {
		struct ranges old;

		fill(r, anna, a, 1);
		uint64_t seq = mark(r, anna, a, num, num, 4);
		third = num == 3 ? seq : third;
		if (num <= 3)
			continue;
		ranges_init(&old);
		ranges_push(&old, num, num);
		assert_int_equal(store_expunge(r->s, anna, a, &old, &c), 0);
		ranges_fini(&old);
		assert_int_equal(rig_run(r), 0);
	}
	assert_int_equal(modseq_of(r, anna, a, 3), third);
	rig_assert_clean(r);
}

/* Every other message of a large mailbox goes: its gaps are put once a slice, not once a row. */
static void test_many_gaps(void **state)
{
	struct store_rig *r = *state;
	uint32_t anna = rig_account(r, "anna", "a@x"), a = box(r, anna, "A");
	struct store_call c = rig_call(r);
	struct group_state st;
	struct ranges odd;
	struct view *v;

	if (level_is_fast())
		skip();
	for (unsigned i = 0; i < GAPS; i += GAPS / 4)
		fill(r, anna, a, GAPS / 4);
	ranges_init(&odd);
	for (uint32_t num = 1; num <= GAPS; num += 2)
		ranges_push(&odd, num, num);
	assert_int_equal(store_expunge(r->s, anna, a, &odd, &c), 0);
	assert_int_equal(rig_run(r), 0);
	ranges_fini(&odd);
	assert_int_equal(view_open(r->s, &v), 0);
	assert_int_equal(view_group_state(v, a, &st), 0);
	assert_int_equal(st.count, GAPS / 2);
	view_close(v);
	rig_assert_clean(r);
}

/* ---- removals ---- */

static int removed(struct store_rig *r, uint32_t group, uint64_t since, struct buf *out)
{
	struct ranges gone;
	struct view *v;

	ranges_init(&gone);
	buf_reset(out);
	assert_int_equal(view_open(r->s, &v), 0);
	int rc = view_removed(v, group, since, &gone);
	view_close(v);
	if (rc == 0)
		ranges_print(&gone, out);
	ranges_fini(&gone);
	return rc;
}

static void cancel(struct store_rig *r, const char *mid)
{
	struct store_call c = rig_call(r);

	assert_int_equal(store_cancel(r->s, slice_str(mid), &c), 0);
	assert_int_equal(rig_run(r), 0);
}

/* Removals of three groups, old ones and new ones, told apart by the hour they fell in. */
static void test_prune(void **state)
{
	struct store_rig *r = *state;
	const int64_t later = INT64_C(4102444800); /* 2100: behind the clock of the writer */
	struct store_call c = rig_call(r);
	struct store_stats st;
	uint32_t g[3];
	struct buf text;
	char mid[32];

	buf_init(&text, 1000);
	for (unsigned i = 0; i < array_len(g); i++) {
		snprintf(mid, sizeof mid, "koko.g%u", i);
		g[i] = rig_group(r, mid);
	}
	for (int i = 0; i < 3; i++) {
		snprintf(mid, sizeof mid, "<old%d@x>", i);
		assert_int_equal(rig_post(r, mid, (const uint32_t[]){g[0], g[2], 0}), 0);
		cancel(r, mid);
	}
	uint64_t old = r->res.seq + 1;
	r->now_at = later;
	assert_int_equal(rig_post1(r, "<new@x>", g[0]), 0);
	cancel(r, "<new@x>");
	assert_int_equal(removed(r, g[0], 0, &text), 0);
	assert_buf(&text, "1-4");

	assert_int_equal(store_prune(r->s, later - 400 * (int64_t)DAY, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(removed(r, g[0], r->res.seq, &text), 0); /* none is old enough */
	assert_buf(&text, "1-4");
	assert_int_equal(store_prune(r->s, later, &c), 0);
	assert_int_equal(rig_run(r), 0);
	store_stats(r->s, &st);
	assert_int_equal(st.n_pruned, 6);
	assert_int_equal(r->res.seq, old);
	assert_int_equal(removed(r, g[0], 0, &text), KERR_NOTFOUND);
	assert_int_equal(removed(r, g[1], old - 1, &text), KERR_NOTFOUND);
	assert_int_equal(removed(r, g[0], old, &text), 0);
	assert_buf(&text, "4");
	assert_int_equal(removed(r, g[2], old, &text), 0);
	assert_buf(&text, "");

	assert_int_equal(store_prune(r->s, 1, &c), 0); /* the clock went back: as it was */
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(removed(r, g[0], 0, &text), KERR_NOTFOUND);
	rig_assert_clean(r);
	buf_fini(&text);
}

/* More than a slice takes, in one mailbox. */
static void test_prune_many(void **state)
{
	struct store_rig *r = *state;
	uint32_t anna = rig_account(r, "anna", "a@x"), a = box(r, anna, "A");
	struct store_call c = rig_call(r);
	struct store_stats st;
	struct ranges which;

	for (int i = 0; i < 3; i++)
		fill(r, anna, a, MANY);
	ranges_init(&which);
	ranges_push(&which, 1, 3 * MANY);
	assert_int_equal(store_expunge(r->s, anna, a, &which, &c), 0);
	ranges_fini(&which);
	assert_int_equal(rig_run(r), 0);
	uint32_t g = rig_group(r, "koko.g");
	r->now_at = INT64_C(4102444800);
	assert_int_equal(rig_post1(r, "<new@x>", g), 0);
	assert_int_equal(store_prune(r->s, r->now_at, &c), 0);
	assert_int_equal(rig_run(r), 0);
	store_stats(r->s, &st);
	assert_int_equal(st.n_pruned, 3 * MANY);
	rig_assert_clean(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_ON(test_whole, mem),
		RIG_ON(test_whole, dir),
		RIG_ON(test_exact_slice, mem),
		RIG_ON(test_taken_back, mem),
		RIG_ON(test_moved_part, mem),
		RIG_ON(test_taken_back_at_start, dir),
		RIG_ON(test_run_again, mem),
		RIG_ON(test_check_beside_removal, dir),
		RIG_ON(test_check_while_cleaning, mem),
		RIG_ON(test_had, mem),
		RIG_ON(test_modseqs_stay, mem),
		RIG_ON(test_many_gaps, mem),
		RIG_ON(test_prune, mem),
		RIG_ON(test_prune, dir),
		RIG_ON(test_prune_many, mem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
