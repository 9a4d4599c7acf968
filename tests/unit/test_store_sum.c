/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums behind values: what a flipped bit has changed or moved is not shown; stores without them. */
#include "proto/base/mem.h"
#include "storage/meta.h"
#include "storage/schema.h"
#include "storage/store_fed.h"
#include "storage/store_priv.h"
#include "tests/rig/store_rig.h"

enum { ARTICLES = 3000 /* more than a slice of the migration */ };

/* Past the sums: what lies in the engine. */
static void raw_put(struct kv *kv, struct slice key, struct slice value)
{
	struct kv_batch *b;

	assert_int_equal(kv_batch_begin(kv, &b), 0);
	assert_int_equal(kv->ops->batch_put(b, key, value), 0);
	assert_int_equal(kv_batch_commit(b), 0);
}

static struct slice raw_get(struct kv *kv, struct slice key, char *room, size_t size)
{
	struct kv_view *v;
	struct slice value;

	assert_int_equal(kv_view_open(kv, &v), 0);
	assert_int_equal(kv->ops->view_get(v, key, &value), 0);
	assert_true(value.len <= size);
	memcpy(room, value.p, value.len);
	kv_view_close(v);
	return slice_of(room, value.len);
}

static int get(struct kv *kv, struct slice key)
{
	struct kv_view *v;
	struct slice value;

	assert_int_equal(kv_view_open(kv, &v), 0);
	int rc = kv_get(v, key, &value);
	kv_view_close(v);
	return rc;
}

struct seen {
	unsigned n, damaged;
};

static bool seen_on(void *arg, struct slice key, struct slice value)
{
	struct seen *s = arg;

	(void)key;
	s->n++;
	s->damaged += value.p == NULL;
	return true;
}

static struct seen scan(struct kv *kv, struct slice from, bool all)
{
	struct kv_range r = {.from = from};
	struct seen s = {0, 0};
	struct kv_view *v;

	assert_int_equal(kv_view_open(kv, &v), 0);
	assert_int_equal(all ? kv_scan_all(v, &r, seen_on, &s) : kv_scan(v, &r, seen_on, &s), 0);
	kv_view_close(v);
	return s;
}

/* Each bit of value and sum, and each of the key, of values of many lengths. */
static void test_each_bit(void **state)
{
	static const size_t lens[] = {0, 1, 7, 8, 15, 16, 17, 33, 384, 500};
	char room[600], value[600];
	struct kv_batch *b;
	struct kv *kv;

	(void)state;
	for (size_t i = 0; i < array_len(lens); i++) {
		char key[] = "rkey-of-it";

		assert_int_equal(kv_mem_open(&kv), 0);
		kv_sum(kv);
		memset(value, '\0', lens[i]);
		assert_int_equal(kv_batch_begin(kv, &b), 0);
		assert_int_equal(kv_put(b, slice_str(key), slice_of(value, lens[i])), 0);
		assert_int_equal(kv_batch_commit(b), 0);
		assert_int_equal(get(kv, slice_str(key)), 0);
		struct slice whole = raw_get(kv, slice_str(key), room, sizeof room);
		assert_int_equal(whole.len, lens[i] + KV_SUM);
		for (size_t bit = 0; bit < whole.len * 8; bit++) {
			bool between = bit / 8 >= 39 && bit / 8 + 48 < lens[i]; /* sealed */

			room[bit / 8] ^= (char)(1 << bit % 8);
			raw_put(kv, slice_str(key), whole);
			assert_int_equal(get(kv, slice_str(key)), between ? 0 : KERR_DAMAGED);
			room[bit / 8] ^= (char)(1 << bit % 8);
		}
		raw_put(kv, slice_str(key), slice_head(whole, 3));
		assert_int_equal(get(kv, slice_str(key)), KERR_DAMAGED);
		for (size_t bit = 8; bit < (sizeof key - 1) * 8; bit++) {
			key[bit / 8] ^= (char)(1 << bit % 8);
			raw_put(kv, slice_of(key, sizeof key - 1), whole);
			assert_int_equal(get(kv, slice_of(key, sizeof key - 1)), KERR_DAMAGED);
			key[bit / 8] ^= (char)(1 << bit % 8);
		}
		kv_close(kv);
	}
}

