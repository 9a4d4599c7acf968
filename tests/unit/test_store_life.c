/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A store over its life: stop and start, a second process, a newer program, a database put back,
 * full map and full disk, contents begun and not finished, damage that the check must find.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "proto/base/mem.h"
#include "storage/content.h"
#include "storage/keyfile.h"
#include "storage/meta.h"
#include "storage/row.h"
#include "storage/schema.h"
#include "storage/store_fed.h"
#include "storage/store_priv.h"
#include "tests/rig/store_rig.h"

enum { RAISED = 1 << 16 };

static void path_in(const struct store_rig *r, const char *name, char path[TMPDIR_PATH * 2])
{
	snprintf(path, TMPDIR_PATH * 2, "%s/%s", r->dir, name);
}

static void copy_file(const char *from, const char *to)
{
	char block[65536];
	size_t n;
	FILE *in = fopen(from, "re"), *out = fopen(to, "we");

	assert_non_null(in);
	assert_non_null(out);
	while ((n = fread(block, 1, sizeof block, in)) > 0)
		assert_int_equal(fwrite(block, 1, n, out), n);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

static uint64_t seq_of(struct store_rig *r)
{
	struct store_stats st;

	store_stats(r->s, &st);
	return st.last_seq;
}

/* ---- stop and start ---- */

static void test_reopen(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	uint8_t before[32], after[32];

	assert_int_equal(rig_post1(r, "<1@x>", g), 0);
	store_secret(r->s, before);
	rig_reopen(r);
	store_secret(r->s, after);
	assert_memory_equal(before, after, sizeof before);
	assert_int_equal(rig_post1(r, "<1@x>", g), KERR_EXISTS);
	assert_int_equal(rig_post1(r, "<2@x>", g), 0);
	assert_int_equal(r->res.places[0].num, 2);
	assert_int_equal(r->res.seq, 3);
	rig_assert_clean(r);
}

static void test_second_process(void **state)
{
	struct store_rig *r = *state;
	struct store_opts o = {.dir = r->dir};
	struct store *s;
	struct err err;

	assert_int_equal(store_open(&o, &s, &err), KERR_EXISTS);
	assert_non_null(strstr(err.text, "in use by another process"));
}

static void test_newer_program(void **state)
{
	struct store_rig *r = *state;
	struct store_opts o = {.dir = r->dir, .manual = true};
	struct kv_batch *b;
	struct store *s;
	struct err err;

	assert_int_equal(kv_batch_begin(store_kv(r->s), &b), 0);
	assert_int_equal(kv_put(b, lit("Mschema"), lit("\0\0\0\7")), 0);
	assert_int_equal(kv_batch_commit(b), 0);
	store_close(r->s);
	assert_int_equal(store_open(&o, &s, &err), KERR_VERSION);
	assert_non_null(strstr(err.text, "has schema 7, made by a newer program"));
	r->s = NULL;
}

static void test_foreign_file(void **state)
{
	struct store_rig *r = *state;
	struct store_opts o = {.dir = r->dir, .manual = true};
	char path[TMPDIR_PATH * 2];
	struct store *s;
	struct err err;

	store_close(r->s);
	r->s = NULL;
	path_in(r, "data.mdb", path);
	FILE *f = fopen(path, "we");
	for (int i = 0; i < 20000; i++)
		fputc('x', f);
	fclose(f);
	assert_int_equal(store_open(&o, &s, &err), KERR_DAMAGED);
	assert_true(strlen(err.text) > 10);
}

/* ---- a database put back ---- */

static struct store_past past_of(struct store_rig *r)
{
	struct view *v = rig_view(r);
	struct store_past past;

	assert_int_equal(view_past(v, &past), 0);
	view_close(v);
	return past;
}

static void test_copy_put_back(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test"), empty = rig_group(r, "koko.empty");
	char copy[TMPDIR_PATH], from[TMPDIR_PATH * 2], to[TMPDIR_PATH * 2];

	assert_int_equal(rig_post1(r, "<1@x>", g), 0);
	tmpdir_make(copy);
	assert_int_equal(store_copy(r->s, copy, NULL), 0);
	assert_int_equal(rig_post1(r, "<2@x>", g), 0); /* number 2, lost with the database */
	uint64_t seq = seq_of(r);
	store_close(r->s);

	snprintf(from, sizeof from, "%s/data.mdb", copy);
	path_in(r, "data.mdb", to);
	copy_file(from, to);
	tmpdir_remove(copy);
	r->s = NULL;
	rig_reopen(r);

	assert_int_equal(rig_state(r, g).next, 2 + RAISED);
	assert_int_equal(rig_state(r, empty).next, 1 + RAISED);
	assert_int_equal(rig_state(r, empty).low, 1 + RAISED);
	assert_int_equal(rig_post1(r, "<2@x>", g), 0);
	assert_int_equal(r->res.places[0].num, 2 + RAISED);
	assert_true(r->res.seq > seq);
	assert_true(rig_group(r, "koko.new") > empty + RAISED - 1);
	rig_assert_clean(r);
	rig_reopen(r); /* once is enough */
	assert_int_equal(rig_state(r, g).next, 3 + RAISED);

	struct store_past past = past_of(r); /* it is told until somebody has heard it */
	struct store_call c = rig_call(r);
	assert_true(past.put_back && past.lineage != 0 && past.remade == 0);
	assert_int_equal(store_put_back_seen(r->s, &c), 0);
	assert_int_equal(rig_run(r), 0);
	rig_reopen(r);
	assert_false(past_of(r).put_back);
	assert_true(past_of(r).lineage == past.lineage);
}

/* The files themselves put back under a later life; and a generation file that is gone. */
static void test_files_put_back(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	char from[TMPDIR_PATH * 2], to[TMPDIR_PATH * 2];

	assert_int_equal(rig_post1(r, "<1@x>", g), 0);
	store_close(r->s);
	path_in(r, "data.mdb", from);
	path_in(r, "old", to);
	copy_file(from, to);
	r->s = NULL;
	rig_reopen(r);
	assert_int_equal(rig_state(r, g).next, 2); /* a clean stop raises nothing */
	assert_int_equal(rig_post1(r, "<2@x>", g), 0);
	store_close(r->s);
	copy_file(to, from);
	r->s = NULL;
	rig_reopen(r);
	assert_int_equal(rig_state(r, g).next, 2 + RAISED);

	store_close(r->s);
	path_in(r, "generation", from);
	unlink(from);
	r->s = NULL;
	rig_reopen(r);
	assert_int_equal(rig_state(r, g).next, 2 + 2 * RAISED);
	rig_assert_clean(r);
}

/* ---- room ---- */

static void test_map_full(void **state)
{
	struct store_rig *r = *state;
	struct store_opts o = {.dir = r->dir, .manual = true, .map_size = 1 << 20};
	char mid[32];
	int n = 0, rc;

	store_close(r->s);
	tmpdir_remove(r->dir);
	tmpdir_make(r->dir);
	assert_int_equal(store_open(&o, &r->s, NULL), 0);
	store_set_watermarks(r->s, 0, 0);
	uint32_t g = rig_group(r, "koko.test");
	do {
		snprintf(mid, sizeof mid, "<%d@x>", n);
		rc = rig_post1(r, mid, g);
		n += rc == 0;
	} while (rc == 0);
	assert_int_equal(rc, KERR_FULL);
	assert_true(n > 100);
	assert_int_equal(rig_state(r, g).count, n); /* nothing by half, reads go on */
	rig_assert_clean(r);
	store_close(r->s);
	o.map_size = 8 << 20; /* a larger setting, and it goes on */
	assert_int_equal(store_open(&o, &r->s, NULL), 0);
	store_set_watermarks(r->s, 0, 0);
	assert_int_equal(rig_post1(r, mid, g), 0);
	assert_int_equal(r->res.places[0].num, n + 1);
}

static void test_watermarks(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct store_call c = rig_call(r);
	struct store_post p = {.mid = lit("<2@x>"),
		.article = lit("x\r\n"),
		.groups = &g,
		.n_groups = 1,
		.from_peer = true};
	struct store_stats st;

	assert_int_equal(rig_post1(r, "<1@x>", g), 0);
	store_set_watermarks(r->s, UINT64_MAX, 0);
	assert_int_equal(store_post(r->s, &p, &c), KERR_FULL);
	p.from_peer = false;
	assert_int_equal(store_post(r->s, &p, &c), 0);
	assert_int_equal(rig_run(r), 0);
	store_set_watermarks(r->s, UINT64_MAX, UINT64_MAX);
	assert_int_equal(store_post(r->s, &p, &c), KERR_FULL);
	store_stats(r->s, &st);
	assert_true(st.paused && !st.stopped);
	assert_int_equal(store_cancel(r->s, lit("<1@x>"), &c), 0); /* deleting goes on */
	assert_int_equal(rig_run(r), 0);
	store_set_watermarks(r->s, 0, 0);
	p.mid = lit("<3@x>");
	assert_int_equal(store_post(r->s, &p, &c), 0);
	assert_int_equal(rig_run(r), 0);
}

static void test_reserve(void **state)
{
	struct store_rig *r = *state;
	struct store_opts o = {.dir = r->dir, .manual = true, .reserve = 1 << 20};
	char path[TMPDIR_PATH * 2];
	struct stat st;

	store_close(r->s);
	assert_int_equal(store_open(&o, &r->s, NULL), 0);
	path_in(r, "reserve", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 1 << 20);
	assert_true(st.st_blocks > 0); /* its room is really taken */
}

/* ---- contents that were begun ---- */

static unsigned chunks_of(struct store_rig *r)
{
	struct check_report report;

	assert_int_equal(store_check(r->s, &report), 0);
	unsigned n = (unsigned)report.n_contents;
	buf_fini(&report.lines);
	return n;
}

static struct store_post big_post(struct buf *text, const uint32_t *group, const char *mid)
{
	buf_init(text, 1 << 20);
	while (text->len < 400000)
		buf_addf(text, "line %zu\r\n", text->len);
	return (struct store_post){
		.mid = slice_str(mid), .article = buf_slice(text), .groups = group, .n_groups = 1};
}

/* Refused for its Message-ID after its pieces were committed: they are taken back. */
static void test_big_refused(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct store_call c = rig_call(r);
	struct buf text;

	assert_int_equal(rig_post1(r, "<1@x>", g), 0);
	struct store_post p = big_post(&text, &g, "<1@x>");
	assert_int_equal(store_post(r->s, &p, &c), 0);
	assert_int_equal(rig_run(r), KERR_EXISTS);
	rig_run(r);
	assert_int_equal(chunks_of(r), 1);
	rig_assert_clean(r);
	buf_fini(&text);
}

/* A crash between the pieces and the job that refers to them. */
static void test_big_swept_at_start(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct sealed content;
	struct buf text;
	struct txn t;
	struct key k;

	assert_int_equal(rig_post1(r, "<1@x>", g), 0);
	struct store_post p = big_post(&text, &g, "<2@x>");
	assert_int_equal(content_seal(r->s, CONTENT_ID_NONE, p.article, &content), 0);
	assert_int_equal(txn_begin(r->s->kv, &r->s->counters, 0, &t), 0);
	content_put(&t, &content, 0, 5);
	meta_key_big(&k, content.id);
	txn_put(&t, &k, lit(""));
	assert_int_equal(txn_commit(&t), 0);
	content_free(&content);
	assert_int_equal(chunks_of(r), 2);
	rig_reopen(r);
	assert_int_equal(chunks_of(r), 1);
	rig_assert_clean(r);
	buf_fini(&text);
}

/* ---- damage ---- */

static void spoil(struct store_rig *r, const struct key *k, struct slice value)
{
	struct kv_batch *b;

	assert_int_equal(kv_batch_begin(store_kv(r->s), &b), 0);
	if (value.p)
		assert_int_equal(kv_put(b, key_slice(k), value), 0);
	else
		assert_int_equal(kv_del(b, key_slice(k)), 0);
	assert_int_equal(kv_batch_commit(b), 0);
}

static void assert_fault(struct store_rig *r, const char *line)
{
	struct check_report report;

	assert_int_equal(store_check(r->s, &report), 0);
	assert_true(report.n_faults > 0);
	if (!strstr(buf_cstr(&report.lines), line))
		fail_msg("\"%s\" is not in:\n%s", line, buf_cstr(&report.lines));
	buf_fini(&report.lines);
}

static struct slice value_of(struct store_rig *r, const struct key *k, char *room, size_t size)
{
	struct kv_view *v;
	struct slice value;

	assert_int_equal(kv_view_open(store_kv(r->s), &v), 0);
	assert_int_equal(kv_get(v, key_slice(k), &value), 0);
	assert_true(value.len <= size);
	memcpy(room, value.p, value.len);
	kv_view_close(v);
	return slice_of(room, value.len);
}

/* A bit of a content turned, exchanged with another, gone: never shown, always found. */
static void test_damaged_content(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	char room[4096];
	struct view *v;
	struct key k, other;
	struct buf b;

	assert_int_equal(rig_post1(r, "<1@x>", g), 0);
	assert_int_equal(rig_post1(r, "<2@x>", g), 0);
	key_of_chunk(&k, 1, 0);
	key_of_chunk(&other, 2, 0);
	struct slice good = value_of(r, &k, room, sizeof room);
	buf_init(&b, 65536);
	for (size_t i = 0; i < good.len; i++) {
		room[i] ^= 0x10;
		spoil(r, &k, good);
		room[i] ^= 0x10;
		assert_int_equal(view_open(r->s, &v), 0);
		buf_reset(&b);
		assert_int_equal(view_content(v, 1, 0, &b), KERR_DAMAGED);
		assert_int_equal(b.len, 0);
		view_close(v);
	}
	spoil(r, &k, good);
	rig_assert_clean(r);
	spoil(r, &other, good);
	assert_fault(r, "content 2: damaged");
	spoil(r, &other, slice_of(NULL, 0));
	assert_fault(r, "content 2: notfound");
	buf_fini(&b);
}

static void test_check_finds(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test"), a = rig_account(r, "anna", "a@x");
	struct store_call c = rig_call(r);
	char room[4096];
	struct key k;

	assert_int_equal(store_member_put(r->s, g, a, ROLE_WRITER, &c), 0);
	assert_int_equal(rig_post1(r, "<1@x>", g), 0);
	assert_int_equal(rig_post1(r, "<2@x>", g), 0);
	rig_assert_clean(r);

	struct {
		struct key key;
		const char *line;
	} rows[7];

	key_of_owned(&rows[0].key, 0, lit("koko.test"));
	rows[0].line = "its name does not lead to it";
	key_of_u32(&rows[1].key, TABLE_STATE, g);
	rows[1].line = "no state";
	key_of_pair(&rows[2].key, TABLE_ROW, g, 1);
	rows[2].line = "no row 1/1";
	key_of_u64(&rows[3].key, TABLE_LOG, 2);
	rows[3].line = "log entry 2 is not its own";
	key_of_name(&rows[4].key, TABLE_LOGIN, lit("a@x"));
	rows[4].line = "a@x does not lead to it";
	key_of_pair(&rows[5].key, TABLE_MEMBERSHIP, a, g);
	rows[5].line = "not the same the other way round";
	uint8_t mid[STORE_MID_HASH];
	store_mid_hash(lit("<2@x>"), mid);
	key_of_hash(&rows[6].key, mid);
	rows[6].line = "history does not know it";
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice good = value_of(r, &rows[i].key, room, sizeof room);
		spoil(r, &rows[i].key, slice_of(NULL, 0));
		assert_fault(r, rows[i].line);
		spoil(r, &rows[i].key, good);
		rig_assert_clean(r);
	}
	key_of_u32(&k, TABLE_STATE, g);
	struct slice st = value_of(r, &k, room, sizeof room);
	room[11]++; /* count */
	spoil(r, &k, st);
	assert_fault(r, "state says 3 articles");
}

