/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feeds, entries, records: in memory and in a directory. */
#include "storage/store_fed.h"

#include "proto/base/mem.h"
#include "storage/store_priv.h"
#include "tests/rig/store_rig.h"

enum { N_RANDOM = 300, RECORD_LEN = 150 * 1000 };

static struct store_rig rig;
static struct store_fed_result fed; /* of the last job that concerned a feed */

static int open_mem(void **state)
{
	rig_open_mem(&rig);
	*state = &rig;
	return 0;
}

static int open_dir(void **state)
{
	rig_open_dir(&rig);
	*state = &rig;
	return 0;
}

static int close_rig(void **state)
{
	rig_close(*state);
	return 0;
}

static void on_done(void *arg, const struct store_result *res)
{
	struct store_rig *r = arg;

	r->res = *res;
	r->n_answers++;
	fed = res->fed ? *res->fed : (struct store_fed_result){.feed = 0};
}

static const struct store_call *call_of(struct store_rig *r)
{
	static struct store_call c;

	c = (struct store_call){.done = on_done, .arg = r};
	return &c;
}

/* The hash of entry n of a chain: one byte that says which chain, then n. */
static void hash_of(uint8_t chain, uint64_t n, uint8_t out[STORE_ENTRY_HASH])
{
	memset(out, chain, STORE_ENTRY_HASH);
	memcpy(out + 1, &n, sizeof n);
}

/* What a daemon does: it signs what follows, here in clear. */
static int seal(void *arg, const struct entry_place *at, struct entry_made *out)
{
	uint8_t before[STORE_ENTRY_HASH];
	int *rc = arg;

	if (*rc < 0)
		return *rc;
	if (at->n > 1) {
		hash_of('a', at->n - 1, before);
		assert_memory_equal(at->tip, before, sizeof before);
		assert_int_equal(at->note.len, 1);
		assert_int_equal((uint8_t)at->note.p[0], (uint8_t)(at->n - 1));
	}
	hash_of('a', at->n, out->hash);
	buf_addf(&out->sign, "own %d", (int)at->n);
	out->note[out->n_note++] = (uint8_t)at->n;
	return 0;
}

static struct store_entry own(int *rc)
{
	return (struct store_entry){
		.feed = lit("own"), .kind = ENTRY_ARTICLE, .seal = seal, .seal_arg = rc};
}

static struct store_entry came(const char *feed, uint8_t chain, uint64_t n)
{
	struct store_entry e = {.feed = slice_str(feed),
		.n = n,
		.kind = ENTRY_ARTICLE,
		.sign = lit("signed"),
		.note = lit("note")};

	hash_of(chain, n, e.hash);
	return e;
}

/* Queue an article of that entry; its Message-ID is made of chain and number. */
static int put(struct store_rig *r, const struct store_entry *e, const char *mid, uint32_t group)
{
	struct store_post p = {.mid = slice_str(mid),
		.article = lit("Subject: x\r\n\r\nx\r\n"),
		.overview = lit("x\t\t\t\t"),
		.arrived_at = r->now_at,
		.groups = &group,
		.n_groups = 1,
		.entry = e};

	return store_post(r->s, &p, call_of(r));
}

static int put_run(
	struct store_rig *r, const struct store_entry *e, const char *mid, uint32_t group)
{
	int rc = put(r, e, mid, group);

	return rc < 0 ? rc : rig_run(r);
}

static struct feed_rec feed_of(struct store_rig *r, const char *name)
{
	struct feed_rec f = {.id = 0};
	struct view *v;

	assert_int_equal(view_open(r->s, &v), 0);
	assert_int_equal(view_feed_named(v, slice_str(name), &f), 0);
	view_close(v);
	return f;
}

/* ---- our own ---- */

