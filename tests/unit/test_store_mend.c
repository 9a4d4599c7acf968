/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents of entries that are lost, and come again under the numbers that they had. */
#include "proto/base/mem.h"
#include "storage/keyfile.h"
#include "storage/schema.h"
#include "storage/store_fed.h"
#include "storage/store_priv.h"
#include "tests/rig/store_rig.h"

enum { LOST = 4, N = 3, BIG = 400 * 1000, ROOM = BIG + 1000 };

#define PATH "a.example!b.example!not-for-mail"

static struct store_fed_result fed;

static void on_done(void *arg, const struct store_result *res)
{
	struct store_rig *r = arg;

	r->res = *res;
	r->n_answers++;
	fed = res->fed ? *res->fed : (struct store_fed_result){.feed = 0};
}

static struct store_call call_of(struct store_rig *r)
{
	return (struct store_call){.done = on_done, .arg = r};
}

static void hash_of(uint64_t n, uint8_t out[STORE_ENTRY_HASH])
{
	memset(out, 'a', STORE_ENTRY_HASH);
	memcpy(out, &n, sizeof n);
}

/* Article n: a short one, or a big one that goes in pieces. */
static struct slice text_of(unsigned n, bool big)
{
	static char text[ROOM];
	int len = snprintf(
		text, sizeof text, "Path: " PATH "\r\nSubject: s%u\r\n\r\nbody %u\r\n", n, n);

	for (unsigned i = 0; big && i < BIG; i++)
		text[len++] = (char)('a' + (i * 7919 + i / 13) % 26);
	return slice_of(text, (size_t)len);
}

static uint32_t fill(struct store_rig *r, bool big)
{
	uint32_t g = rig_group(r, "koko.test");
	struct store_call c = call_of(r);

	for (unsigned n = 1; n <= N; n++) {
		struct store_entry e = {.feed = lit("feed"),
			.n = n,
			.kind = ENTRY_ARTICLE,
			.sign = lit("signed"),
			.note = lit("note"),
			.path = lit(PATH)};
		char mid[32], over[64];
		struct store_head head = {lit("List-Id: <x>\r\n"), 14, false};

		hash_of(n, e.hash);
		snprintf(mid, sizeof mid, "<%u@x>", n);
		snprintf(over, sizeof over, "s%u\t\t\t%s\t", n, mid);
		struct store_post p = {.mid = slice_str(mid),
			.article = text_of(n, big),
			.overview = slice_str(over),
			.structure = lit("structure"),
			.arrived_at = r->now_at,
			.groups = &g,
			.n_groups = 1,
			.heads = &head,
			.entry = &e};

		assert_int_equal(store_post(r->s, &p, &c), 0);
		assert_int_equal(rig_run(r), 0);
	}
	return g;
}

static struct entry_rec entry_at(struct store_rig *r, uint64_t n)
{
	struct view *v = rig_view(r);
	struct entry_rec e;

	assert_int_equal(view_entry(v, fed.feed ? fed.feed : 1, n, &e), 0);
	view_close(v);
	return e;
}

static int mark(struct store_rig *r, uint64_t n, uint8_t absent, bool wrong)
{
	struct entry_rec e = entry_at(r, n);
	struct store_mark m = {e.feed, n, e.content, absent, wrong};
	struct store_call c = call_of(r);

	assert_int_equal(store_entry_mark(r->s, &m, &c), 0);
	return rig_run(r);
}

static int mend_as(struct store_rig *r, uint64_t n, uint64_t hash_n, bool big)
{
	struct entry_rec e = entry_at(r, n);
	uint8_t hash[STORE_ENTRY_HASH];
	struct store_call c = call_of(r);
	char over[32];

	hash_of(hash_n, hash);
	snprintf(over, sizeof over, "s%u\t\t\t<%u@x>\t", (unsigned)n, (unsigned)n);
	assert_int_equal(store_mend(r->s,
				 &(struct store_mend){
					 .feed = e.feed,
					 .n = n,
					 .content = e.content,
					 .hash = hash,
					 .article = text_of((unsigned)n, big),
					 .overview = slice_str(over),
					 .structure = lit("structure"),
					 .arrived_at = r->now_at,
					 .head = {lit("List-Id: <x>\r\n"), 14, false}
        },
				 &c),
		0);
	return rig_run(r);
}