/* An erased content is gone for reading, and its overview too. */
static void test_erased_key(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	uint64_t id = 1;
	struct view *v;
	struct row row;
	struct buf b;

	assert_int_equal(rig_post1(r, "<1@x>", g), 0);
	assert_int_equal(keyfile_wipe(r->s->keys, &id, 1), 0);
	assert_int_equal(view_open(r->s, &v), 0);
	buf_init(&b, 1000);
	assert_int_equal(view_content(v, 1, 0, &b), KERR_NOTFOUND);
	assert_int_equal(view_row(v, g, 1, true, &row), 0);
	assert_int_equal(row.overview.len, 0);
	buf_fini(&b);
	view_close(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_ON(test_reopen, dir),
		RIG_ON(test_second_process, dir),
		RIG_ON(test_newer_program, dir),
		RIG_ON(test_foreign_file, dir),
		RIG_ON(test_copy_put_back, dir),
		RIG_ON(test_files_put_back, dir),
		RIG_ON(test_map_full, dir),
		RIG_ON(test_watermarks, dir),
		RIG_ON(test_reserve, dir),
		RIG_ON(test_big_refused, dir),
		RIG_ON(test_big_swept_at_start, dir),
		RIG_ON(test_damaged_content, dir),
		RIG_ON(test_check_finds, dir),
		RIG_ON(test_erased_key, dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