static void test_own_chain(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct entry_rec e;
	struct view *v;
	int good = 0, bad = KERR_BUSY;
	struct store_entry mine = own(&good), not_now = own(&bad);

	assert_int_equal(put(r, &mine, "<1@x>", g), 0);
	assert_int_equal(put(r, &mine, "<2@x>", g), 0); /* in one batch with the first */
	assert_int_equal(put(r, &mine, "<1@x>", g), 0); /* refused: takes no number */
	rig_run(r);
	assert_int_equal(r->res.rc, KERR_EXISTS);
	assert_int_equal(put_run(r, &not_now, "<3@x>", g), KERR_BUSY);
	assert_int_equal(put_run(r, &mine, "<3@x>", g), 0);
	assert_int_equal(fed.n, 3);
	assert_int_equal(fed.high, 3);
	assert_int_equal(view_open(r->s, &v), 0);
	assert_int_equal(view_entry_of(v, lit("<2@x>"), &e), 0);
	assert_int_equal(e.n, 2);
	assert_slice(e.sign, "own 2");
	assert_int_equal(e.place.group, g);
	assert_int_equal(e.place.num, 2);
	assert_int_equal(view_entry_of(v, lit("<9@x>"), &e), KERR_NOTFOUND);
	view_close(v);
	rig_assert_clean(r);
}