static int mend(struct store_rig *r, uint64_t n, bool big)
{
	return mend_as(r, n, n, big);
}

/* What a reader gets of number num: 0 and what was put, or why not. */
static int reads(struct store_rig *r, uint32_t g, uint32_t num, bool big)
{
	struct view *v = rig_view(r);
	struct buf text;
	struct row row;

	buf_init(&text, ROOM);
	int rc = view_row(v, g, num, true, &row);
	if (rc == 0)
		rc = view_content_all(v, row.content, &text);
	if (rc == 0) {
		assert_true(slice_eq(buf_slice(&text), text_of(num, big)));
		assert_int_equal(row.bytes, text.len);
		assert_int_equal(row.overview.p[1], '0' + (int)num);
	}
	view_close(v);
	buf_fini(&text);
	return rc;
}

/* Change the value of a key with the store's own engine; len 0: take it out. */
static void spoil(struct store_rig *r, const struct key *k, bool out)
{
	struct kv_batch *b;
	struct slice value;
	struct buf copy;

	buf_init(&copy, 128 * 1024);
	assert_int_equal(kv_batch_begin(store_kv(r->s), &b), 0);
	assert_int_equal(kv_batch_get(b, key_slice(k), &value), 0);
	buf_add(&copy, value);
	copy.data[copy.len - 1] ^= 1;
	assert_int_equal(
		out ? kv_del(b, key_slice(k)) : kv_put(b, key_slice(k), buf_slice(&copy)), 0);
	assert_int_equal(kv_batch_commit(b), 0);
	buf_fini(&copy);
}

static void spoil_chunk(struct store_rig *r, uint64_t n, uint16_t chunk, bool out)
{
	struct key k;

	key_of_chunk(&k, entry_at(r, n).content, chunk);
	spoil(r, &k, out);
}

static void wipe_key(struct store_rig *r, uint64_t n)
{
	uint64_t id = entry_at(r, n).content;

	assert_int_equal(keyfile_wipe(r->s->keys, &id, 1), 0);
}

/* ---- */

static void test_marked(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = fill(r, false);
	struct group_state before = rig_state(r, g), after;

	spoil_chunk(r, 2, 0, false);
	assert_int_equal(reads(r, g, 2, false), KERR_DAMAGED);
	assert_int_equal(mark(r, 2, LOST, false), 0);
	assert_int_equal(mark(r, 2, LOST, false), KERR_EXISTS);
	assert_true(entry_is_lost(&(struct entry_rec){.content = 1, .absent = LOST}));
	struct entry_rec e = entry_at(r, 2);
	assert_true(entry_is_lost(&e));
	assert_int_equal(e.place.num, 2);
	e = entry_at(r, 1);
	assert_true(entry_is_here(&e));
	after = rig_state(r, g);
	assert_memory_equal(&before, &after, sizeof before);
	assert_int_equal(mark(r, 2, 0, false), 0); /* it is whole after all */
	e = entry_at(r, 2);
	assert_true(entry_is_here(&e));
	assert_int_equal(mark(r, 2, 0, false), KERR_EXISTS);
	assert_int_equal(reads(r, g, 1, false), 0);
}

static void test_of_another_content(void **state)
{
	struct store_rig *r = *state;
	struct store_call c = call_of(r);

	(void)!fill(r, false);
	struct entry_rec e = entry_at(r, 1);
	struct store_mark m = {e.feed, 1, e.content + 1, LOST, false};
	assert_int_equal(store_entry_mark(r->s, &m, &c), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND);
	m = (struct store_mark){e.feed, 99, e.content, LOST, false};
	assert_int_equal(store_entry_mark(r->s, &m, &c), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND);
	assert_int_equal(mark(r, 1, LOST, false), 0);
	assert_int_equal(mend_as(r, 1, 2, false), KERR_NOTFOUND); /* another entry's hash */
}