static void test_scans(void **state)
{
	struct kv_batch *b;
	struct kv *kv;

	(void)state;
	assert_int_equal(kv_mem_open(&kv), 0);
	kv_sum(kv);
	assert_int_equal(kv_batch_begin(kv, &b), 0);
	assert_int_equal(kv_put(b, lit("g1"), lit("a")), 0);
	assert_int_equal(kv_put(b, lit("g2"), lit("")), 0);
	assert_int_equal(kv_put(b, lit("c1"), lit("has a seal")), 0);
	assert_int_equal(kv_batch_commit(b), 0);
	raw_put(kv, lit("g3"), lit("abcdef"));
	struct seen some = scan(kv, lit(""), false), all = scan(kv, lit(""), true);
	assert_int_equal(some.n, 3);
	assert_int_equal(some.damaged, 0);
	assert_int_equal(all.n, 4);
	assert_int_equal(all.damaged, 1);
	kv_close(kv);
}

/* ---- a row under another number ---- */

/* The row of article 1 lies under number 2, as when a bit of its key has flipped. */
static void test_moved_row(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct check_report report;
	struct key one, two;
	struct seen rows;
	struct view *v;
	struct row row;
	char room[4096];

	assert_int_equal(rig_post1(r, "<1@x>", g), 0);
	assert_int_equal(rig_post1(r, "<2@x>", g), 0);
	rig_assert_clean(r);
	key_of_pair(&one, TABLE_ROW, g, 1);
	key_of_pair(&two, TABLE_ROW, g, 2);
	raw_put(store_kv(r->s), key_slice(&two),
		raw_get(store_kv(r->s), key_slice(&one), room, sizeof room));
	v = rig_view(r);
	assert_int_equal(view_row(v, g, 1, true, &row), 0);
	assert_int_equal(view_row(v, g, 2, true, &row), KERR_DAMAGED);
	view_close(v);
	rows = scan(store_kv(r->s), key_slice(&one), true);
	assert_int_equal(rows.damaged, 1);
	assert_int_equal(store_check(r->s, &report), 0);
	assert_true(report.n_faults > 0);
	assert_non_null(strstr(buf_cstr(&report.lines), "table r: the sum"));
	buf_fini(&report.lines);
	assert_int_equal(store_cancel(r->s, lit("<2@x>"), &(struct store_call){.done = NULL}), 0);
	rig_run(r);
	v = rig_view(r);
	assert_int_equal(view_row(v, g, 2, true, &row), KERR_NOTFOUND);
	view_close(v);
}

/* ---- the state of a group ---- */

/* A bit of the value has flipped, or the last of the key. */
static void flip_closed(struct store_rig *r, const struct key *k, bool in_key)
{
	char room[256];
	struct kv_batch *b;
	struct key moved = *k;
	struct kv *kv;

	assert_int_equal(kv_lmdb_open(r->dir, 64 << 20, &kv, NULL), 0);
	struct slice value = raw_get(kv, key_slice(k), room, sizeof room);
	if (in_key) {
		assert_int_equal(kv_batch_begin(kv, &b), 0);
		assert_int_equal(kv_del(b, key_slice(k)), 0);
		assert_int_equal(kv_batch_commit(b), 0);
		moved.bytes[moved.len - 1] ^= 0x40;
	} else {
		room[3] ^= 0x10;
	}
	raw_put(kv, key_slice(&moved), value);
	kv_close(kv);
}

static void flip(struct store_rig *r, const struct key *k, bool in_key)
{
	store_close(r->s);
	flip_closed(r, k, in_key);
}

static void reopen(struct store_rig *r)
{
	struct store_opts o = {.dir = r->dir, .manual = true};
	struct err err = {""};

	assert_int_equal(store_open(&o, &r->s, &err), 0);
}

static void assert_state(struct store_rig *r, uint32_t g, const struct group_state *before)
{
	struct group_state st = rig_state(r, g);

	assert_int_equal(st.count, before->count);
	assert_int_equal(st.bytes, before->bytes);
	assert_int_equal(st.heads, before->heads);
	assert_true(st.modseq >= before->modseq);
	assert_true(st.next > before->next);
	assert_int_equal(st.low, before->count > 0 ? before->low : st.next);
	rig_assert_clean(r);
}

