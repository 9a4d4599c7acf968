/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store from outside: articles and their removal, batches, failing engines. */
#include "storage/store.h"

#include "storage/store_priv.h"
#include "tests/rig/store_rig.h"

static struct history history_of(struct store_rig *r, const char *mid)
{
	struct view *v = rig_view(r);
	struct history h = {.n_places = 0};

	assert_int_equal(view_history(v, slice_str(mid), &h), 0);
	view_close(v);
	return h;
}

/* ---- articles ---- */

static void test_post_and_read(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct row row;
	struct buf b;

	assert_int_equal(rig_post1(r, "<1@x>", g), 0);
	assert_int_equal(r->res.n_places, 1);
	assert_int_equal(r->res.places[0].num, 1);
	assert_int_equal(rig_post1(r, "<2@x>", g), 0);
	assert_int_equal(r->res.places[0].num, 2);
	assert_int_equal(rig_post1(r, "<1@x>", g), KERR_EXISTS);

	struct view *v = rig_view(r);
	assert_int_equal(view_row(v, g, 2, true, &row), 0);
	assert_slice(row.overview, "Gru\xc3\x9f\tanna@example.org\tdate\t<x@y>\t");
	assert_int_equal(row.seq, r->res.rc == 0 ? r->res.seq : row.seq);
	buf_init(&b, 4096);
	assert_int_equal(view_content_all(v, row.content, &b), 0);
	assert_buf(&b, "Message-ID: <2@x>\r\n\r\nbody of <2@x>\r\n");
	assert_int_equal(row.bytes, b.len);
	assert_int_equal(view_content(v, row.content, 1, &b), KERR_NOTFOUND);
	assert_int_equal(view_row(v, g, 3, true, &row), KERR_NOTFOUND);
	assert_int_equal(view_row(v, g + 1, 1, true, &row), KERR_NOTFOUND);
	buf_fini(&b);
	view_close(v);

	struct group_state st = rig_state(r, g);
	assert_int_equal(st.low, 1);
	assert_int_equal(st.next, 3);
	assert_int_equal(st.count, 2);
	rig_assert_clean(r);
}

static void test_group_gone(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");

	assert_int_equal(rig_post(r, "<1@x>", (const uint32_t[]){g, g + 9, 0}), KERR_NOTFOUND);
	assert_int_equal(rig_state(r, g).next, 1);
	assert_int_equal(rig_post(r, "<1@x>", (const uint32_t[]){g, g, 0}), 0);
	assert_int_equal(r->res.n_places, 1);
	rig_assert_clean(r);
}

static void test_crosspost(void **state)
{
	struct store_rig *r = *state;
	uint32_t a = rig_group(r, "koko.a"), b = rig_group(r, "koko.b");
	struct row row;

	assert_int_equal(rig_post1(r, "<0@x>", b), 0);
	assert_int_equal(rig_post(r, "<1@x>", (const uint32_t[]){a, b, 0}), 0);
	assert_int_equal(r->res.n_places, 2);
	struct view *v = rig_view(r);
	assert_int_equal(view_row(v, b, 2, true, &row), 0);
	assert_int_equal(row.n_places, 2);
	assert_int_equal(row.places[0].group, b);
	assert_int_equal(row.places[1].group, a);
	assert_int_equal(row.places[1].num, 1);
	view_close(v);
	rig_assert_clean(r);
}

struct nums {
	uint32_t nums[8];
	unsigned n, stop;
};

static bool num_on(void *arg, const struct row *r)
{
	struct nums *n = arg;

	n->nums[n->n++] = r->num;
	return n->n != n->stop;
}

static void assert_rows(struct view *v, uint32_t g, uint32_t lo, uint32_t hi, enum rows_flags flags,
	unsigned stop, const char *want)
{
	struct nums n = {.stop = stop};
	struct buf b;

	assert_int_equal(view_rows(v, g, lo, hi, flags, num_on, &n), 0);
	buf_init(&b, 256);
	for (unsigned i = 0; i < n.n; i++)
		buf_addf(&b, "%u ", n.nums[i]);
	assert_buf(&b, want);
	buf_fini(&b);
}