static void mended(struct store_rig *r, uint32_t g, bool big)
{
	struct group_state before = rig_state(r, g), after;

	assert_int_equal(mark(r, 2, LOST, false), 0);
	assert_int_equal(mend(r, 2, big), 0);
	assert_int_equal(fed.n, 2);
	assert_int_equal(fed.high, N);
	struct entry_rec e = entry_at(r, 2);
	assert_true(entry_is_here(&e));
	after = rig_state(r, g);
	assert_int_equal(after.next, before.next);
	assert_int_equal(after.count, before.count);
	assert_int_equal(after.bytes, before.bytes);
	for (uint32_t num = 1; num <= N; num++)
		assert_int_equal(reads(r, g, num, big), 0);
	rig_assert_clean(r);
}

static void test_changed_bytes(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = fill(r, false);

	spoil_chunk(r, 2, 0, false);
	mended(r, g, false);
}

static void test_chunk_gone(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = fill(r, false);

	spoil_chunk(r, 2, 0, true);
	mended(r, g, false);
}

static void test_key_gone(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = fill(r, false);

	wipe_key(r, 2);
	assert_int_equal(reads(r, g, 2, false), KERR_NOTFOUND);
	mended(r, g, false);
	rig_reopen(r);
	assert_int_equal(reads(r, g, 2, false), 0);
}

static void test_row_gone(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = fill(r, false);
	struct key k;

	key_of_pair(&k, TABLE_ROW, g, 2);
	spoil(r, &k, true);
	assert_int_equal(reads(r, g, 2, false), KERR_NOTFOUND);
	mended(r, g, false);
}

static void test_history_gone(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = fill(r, false);
	struct key k;

	key_of_hash(&k, entry_at(r, 2).mid);
	spoil(r, &k, true);
	mended(r, g, false);
	assert_int_equal(rig_post1(r, "<2@x>", g), KERR_EXISTS);
}

/* ---- a bit of what leads to it has flipped ---- */

static void flip(struct store_rig *r, const struct key *k)
{
	struct kv *kv = store_kv(r->s);
	struct kv_batch *b;
	struct slice value;
	struct buf copy;

	buf_init(&copy, 128 * 1024);
	assert_int_equal(kv_batch_begin(kv, &b), 0);
	assert_int_equal(kv->ops->batch_get(b, key_slice(k), &value), 0);
	buf_add(&copy, value);
	copy.data[7] ^= 4;
	assert_int_equal(kv->ops->batch_put(b, key_slice(k), buf_slice(&copy)), 0);
	assert_int_equal(kv_batch_commit(b), 0);
	buf_fini(&copy);
}

static void test_row_flipped(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = fill(r, false);
	struct key k;

	key_of_pair(&k, TABLE_ROW, g, 2);
	flip(r, &k);
	assert_int_equal(reads(r, g, 2, false), KERR_DAMAGED);
	mended(r, g, false);
}

static void test_history_flipped(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = fill(r, false);
	struct key k;

	key_of_hash(&k, entry_at(r, 2).mid);
	flip(r, &k);
	mended(r, g, false);
	assert_int_equal(rig_post1(r, "<2@x>", g), KERR_EXISTS);
}

static void test_log_flipped(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = fill(r, false);
	struct view *v = rig_view(r);
	struct row row;
	struct key k;

	assert_int_equal(view_row(v, g, 2, false, &row), 0);
	view_close(v);
	key_of_u64(&k, TABLE_LOG, row.seq);
	flip(r, &k);
	mended(r, g, false);
}

static void test_big(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = fill(r, true);

	spoil_chunk(r, 2, 4, false);
	mended(r, g, true);
	rig_reopen(r);
	assert_int_equal(reads(r, g, 2, true), 0);
}