static void post_and_cancel(struct store_rig *r, const char *mid, uint32_t g, bool cancel)
{
	struct store_call c = {.done = NULL};

	assert_int_equal(rig_post1(r, mid, g), 0);
	if (cancel) {
		assert_int_equal(store_cancel(r->s, slice_str(mid), &c), 0);
		rig_run(r);
	}
}

static void damage(struct store_rig *r, uint32_t g, bool in_key)
{
	struct group_state before = rig_state(r, g);

	struct key k;

	rig_assert_clean(r);
	key_of_u32(&k, TABLE_STATE, g);
	flip(r, &k, in_key);
	reopen(r);
	assert_state(r, g, &before);
}

/* Counted from the rows: some are gone in front, between and at the end; all of them; none came. */
static void test_damaged_state(void **state)
{
	struct store_rig *r = *state;
	char mid[32];

	for (int in_key = 0; in_key < 2; in_key++) {
		uint32_t some = rig_group(r, in_key ? "koko.some" : "koko.more");
		uint32_t gone = rig_group(r, in_key ? "koko.gone" : "koko.went");
		uint32_t none = rig_group(r, in_key ? "koko.none" : "koko.null");

		for (unsigned i = 1; i <= 9; i++) {
			snprintf(mid, sizeof mid, "<some%u.%d@x>", i, in_key);
			post_and_cancel(r, mid, some, i % 4 == 1);
			snprintf(mid, sizeof mid, "<gone%u.%d@x>", i, in_key);
			post_and_cancel(r, mid, gone, true);
		}
		assert_int_equal(rig_state(r, some).count, 6);
		assert_int_equal(rig_state(r, gone).count, 0);
		damage(r, some, in_key);
		damage(r, gone, in_key);
		damage(r, none, in_key);
		/* once more: what was raised is higher than what one would raise to without the log
		 */
		snprintf(mid, sizeof mid, "<new%d@x>", in_key);
		post_and_cancel(r, mid, gone, true);
		damage(r, gone, in_key);
	}
}

/* ---- a feed and its name ---- */

static void put_entry(struct store_rig *r, const char *feed, uint64_t n)
{
	struct store_call c = rig_call(r);
	struct store_entry e = {.feed = slice_str(feed),
		.n = n,
		.kind = ENTRY_BEAT,
		.sign = lit("signed"),
		.note = lit("note")};

	memset(e.hash, (int)n, sizeof e.hash);
	assert_int_equal(store_entry(r->s, &e, &c), 0);
	assert_int_equal(rig_run(r), 0);
}

static void assert_feed(struct store_rig *r, const char *name, uint64_t low, uint64_t high)
{
	uint8_t tip[STORE_ENTRY_HASH];
	struct view *v = rig_view(r);
	struct feed_rec f;

	assert_int_equal(view_feed_named(v, slice_str(name), &f), 0);
	view_close(v);
	assert_int_equal(f.low, low);
	assert_int_equal(f.high, high);
	assert_true(f.end == UINT64_MAX);
	memset(tip, (int)high, sizeof tip);
	assert_memory_equal(f.tip, tip, sizeof tip);
	assert_int_equal(f.n_note, 4);
	rig_assert_clean(r);
}

static void test_damaged_feed(void **state)
{
	struct store_rig *r = *state;
	struct key feed, name;

	for (uint64_t n = 1; n <= 5; n++) {
		put_entry(r, "other", n);
		if (n != 4)
			put_entry(r, "name of it", n);
	}
	key_of_u32(&feed, TABLE_FEED, 2);
	key_of_name(&name, TABLE_FEED_NAME, lit("name of it"));
	for (int in_key = 0; in_key < 2; in_key++) {
		flip(r, &feed, in_key);
		reopen(r);
		assert_feed(r, "name of it", 1, 3);
		flip(r, &name, in_key);
		reopen(r);
		assert_feed(r, "name of it", 1, 3);
	}
	put_entry(r, "name of it", 4);
	assert_feed(r, "name of it", 1, 5);
	assert_feed(r, "other", 1, 5);
}