static void test_rows(void **state)
{
	struct store_rig *r = *state;
	uint32_t other = rig_group(r, "koko.a"), g = rig_group(r, "koko.b");
	char mid[16];

	for (int i = 1; i <= 5; i++) {
		snprintf(mid, sizeof mid, "<%d@x>", i);
		assert_int_equal(rig_post1(r, mid, g), 0);
		snprintf(mid, sizeof mid, "<%d@y>", i);
		assert_int_equal(rig_post1(r, mid, other), 0);
	}
	struct view *v = rig_view(r);
	assert_rows(v, g, 1, UINT32_MAX, 0, 0, "1 2 3 4 5 ");
	assert_rows(v, g, 2, 4, ROWS_OVERVIEW, 0, "2 3 4 ");
	assert_rows(v, g, 2, 4, ROWS_REVERSE, 0, "4 3 2 ");
	assert_rows(v, g, 0, 9, ROWS_REVERSE, 2, "5 4 ");
	assert_rows(v, g, 4, 2, 0, 0, "");
	assert_rows(v, g, 6, 9, 0, 0, "");
	view_close(v);
}

/* Chunks are cut, compressed and put together again; over 240 KiB they go ahead in pieces. */
static void test_sizes(void **state)
{
	static const size_t sizes[] = {0, 1, STORE_CHUNK - 1, STORE_CHUNK, STORE_CHUNK + 1,
		5 * STORE_CHUNK, 5 * STORE_CHUNK + 1, 3000000};
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct buf in, out;
	char mid[16];

	buf_init(&in, 4000000);
	buf_init(&out, 4000000);
	for (size_t i = 0; i < array_len(sizes) * 2; i++) {
		struct store_call c = rig_call(r);
		bool noise = i % 2;

		buf_reset(&in);
		for (size_t k = 0; in.len < sizes[i / 2]; k++)
			buf_addc(&in, (char)(noise ? (k * 2654435761u) >> 13 : k % 50 + 32));
		snprintf(mid, sizeof mid, "<%zu@x>", i);
		struct store_post p = {.mid = slice_str(mid),
			.article = buf_slice(&in),
			.groups = &g,
			.n_groups = 1};
		assert_int_equal(store_post(r->s, &p, &c), 0);
		assert_int_equal(rig_run(r), 0);
		struct view *v = rig_view(r);
		struct history h;
		assert_int_equal(view_history(v, slice_str(mid), &h), 0);
		buf_reset(&out);
		assert_int_equal(view_content_all(v, h.content, &out), 0);
		assert_true(slice_eq(buf_slice(&in), buf_slice(&out)));
		view_close(v);
	}
	buf_fini(&in);
	buf_fini(&out);
	rig_assert_clean(r);
}

/* ---- cancel ---- */