/* It opens, and is not what it should be: nobody is shown it. */
static void test_wrong(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = fill(r, true);

	assert_int_equal(mark(r, 2, LOST, true), 0);
	assert_int_equal(reads(r, g, 2, true), KERR_NOTFOUND);
	assert_int_equal(reads(r, g, 3, true), 0);
	assert_int_equal(mend(r, 2, true), 0);
	assert_int_equal(reads(r, g, 2, true), 0);
	rig_assert_clean(r);
}

static void test_cancelled(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = fill(r, false);
	struct store_call c = call_of(r);

	assert_int_equal(store_cancel(r->s, lit("<2@x>"), &c), 0);
	assert_int_equal(rig_run(r), 0);
	wipe_key(r, 2);
	assert_int_equal(mark(r, 2, LOST, false), 0);
	assert_int_equal(mend(r, 2, false), 0);
	assert_int_equal(reads(r, g, 2, false), KERR_NOTFOUND); /* it stays out of its group */
	rig_assert_clean(r);
}

/* The Path that the article had is there, however it is damaged. */
static void test_path(void **state)
{
	struct store_rig *r = *state;
	struct buf path;

	(void)!fill(r, false);
	assert_int_equal(mark(r, 2, LOST, true), 0);
	struct entry_rec e = entry_at(r, 2);
	struct view *v = rig_view(r);
	buf_init(&path, STORE_PATH_MAX);
	assert_int_equal(view_head(v, e.path, &path), 0);
	assert_string_equal(buf_cstr(&path), PATH);
	view_close(v);
	buf_fini(&path);
}

static bool count_on(void *arg, const struct entry_rec *e)
{
	uint64_t *sum = arg;

	*sum = *sum * 10 + e->n;
	return true;
}

static void test_walk(void **state)
{
	struct store_rig *r = *state;
	struct store_call c = call_of(r);
	uint64_t sum = 0;

	(void)!fill(r, false);
	struct store_entry beat = {
		.feed = lit("second"), .n = 1, .kind = ENTRY_BEAT, .sign = lit("s")};
	assert_int_equal(store_entry(r->s, &beat, &c), 0);
	assert_int_equal(rig_run(r), 0);
	struct view *v = rig_view(r);
	assert_int_equal(view_entries_after(v, 0, 0, count_on, &sum), 0);
	assert_int_equal(sum, 1231);
	sum = 0;
	assert_int_equal(view_entries_after(v, 1, 2, count_on, &sum), 0);
	assert_int_equal(sum, 31);
	view_close(v);
}

/* A row whose key is gone is an empty place; those behind it are shown. */
static bool over_on(void *arg, const struct row *row)
{
	unsigned *seen = arg;

	*seen = *seen * 10 + (row->overview.len > 0 ? row->num : 0);
	return true;
}

static void test_others_are_shown(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = fill(r, false);
	unsigned seen = 0;
	struct key k;

	wipe_key(r, 1);
	key_of_pair(&k, TABLE_ROW, g, 2);
	spoil(r, &k, false);
	struct view *v = rig_view(r);
	assert_int_equal(view_rows(v, g, 1, N, ROWS_OVERVIEW, over_on, &seen), 0);
	assert_int_equal(seen % 10, N);
	view_close(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_BOTH(test_marked),
		RIG_BOTH(test_of_another_content),
		RIG_BOTH(test_changed_bytes),
		RIG_BOTH(test_chunk_gone),
		RIG_ON(test_key_gone, dir),
		RIG_BOTH(test_row_gone),
		RIG_BOTH(test_history_gone),
		RIG_BOTH(test_row_flipped),
		RIG_BOTH(test_history_flipped),
		RIG_BOTH(test_log_flipped),
		RIG_ON(test_big, dir),
		RIG_BOTH(test_wrong),
		RIG_ON(test_cancelled, dir),
		RIG_BOTH(test_path),
		RIG_BOTH(test_walk),
		RIG_ON(test_others_are_shown, dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