/* An article, or what a neighbour gives for it again. */
static int post_entry(struct store_rig *r, uint64_t n, uint32_t group)
{
	struct store_call c = rig_call(r);
	struct store_entry e = {.feed = lit("feed"),
		.n = n,
		.kind = ENTRY_ARTICLE,
		.sign = lit("signed"),
		.note = lit("note")};
	char mid[32];

	memset(e.hash, (int)n, sizeof e.hash);
	snprintf(mid, sizeof mid, "<%d@x>", (int)n);
	struct store_post p = {.mid = slice_str(mid),
		.article = lit("Subject: x\r\n\r\nx\r\n"),
		.overview = lit("x\t\t\t\t"),
		.arrived_at = 1795309201,
		.groups = &group,
		.n_groups = 1,
		.entry = &e};
	assert_int_equal(store_post(r->s, &p, &c), 0);
	return rig_run(r);
}

static bool damaged_on(void *arg, const struct entry_rec *e)
{
	unsigned *n = arg;

	*n += e->damaged && e->n == 2;
	return true;
}

static unsigned count_damaged(struct store_rig *r)
{
	struct view *v = rig_view(r);
	unsigned one = 0, all = 0;

	assert_int_equal(view_entries(v, 1, 1, UINT64_MAX - 1, damaged_on, &one), 0);
	assert_int_equal(view_entries_after(v, 0, 0, damaged_on, &all), 0);
	view_close(v);
	assert_int_equal(one, all);
	return one;
}

/* It is told as damaged, comes again, and the article is the one that was there. */
static void test_damaged_entry(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct group_state before, after;
	struct entry_rec e;
	struct key k;
	struct view *v;

	for (uint64_t n = 1; n <= 3; n++)
		assert_int_equal(post_entry(r, n, g), 0);
	before = rig_state(r, g);
	key_of_entry(&k, 1, 2);
	flip(r, &k, false);
	reopen(r);
	assert_int_equal(count_damaged(r), 1);
	assert_int_equal(post_entry(r, 3, g), KERR_EXISTS);
	assert_int_equal(post_entry(r, 2, g), 0);
	assert_int_equal(r->res.n_places, 0);
	assert_int_equal(count_damaged(r), 0);
	assert_int_equal(post_entry(r, 2, g), KERR_EXISTS);
	v = rig_view(r);
	assert_int_equal(view_entry(v, 1, 2, &e), 0);
	assert_true(entry_is_here(&e) && e.place.group == g && e.place.num == 2);
	view_close(v);
	after = rig_state(r, g);
	assert_int_equal(after.count, before.count);
	assert_int_equal(after.next, before.next);
	assert_feed(r, "feed", 1, 3);
}

static uint64_t remade(struct store_rig *r)
{
	struct view *v = rig_view(r);
	struct store_past past;

	assert_int_equal(view_past(v, &past), 0);
	view_close(v);
	assert_true(past.lineage == 0 && !past.put_back); /* damage is no restore */
	return past.remade;
}

/* Where it ends nobody knows: so nothing is issued in it, or after it, by the numbers of before. */
static void test_damaged_feed_and_entry(void **state)
{
	struct store_rig *r = *state;
	struct key feed, entry;
	struct feed_rec f;
	struct view *v;

	put_entry(r, "feed", 1);
	put_entry(r, "feed", 2);
	uint64_t before = remade(r);
	key_of_u32(&feed, TABLE_FEED, 1);
	key_of_entry(&entry, 1, 2);
	flip(r, &feed, false);
	flip_closed(r, &entry, false);
	reopen(r);
	v = rig_view(r);
	assert_int_equal(view_feed_named(v, lit("feed"), &f), KERR_DAMAGED);
	view_close(v);
	assert_true(remade(r) == before);
	flip(r, &entry, false); /* back */
	reopen(r);
	assert_feed(r, "feed", 1, 2);
	assert_true(remade(r) != before);
}

/* Entries beyond its end stay void. */
static void test_damaged_feed_end(void **state)
{
	struct store_rig *r = *state;
	struct store_call c = rig_call(r);
	struct feed_rec f;
	struct view *v;
	struct key feed;

	for (uint64_t n = 1; n <= 5; n++)
		put_entry(r, "ends", n);
	assert_int_equal(store_feed_end(r->s, lit("ends"), 3, &c), 0);
	assert_int_equal(rig_run(r), 0);
	key_of_u32(&feed, TABLE_FEED, 1);
	flip(r, &feed, false);
	reopen(r);
	v = rig_view(r);
	assert_int_equal(view_feed_named(v, lit("ends"), &f), 0);
	view_close(v);
	assert_int_equal(f.high, 3);
	assert_int_equal(f.end, 3);
	rig_assert_clean(r);
}