static void test_cancel(void **state)
{
	struct store_rig *r = *state;
	uint32_t a = rig_group(r, "koko.a"), b = rig_group(r, "koko.b");
	struct store_call c = rig_call(r);
	struct row row;

	assert_int_equal(rig_post(r, "<1@x>", (const uint32_t[]){a, b, 0}), 0);
	assert_int_equal(rig_post1(r, "<2@x>", a), 0);
	assert_int_equal(rig_post1(r, "<3@x>", a), 0);
	assert_int_equal(rig_post_cancel(r, "<c1@x>", "<1@x>", true, 0), 0);
	assert_int_equal(r->res.n_places, 0);
	struct view *v = rig_view(r);
	assert_int_equal(view_row(v, a, 1, false, &row), KERR_NOTFOUND);
	assert_int_equal(view_row(v, b, 1, false, &row), KERR_NOTFOUND);
	view_close(v);
	assert_int_equal(history_of(r, "<1@x>").state, HISTORY_CANCELLED);
	assert_int_equal(history_of(r, "<c1@x>").state, HISTORY_CONTROL);
	assert_int_equal(rig_state(r, a).low, 2);
	assert_int_equal(rig_state(r, b).low, 2);
	assert_int_equal(rig_state(r, b).next, 2);
	assert_int_equal(rig_state(r, b).count, 0);
	assert_int_equal(rig_state(r, b).bytes, 0);
	assert_int_equal(rig_post1(r, "<1@x>", a), KERR_EXISTS);

	/* a superseding article takes its place in the same transaction */
	assert_int_equal(rig_post_cancel(r, "<4@x>", "<2@x>", false, a), 0);
	assert_int_equal(r->res.places[0].num, 4);
	assert_int_equal(rig_state(r, a).low, 3);
	assert_int_equal(rig_state(r, a).count, 2);

	assert_int_equal(store_cancel(r->s, lit("<3@x>"), &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(store_cancel(r->s, lit("<3@x>"), &c), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND);
	assert_int_equal(store_cancel(r->s, lit("<never@x>"), &c), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND);
	assert_int_equal(rig_state(r, a).low, 4);
	rig_assert_clean(r);
}

static void test_cancel_first(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct store_call c = rig_call(r);
	struct store_post p = {.mid = lit("<1@x>"),
		.article = lit("late\r\n"),
		.groups = &g,
		.n_groups = 1,
		.obey_awaited = true};

	assert_int_equal(rig_post_cancel(r, "<c1@x>", "<1@x>", true, 0), 0);
	assert_int_equal(rig_post_cancel(r, "<c2@x>", "<2@x>", true, 0), 0);
	assert_int_equal(history_of(r, "<1@x>").state, HISTORY_AWAITED);
	assert_int_equal(history_of(r, "<1@x>").content, history_of(r, "<c1@x>").content);

	/* judged good: taken in, stands nowhere */
	assert_int_equal(store_post(r->s, &p, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(r->res.n_places, 0);
	assert_int_equal(history_of(r, "<1@x>").state, HISTORY_CANCELLED);
	assert_int_equal(rig_state(r, g).next, 1);

	/* the cancel is in the same batch; of one that nobody cancelled there is nothing to obey */
	struct store_post cancel = {.mid = lit("<c5@x>"),
		.article = lit("c\r\n"),
		.control = true,
		.cancels = lit("<5@x>")};
	assert_int_equal(store_post(r->s, &cancel, &c), 0);
	p.mid = lit("<5@x>");
	assert_int_equal(store_post(r->s, &p, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(history_of(r, "<5@x>").state, HISTORY_CANCELLED);
	assert_int_equal(rig_state(r, g).next, 1);
	p.mid = lit("<6@x>");
	assert_int_equal(store_post(r->s, &p, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(history_of(r, "<6@x>").state, HISTORY_ARTICLE);

	/* judged bad: an article like any other */
	assert_int_equal(rig_post1(r, "<2@x>", g), 0);
	assert_int_equal(r->res.n_places, 1);
	assert_int_equal(history_of(r, "<2@x>").state, HISTORY_ARTICLE);

	/* an article that supersedes one we never saw leaves no trace of that */
	struct history h;
	assert_int_equal(rig_post_cancel(r, "<4@x>", "<unseen@x>", false, g), 0);
	struct view *v = rig_view(r);
	assert_int_equal(view_history(v, lit("<unseen@x>"), &h), KERR_NOTFOUND);
	view_close(v);
	rig_assert_clean(r);
}

static void test_alias(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct store_call c = rig_call(r);
	struct store_post p = {.mid = lit("<new@here>"),
		.article = lit("x\r\n"),
		.groups = &g,
		.n_groups = 1,
		.alias_account = 7,
		.alias = lit("<old@there>")};
	struct buf b;

	assert_int_equal(store_post(r->s, &p, &c), 0);
	assert_int_equal(rig_run(r), 0);
	struct view *v = rig_view(r);
	buf_init(&b, 100);
	assert_int_equal(view_alias(v, 7, lit("<old@there>"), &b), 0);
	assert_buf(&b, "<new@here>");
	assert_int_equal(view_alias(v, 8, lit("<old@there>"), &b), KERR_NOTFOUND);
	buf_fini(&b);
	view_close(v);
}

/* The two halves of a post: nothing of what it was made of is needed for the second. */
static void test_made(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct store_call c = rig_call(r);
	struct store_made *a = NULL, *b = NULL;
	char text[] = "x\r\n", mid[] = "<1@x>";
	struct store_post p = {
		.mid = slice_str(mid), .article = slice_str(text), .groups = &g, .n_groups = 1};
	struct buf whole;

	assert_int_equal(store_post_make(r->s, &p, &a), 0);
	assert_int_equal(store_post_make(r->s, &p, &b), 0);
	memset(text, '-', sizeof text - 1);
	memset(mid, '-', sizeof mid - 1);
	store_made_free(b);
	store_made_free(NULL);
	assert_int_equal(store_run(r->s), 0);
	assert_int_equal(store_post_made(r->s, a, &c), 0);
	assert_int_equal(rig_run(r), 0);
	struct view *v = rig_view(r);
	buf_init(&whole, 100);
	assert_int_equal(view_content_all(v, history_of(r, "<1@x>").content, &whole), 0);
	assert_buf(&whole, "x\r\n");
	buf_fini(&whole);
	view_close(v);
	p.mid = lit("");
	assert_int_equal(store_post_make(r->s, &p, &a), KERR_INVALID);
	rig_assert_clean(r);
}

/* ---- one batch of many jobs ---- */

static void test_batch(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct store_call c = rig_call(r);
	struct store_post p = {
		.mid = lit("<1@x>"), .article = lit("x\r\n"), .groups = &g, .n_groups = 1};
	struct store_stats before, after;

	store_stats(r->s, &before);
	r->n_answers = 0;
	assert_int_equal(store_post(r->s, &p, &c), 0);
	assert_int_equal(store_post(r->s, &p, &c), 0); /* the same id again, before the commit */
	p.mid = lit("<2@x>");
	assert_int_equal(store_post(r->s, &p, &c), 0);
	assert_int_equal(store_cancel(r->s, lit("<1@x>"), &c), 0);
	assert_int_equal(store_run(r->s), 4);
	assert_int_equal(r->n_answers, 4);
	store_stats(r->s, &after);
	assert_int_equal(after.n_commits - before.n_commits, 1);
	assert_int_equal(after.n_articles - before.n_articles, 2);
	assert_int_equal(after.n_duplicates - before.n_duplicates, 1);
	assert_int_equal(rig_state(r, g).low, 2);
	assert_int_equal(rig_state(r, g).count, 1);
	rig_assert_clean(r);
}

static void test_drop(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct store_call c = rig_call(r);
	struct store_job *job = NULL;
	struct store_post p = {
		.mid = lit("<1@x>"), .article = lit("x\r\n"), .groups = &g, .n_groups = 1};

	c.job_out = &job;
	r->n_answers = 0;
	assert_int_equal(store_post(r->s, &p, &c), 0);
	assert_non_null(job);
	store_drop(job);
	assert_int_equal(store_run(r->s), 1);
	assert_int_equal(r->n_answers, 0);
	assert_int_equal(rig_state(r, g).count, 1);
}

/* ---- faults of the engine ---- */

static void test_conflict(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");

	kv_mem_set_faults(store_kv(r->s), &(struct kv_mem_faults){.conflict_every = 2});
	for (int i = 0; i < 5; i++) {
		char mid[16];
		snprintf(mid, sizeof mid, "<%d@x>", i);
		assert_int_equal(rig_post1(r, mid, g), 0);
		assert_int_equal(r->res.places[0].num, i + 1);
	}
	assert_int_equal(rig_state(r, g).count, 5);
	rig_assert_clean(r);
}

/* A put that does not fit, wherever it comes: nothing of that job is there, all of the others. */
static void test_full(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct store_call c = rig_call(r);
	char mid[3][16];

	for (unsigned at = 1; at < 15; at++) {
		uint32_t count = rig_state(r, g).count;

		kv_mem_set_faults(store_kv(r->s), &(struct kv_mem_faults){.fail_put_at = at});
		for (unsigned i = 0; i < 3; i++) {
			snprintf(mid[i], sizeof mid[i], "<%u.%u@x>", at, i);
			struct store_post p = {.mid = slice_str(mid[i]),
				.article = lit("x\r\n"),
				.groups = &g,
				.n_groups = 1};
			assert_int_equal(store_post(r->s, &p, &c), 0);
		}
		store_run(r->s);
		assert_int_equal(
			rig_state(r, g).count, count + 3); /* run singly, the fault is over */
		assert_int_equal(rig_post1(r, mid[1], g), KERR_EXISTS);
	}
	kv_mem_set_faults(store_kv(r->s), &(struct kv_mem_faults){.fail_put_at = 2});
	assert_int_equal(rig_post1(r, "<alone@x>", g), KERR_FULL);
	assert_int_equal(rig_post1(r, "<alone@x>", g), 0);
	rig_assert_clean(r);
}

static void test_commit_fails(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");
	struct store_stats st;

	assert_int_equal(rig_post1(r, "<1@x>", g), 0);
	kv_mem_set_faults(store_kv(r->s), &(struct kv_mem_faults){.fail_commit_at = 1});
	assert_int_equal(rig_post1(r, "<2@x>", g), KERR_IO);
	assert_int_equal(rig_post1(r, "<3@x>", g), KERR_CLOSED);
	store_stats(r->s, &st);
	assert_true(st.stopped);
	assert_int_equal(rig_state(r, g).count, 1); /* reads go on */
}

static int read_all(struct store_rig *r, uint32_t g)
{
	struct view *v = rig_view(r);
	struct group_rec rec;
	struct account a;
	struct row row;
	struct buf b;
	int rc = view_group_named(v, 0, lit("koko.test"), &rec);

	buf_init(&b, 4096);
	if (rc == 0)
		rc = view_account_named(v, lit("anna"), &a);
	if (rc == 0)
		rc = view_row(v, g, 1, true, &row);
	if (rc == 0)
		rc = view_content_all(v, row.content, &b);
	buf_fini(&b);
	view_close(v);
	return rc;
}

/* Every read may be told to wait; coming again is all it takes. */
static void test_waits(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.test");

	rig_account(r, "anna", "anna@example.org");
	assert_int_equal(rig_post1(r, "<1@x>", g), 0);
	for (unsigned every = 1; every < 12; every++) {
		int waits = 0;
		kv_mem_set_faults(store_kv(r->s), &(struct kv_mem_faults){.wait_every = every});
		int rc;
		while ((rc = read_all(r, g)) == KERR_WAIT && waits < 10)
			waits++;
		if (every >= 8)
			assert_int_equal(rc, 0);
	}
	rig_assert_clean(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_BOTH(test_post_and_read),
		RIG_BOTH(test_group_gone),
		RIG_BOTH(test_crosspost),
		RIG_BOTH(test_rows),
		RIG_BOTH(test_sizes),
		RIG_BOTH(test_cancel),
		RIG_BOTH(test_cancel_first),
		RIG_BOTH(test_alias),
		RIG_BOTH(test_made),
		RIG_BOTH(test_batch),
		RIG_BOTH(test_drop),
		RIG_ON(test_conflict, mem),
		RIG_ON(test_full, mem),
		RIG_ON(test_commit_fails, mem),
		RIG_ON(test_waits, mem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