/* A heartbeat has a place in the chain and no article. */
static void test_beat(void **state)
{
	struct store_rig *r = *state;
	int good = 0;
	struct store_entry beat = own(&good);

	beat.kind = ENTRY_BEAT;
	assert_int_equal(store_entry(r->s, &beat, call_of(r)), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(fed.n, 1);
	uint32_t g = rig_group(r, "koko.test");
	beat.kind = ENTRY_ARTICLE;
	assert_int_equal(put_run(r, &beat, "<1@x>", g), 0);
	assert_int_equal(fed.n, 2);
	rig_assert_clean(r);
}

/* ---- those that come ---- */

static void test_gap(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");

	static const struct {
		uint64_t n, high;
	} rows[] = {
		{3, 0},
                {2, 0},
                {5, 0},
                {1, 3},
                {4, 5},
                {6, 6}
        };

	for (size_t i = 0; i < array_len(rows); i++) {
		struct store_entry e = came("f", 'b', rows[i].n);
		char mid[32];

		snprintf(mid, sizeof mid, "<%d@x>", (int)rows[i].n);
		assert_int_equal(put_run(r, &e, mid, g), 0);
		assert_int_equal(fed.high, rows[i].high);
		rig_assert_clean(r);
	}
	struct feed_rec f = feed_of(r, "f");
	struct store_entry sixth = came("f", 'b', 6);
	assert_memory_equal(f.tip, sixth.hash, sizeof f.tip);
	assert_int_equal(f.n_note, 4);
}

static void test_known(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct store_entry e = came("f", 'b', 1), other = came("f", 'c', 1);

	assert_int_equal(put_run(r, &e, "<1@x>", g), 0);
	assert_int_equal(put_run(r, &e, "<2@x>", g), KERR_EXISTS);
	assert_int_equal(put_run(r, &other, "<2@x>", g), KERR_CONFLICT);
	assert_int_equal(store_entry(r->s, &e, call_of(r)), 0);
	assert_int_equal(rig_run(r), KERR_EXISTS);
	assert_int_equal(feed_of(r, "f").high, 1);
	rig_assert_clean(r);
}

/* A stub keeps the chain whole; its content may come later. */
static void test_stub(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct store_entry e = came("f", 'b', 1);
	struct entry_rec got;
	struct view *v;

	e.absent = 7;
	assert_int_equal(store_entry(r->s, &e, call_of(r)), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(fed.high, 1);
	assert_int_equal(view_open(r->s, &v), 0);
	assert_int_equal(view_entry(v, fed.feed, 1, &got), 0);
	assert_int_equal(got.absent, 7);
	assert_int_equal(got.content, 0);
	view_close(v);
	e.absent = 0;
	assert_int_equal(put_run(r, &e, "<1@x>", g), 0);
	assert_int_equal(fed.high, 1);
	assert_int_equal(view_open(r->s, &v), 0);
	assert_int_equal(view_entry(v, fed.feed, 1, &got), 0);
	assert_int_equal(got.absent, 0);
	assert_true(got.content != 0);
	view_close(v);
	assert_int_equal(put_run(r, &e, "<2@x>", g), KERR_EXISTS);
	rig_assert_clean(r);
}

static void test_first(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct store_entry e = came("f", 'b', 40);
	uint8_t root[STORE_ENTRY_HASH];

	hash_of('b', 39, root);
	e.first = 40;
	e.root = root;
	e.n = 41;
	hash_of('b', 41, e.hash);
	assert_int_equal(put_run(r, &e, "<41@x>", g), 0);
	assert_memory_equal(feed_of(r, "f").tip, root, sizeof root);
	e.n = 39;
	assert_int_equal(put_run(r, &e, "<39@x>", g), KERR_TOOBIG);
	e.n = 40;
	hash_of('b', 40, e.hash);
	assert_int_equal(put_run(r, &e, "<40@x>", g), 0);
	assert_int_equal(fed.high, 41);
	assert_int_equal(feed_of(r, "f").low, 40);
	rig_assert_clean(r);
}

/* ---- the end of a feed ---- */

static int end_at(struct store_rig *r, uint64_t end)
{
	assert_int_equal(store_feed_end(r->s, lit("f"), end, call_of(r)), 0);
	return rig_run(r);
}

static void test_end(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct group_state st;
	struct entry_rec e;
	struct view *v;

	for (uint64_t n = 1; n <= N_RANDOM; n++) {
		struct store_entry in = came("f", 'b', n);
		char mid[32];

		snprintf(mid, sizeof mid, "<%d@x>", (int)n);
		assert_int_equal(put(r, &in, mid, g), 0);
	}
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(end_at(r, 10), 0);
	assert_true(fed.more);
	assert_int_equal(fed.high, 10);
	while (fed.more)
		assert_int_equal(end_at(r, 10), 0);
	assert_int_equal(view_open(r->s, &v), 0);
	assert_int_equal(view_group_state(v, g, &st), 0);
	assert_int_equal(st.count, 10);
	assert_int_equal(view_entry(v, fed.feed, 10, &e), 0);
	assert_int_equal(view_entry(v, fed.feed, 11, &e), KERR_NOTFOUND);
	view_close(v);
	struct store_entry late = came("f", 'b', N_RANDOM + 1);
	assert_int_equal(put_run(r, &late, "<late@x>", g), KERR_TOOBIG);
	assert_int_equal(end_at(r, 11), KERR_INVALID);
	assert_int_equal(end_at(r, 10), 0);
	assert_false(fed.more);
	rig_assert_clean(r);
}

/* ---- a feed that begins elsewhere ---- */

static int begin_at(struct store_rig *r, uint64_t low)
{
	assert_int_equal(store_feed_begin(r->s, lit("f"), low, call_of(r)), 0);
	return rig_run(r);
}

/* 1..3, then 7, 8 beyond a gap: it begins at 7. */
static void test_begin(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct store_entry in;

	assert_int_equal(begin_at(r, 7), KERR_NOTFOUND);
	for (uint64_t n = 1; n <= 8; n++) {
		char mid[32];

		in = came("f", 'b', n);
		snprintf(mid, sizeof mid, "<%d@x>", (int)n);
		if (n < 4 || n > 6)
			assert_int_equal(put_run(r, &in, mid, g), 0);
	}
	assert_int_equal(fed.high, 3);
	assert_int_equal(begin_at(r, 3), 0);
	assert_int_equal(fed.high, 3);
	assert_int_equal(feed_of(r, "f").low, 3);
	assert_int_equal(begin_at(r, 7), 0);
	assert_int_equal(fed.high, 8);
	assert_int_equal(feed_of(r, "f").low, 7);
	in = came("f", 'b', 6);
	assert_int_equal(put_run(r, &in, "<6@x>", g), KERR_TOOBIG);
	assert_int_equal(begin_at(r, 20), 0);
	assert_int_equal(fed.high, 19);
	in = came("f", 'b', 20);
	assert_int_equal(put_run(r, &in, "<20@x>", g), 0);
	assert_int_equal(fed.high, 20);
	assert_int_equal(begin_at(r, 2), 0); /* before that: what it had there counts again */
	assert_int_equal(fed.high, 3);
	assert_int_equal(feed_of(r, "f").low, 2);
	rig_assert_clean(r);
}

/* ---- listing; what stays over a restart ---- */

static bool collect(void *arg, const struct entry_rec *e)
{
	uint64_t *sum = arg;

	*sum = *sum * 10 + e->n;
	return true;
}

static bool count_feed(void *arg, const struct feed_rec *f)
{
	(void)f;
	(*(unsigned *)arg)++;
	return true;
}

static void test_list(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	uint64_t sum = 0;
	unsigned n = 0;
	struct view *v;

	for (uint64_t i = 1; i <= 5; i++) {
		struct store_entry a = came("f", 'b', i), b = came("g", 'c', i);
		char mid[32];

		snprintf(mid, sizeof mid, "<f%d@x>", (int)i);
		assert_int_equal(put_run(r, &a, mid, g), 0);
		snprintf(mid, sizeof mid, "<g%d@x>", (int)i);
		assert_int_equal(put_run(r, &b, mid, g), 0);
	}
	if (r->dir[0] != '\0')
		rig_reopen(r);
	assert_int_equal(view_open(r->s, &v), 0);
	assert_int_equal(view_entries(v, 1, 2, 4, collect, &sum), 0);
	assert_int_equal(sum, 234);
	assert_int_equal(view_feeds(v, 0, count_feed, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(view_feeds(v, 1, count_feed, &n), 0);
	assert_int_equal(n, 3);
	view_close(v);
	assert_int_equal(feed_of(r, "g").high, 5);
	rig_assert_clean(r);
}

/* ---- records ---- */

static int record(struct store_rig *r, uint64_t serial, struct slice text)
{
	assert_int_equal(store_record(r->s, RECORD_GROUP, lit("gid"), serial, text, call_of(r)), 0);
	return rig_run(r);
}

static bool sum_records(
	void *arg, enum record_type type, struct slice key, uint64_t serial, struct slice text)
{
	size_t *sum = arg;

	assert_int_equal(type, RECORD_GROUP);
	assert_slice(key, "gid");
	*sum += text.len + serial;
	return true;
}

static void test_records(void **state)
{
	struct store_rig *r = *state;
	char *big = mem_alloc(RECORD_LEN);
	uint64_t serial = 0;
	size_t sum = 0;
	struct view *v;
	struct buf b;

	memset(big, 'r', RECORD_LEN);
	assert_int_equal(record(r, 1, lit("one")), 0);
	assert_int_equal(record(r, 2, slice_of(big, RECORD_LEN)), 0);
	assert_int_equal(record(r, 2, slice_of(big, RECORD_LEN)), KERR_EXISTS);
	assert_int_equal(record(r, 2, slice_of(big, RECORD_LEN - 1)), KERR_CONFLICT);
	assert_int_equal(record(r, 1, lit("one and more")), KERR_CONFLICT);
	buf_init(&b, STORE_RECORD_MAX);
	assert_int_equal(view_open(r->s, &v), 0);
	assert_int_equal(view_record(v, RECORD_GROUP, lit("gid"), 0, &b, &serial), 0);
	assert_int_equal(serial, 2);
	assert_int_equal(b.len, RECORD_LEN);
	buf_reset(&b);
	assert_int_equal(view_record(v, RECORD_GROUP, lit("gid"), 1, &b, &serial), 0);
	assert_buf(&b, "one");
	assert_int_equal(view_record(v, RECORD_GROUP, lit("gid"), 3, &b, &serial), KERR_NOTFOUND);
	assert_int_equal(view_record(v, RECORD_GROUP, lit("gi"), 0, &b, &serial), KERR_NOTFOUND);
	assert_int_equal(view_record(v, RECORD_DAEMON, lit("gid"), 0, &b, &serial), KERR_NOTFOUND);
	assert_int_equal(view_records(v, sum_records, &sum), 0);
	assert_int_equal(sum, 3 + 1 + RECORD_LEN + 2);
	view_close(v);
	assert_int_equal(store_record_del(r->s, RECORD_GROUP, lit("gid"), call_of(r)), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(store_record_del(r->s, RECORD_GROUP, lit("gid"), call_of(r)), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND);
	buf_fini(&b);
	free(big);
}

static int replace(struct store_rig *r, uint64_t serial, struct slice text)
{
	assert_int_equal(store_record_replace(
				 r->s, RECORD_MEMBERS, lit("gid oid"), serial, text, call_of(r)),
		0);
	return rig_run(r);
}

/* One without history: the newest alone is there, and it is not replaced by an older one. */
static void test_replaced(void **state)
{
	struct store_rig *r = *state;
	char *big = mem_alloc(300000);
	uint64_t serial;
	struct view *v;
	struct buf b;

	memset(big, 'x', 300000);
	assert_int_equal(replace(r, 1, slice_of(big, 300000)), 0);
	assert_int_equal(replace(r, 1, slice_of(big, 300000)), KERR_EXISTS);
	assert_int_equal(replace(r, 3, lit("three")), 0);
	assert_int_equal(replace(r, 3, lit("another")), KERR_CONFLICT);
	assert_int_equal(replace(r, 2, lit("two")), KERR_CONFLICT);
	assert_int_equal(view_open(r->s, &v), 0);
	buf_init(&b, STORE_RECORD_MAX);
	assert_int_equal(view_record(v, RECORD_MEMBERS, lit("gid oid"), 0, &b, &serial), 0);
	assert_int_equal(serial, 3);
	assert_buf(&b, "three");
	buf_reset(&b);
	assert_int_equal(
		view_record(v, RECORD_MEMBERS, lit("gid oid"), 1, &b, &serial), KERR_NOTFOUND);
	view_close(v);
	buf_fini(&b);
	free(big);
}

static void test_limits(void **state)
{
	struct store_rig *r = *state;
	char name[STORE_RECORD_KEY + 2] = {0};
	struct store_entry e = came("f", 'b', 1);

	memset(name, 'f', STORE_RECORD_KEY + 1);
	e.feed = slice_of(name, STORE_FEED_NAME + 1);
	assert_int_equal(store_entry(r->s, &e, call_of(r)), KERR_INVALID);
	e.feed = lit("");
	assert_int_equal(store_entry(r->s, &e, call_of(r)), KERR_INVALID);
	e.feed = lit("f");
	e.n = 0; /* and no seal */
	assert_int_equal(store_entry(r->s, &e, call_of(r)), KERR_INVALID);
	e.n = 1;
	e.note = slice_of(name, STORE_NOTE_MAX + 1);
	assert_int_equal(store_entry(r->s, &e, call_of(r)), KERR_TOOBIG);
	assert_int_equal(
		store_record(r->s, RECORD_GROUP, lit("k"), 0, lit("x"), call_of(r)), KERR_INVALID);
	assert_int_equal(store_record(r->s, RECORD_GROUP, slice_of(name, STORE_RECORD_KEY + 1), 1,
				 lit("x"), call_of(r)),
		KERR_TOOBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_own_chain, open_mem, close_rig),
		cmocka_unit_test_setup_teardown(test_own_chain, open_dir, close_rig),
		cmocka_unit_test_setup_teardown(test_beat, open_mem, close_rig),
		cmocka_unit_test_setup_teardown(test_gap, open_mem, close_rig),
		cmocka_unit_test_setup_teardown(test_gap, open_dir, close_rig),
		cmocka_unit_test_setup_teardown(test_known, open_mem, close_rig),
		cmocka_unit_test_setup_teardown(test_stub, open_mem, close_rig),
		cmocka_unit_test_setup_teardown(test_stub, open_dir, close_rig),
		cmocka_unit_test_setup_teardown(test_first, open_mem, close_rig),
		cmocka_unit_test_setup_teardown(test_end, open_mem, close_rig),
		cmocka_unit_test_setup_teardown(test_end, open_dir, close_rig),
		cmocka_unit_test_setup_teardown(test_begin, open_mem, close_rig),
		cmocka_unit_test_setup_teardown(test_begin, open_dir, close_rig),
		cmocka_unit_test_setup_teardown(test_list, open_mem, close_rig),
		cmocka_unit_test_setup_teardown(test_list, open_dir, close_rig),
		cmocka_unit_test_setup_teardown(test_records, open_mem, close_rig),
		cmocka_unit_test_setup_teardown(test_records, open_dir, close_rig),
		cmocka_unit_test_setup_teardown(test_replaced, open_mem, close_rig),
		cmocka_unit_test_setup_teardown(test_replaced, open_dir, close_rig),
		cmocka_unit_test_setup_teardown(test_limits, open_mem, close_rig),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