/* ---- a store that has none yet ---- */

struct strip {
	struct arena arena;
	struct vec pairs; /* struct slice, key and value in turn */
};

static bool strip_on(void *arg, struct slice key, struct slice value)
{
	struct strip *w = arg;

	*(struct slice *)vec_push(&w->pairs) = arena_dup(&w->arena, key);
	*(struct slice *)vec_push(&w->pairs) = arena_dup(&w->arena, value);
	return true;
}

/* Make it one of schema 1, or one of which only what lies below `from` was done. */
static void strip(const char *dir, struct slice from)
{
	struct kv_range r = {.from = from};
	struct strip w;
	struct kv_batch *b;
	struct kv_view *v;
	struct kv *kv;

	arena_init(&w.arena);
	vec_init(&w.pairs, sizeof(struct slice));
	assert_int_equal(kv_lmdb_open(dir, 64 << 20, &kv, NULL), 0);
	assert_int_equal(kv_view_open(kv, &v), 0);
	assert_int_equal(kv_scan(v, &r, strip_on, &w), 0);
	kv_view_close(v);
	assert_int_equal(kv_batch_begin(kv, &b), 0);
	for (size_t i = 0; i < w.pairs.n; i += 2) {
		struct slice *p = vec_at(&w.pairs, i);

		if (slice_chr(lit("cfv"), p[0].p[0]) == 3 && !slice_eq(p[0], lit("Mschema")))
			assert_int_equal(kv_put(b, p[0], slice_head(p[1], p[1].len - KV_SUM)), 0);
	}
	if (from.len > 0)
		assert_int_equal(kv_put(b, lit("M" META_SUMMING), from), 0);
	else
		assert_int_equal(kv_put(b, lit("M" META_SCHEMA), lit("\0\0\0\1")), 0);
	assert_int_equal(kv_batch_commit(b), 0);
	kv_close(kv);
	vec_fini(&w.pairs);
	arena_fini(&w.arena);
}

static void assert_as_before(struct store_rig *r, uint32_t g)
{
	struct seen all = scan(store_kv(r->s), lit(""), true);
	struct view *v = rig_view(r);
	struct row row;

	assert_int_equal(all.damaged, 0);
	assert_int_equal(view_row(v, g, ARTICLES, true, &row), 0);
	view_close(v);
	assert_int_equal(get(store_kv(r->s), lit("M" META_SUMMING)), KERR_NOTFOUND);
	assert_int_equal(get(store_kv(r->s), lit("M" META_SCHEMA)), 0);
	rig_assert_clean(r);
}

/* From the first key, and from where the start before was cut off. */
static void test_old_store(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct store_opts o = {.dir = r->dir, .manual = true};
	struct err err = {""};
	char mid[32];

	for (unsigned i = 1; i <= ARTICLES; i++) {
		struct store_call c = rig_call(r);

		snprintf(mid, sizeof mid, "<%u@x>", i);
		struct store_post p = {.mid = slice_str(mid),
			.article = lit("Subject: x\r\n\r\nx\r\n"),
			.overview = lit("x\t\t\t\t"),
			.arrived_at = 1795309201,
			.groups = &g,
			.n_groups = 1};
		assert_int_equal(store_post(r->s, &p, &c), 0);
		if (i % 500 == 0)
			assert_int_equal(rig_run(r), 0);
	}
	for (int half = 0; half < 2; half++) {
		store_close(r->s);
		strip(r->dir, half ? lit("h") : lit(""));
		assert_int_equal(store_open(&o, &r->s, &err), 0);
		assert_as_before(r, g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_bit),
		cmocka_unit_test(test_scans),
		RIG_BOTH(test_moved_row),
		RIG_ON(test_damaged_state, dir),
		RIG_ON(test_damaged_feed, dir),
		RIG_ON(test_damaged_entry, dir),
		RIG_ON(test_damaged_feed_and_entry, dir),
		RIG_ON(test_damaged_feed_end, dir),
		RIG_ON(test_old_store, dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
