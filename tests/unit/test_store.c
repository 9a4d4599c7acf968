/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store from outside: articles, groups, people, peers; in memory and in a directory. */
#include "storage/store.h"

#include "storage/store_priv.h"
#include "tests/rig/store_rig.h"

static struct store_rig rig;

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

static struct view *view_of(struct store_rig *r)
{
	struct view *v = NULL;

	assert_int_equal(view_open(r->s, &v), 0);
	return v;
}

static struct group_state state_of(struct store_rig *r, uint32_t group)
{
	struct view *v = view_of(r);
	struct group_state st;

	assert_int_equal(view_group_state(v, group, &st), 0);
	view_close(v);
	return st;
}

static struct history history_of(struct store_rig *r, const char *mid)
{
	struct view *v = view_of(r);
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

	struct view *v = view_of(r);
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

	struct group_state st = state_of(r, g);
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
	assert_int_equal(state_of(r, g).next, 1);
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
	struct view *v = view_of(r);
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
	struct view *v = view_of(r);
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
		struct view *v = view_of(r);
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

static int post_cancel(
	struct store_rig *r, const char *mid, const char *target, bool control, uint32_t group)
{
	struct store_call c = rig_call(r);
	struct store_post p = {.mid = slice_str(mid),
		.article = lit("Control: cancel\r\n\r\n"),
		.cancels = slice_str(target),
		.control = control,
		.groups = &group,
		.n_groups = control ? 0 : 1,
		.arrived_at = r->now_at};
	int rc = store_post(r->s, &p, &c);

	return rc < 0 ? rc : rig_run(r);
}

static void test_cancel(void **state)
{
	struct store_rig *r = *state;
	uint32_t a = rig_group(r, "koko.a"), b = rig_group(r, "koko.b");
	struct store_call c = rig_call(r);
	struct row row;

	assert_int_equal(rig_post(r, "<1@x>", (const uint32_t[]){a, b, 0}), 0);
	assert_int_equal(rig_post1(r, "<2@x>", a), 0);
	assert_int_equal(rig_post1(r, "<3@x>", a), 0);
	assert_int_equal(post_cancel(r, "<c1@x>", "<1@x>", true, 0), 0);
	assert_int_equal(r->res.n_places, 0);
	struct view *v = view_of(r);
	assert_int_equal(view_row(v, a, 1, false, &row), KERR_NOTFOUND);
	assert_int_equal(view_row(v, b, 1, false, &row), KERR_NOTFOUND);
	view_close(v);
	assert_int_equal(history_of(r, "<1@x>").state, HISTORY_CANCELLED);
	assert_int_equal(history_of(r, "<c1@x>").state, HISTORY_CONTROL);
	assert_int_equal(state_of(r, a).low, 2);
	assert_int_equal(state_of(r, b).low, 2);
	assert_int_equal(state_of(r, b).next, 2);
	assert_int_equal(state_of(r, b).count, 0);
	assert_int_equal(state_of(r, b).bytes, 0);
	assert_int_equal(rig_post1(r, "<1@x>", a), KERR_EXISTS);

	/* a superseding article takes its place in the same transaction */
	assert_int_equal(post_cancel(r, "<4@x>", "<2@x>", false, a), 0);
	assert_int_equal(r->res.places[0].num, 4);
	assert_int_equal(state_of(r, a).low, 3);
	assert_int_equal(state_of(r, a).count, 2);

	assert_int_equal(store_cancel(r->s, lit("<3@x>"), &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(store_cancel(r->s, lit("<3@x>"), &c), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND);
	assert_int_equal(store_cancel(r->s, lit("<never@x>"), &c), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND);
	assert_int_equal(state_of(r, a).low, 4);
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

	assert_int_equal(post_cancel(r, "<c1@x>", "<1@x>", true, 0), 0);
	assert_int_equal(post_cancel(r, "<c2@x>", "<2@x>", true, 0), 0);
	assert_int_equal(history_of(r, "<1@x>").state, HISTORY_AWAITED);
	assert_int_equal(history_of(r, "<1@x>").content, history_of(r, "<c1@x>").content);

	/* judged good: taken in, stands nowhere */
	assert_int_equal(store_post(r->s, &p, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(r->res.n_places, 0);
	assert_int_equal(history_of(r, "<1@x>").state, HISTORY_CANCELLED);
	assert_int_equal(state_of(r, g).next, 1);

	/* judged bad: an article like any other */
	assert_int_equal(rig_post1(r, "<2@x>", g), 0);
	assert_int_equal(r->res.n_places, 1);
	assert_int_equal(history_of(r, "<2@x>").state, HISTORY_ARTICLE);

	/* an article that supersedes one we never saw leaves no trace of that */
	struct history h;
	assert_int_equal(post_cancel(r, "<4@x>", "<unseen@x>", false, g), 0);
	struct view *v = view_of(r);
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
	struct view *v = view_of(r);
	buf_init(&b, 100);
	assert_int_equal(view_alias(v, 7, lit("<old@there>"), &b), 0);
	assert_buf(&b, "<new@here>");
	assert_int_equal(view_alias(v, 8, lit("<old@there>"), &b), KERR_NOTFOUND);
	buf_fini(&b);
	view_close(v);
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
	assert_int_equal(state_of(r, g).low, 2);
	assert_int_equal(state_of(r, g).count, 1);
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
	assert_int_equal(state_of(r, g).count, 1);
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
	assert_int_equal(state_of(r, g).count, 5);
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
		uint32_t count = state_of(r, g).count;

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
			state_of(r, g).count, count + 3); /* run singly, the fault is over */
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
	assert_int_equal(state_of(r, g).count, 1); /* reads go on */
}

static int read_all(struct store_rig *r, uint32_t g)
{
	struct view *v = view_of(r);
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

/* ---- groups, people, peers ---- */

static bool name_on(void *arg, const struct group_rec *g)
{
	buf_addf(arg, "%s ", g->name);
	return true;
}

static void assert_groups(struct store_rig *r, uint32_t owner, const char *after, const char *want)
{
	struct view *v = view_of(r);
	struct buf b;

	buf_init(&b, 1000);
	assert_int_equal(view_groups(v, owner, slice_str(after), name_on, &b), 0);
	assert_buf(&b, want);
	buf_fini(&b);
	view_close(v);
}

static void test_groups(void **state)
{
	struct store_rig *r = *state;
	uint32_t b = rig_group(r, "koko.b"), a = rig_group(r, "koko.a");
	struct store_call c = rig_call(r);
	struct group_rec g = {.kind = GROUP_FORUM, .name = "koko.a"};

	rig_group(r, "koko.a.sub");
	assert_int_equal(store_group_put(r->s, &g, &c), 0);
	assert_int_equal(rig_run(r), KERR_EXISTS);
	g.owner = 9; /* a mailbox of that name is another */
	assert_int_equal(store_group_put(r->s, &g, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_groups(r, 0, "", "koko.a koko.a.sub koko.b ");
	assert_groups(r, 0, "koko.a", "koko.a.sub koko.b ");
	assert_groups(r, 0, "koko.aa", "koko.b ");
	assert_groups(r, 9, "", "koko.a ");
	assert_groups(r, 8, "", "");

	struct view *v = view_of(r);
	assert_int_equal(view_group(v, b, &g), 0);
	view_close(v);
	assert_string_equal(g.name, "koko.b");
	assert_int_equal(g.created_at, r->now_at);
	memcpy(g.name, "koko.c", 7);
	memcpy(g.title, "C", 2);
	assert_int_equal(store_group_put(r->s, &g, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(r->res.id, b);
	assert_groups(r, 0, "", "koko.a koko.a.sub koko.c ");
	memcpy(g.name, "koko.a", 7);
	assert_int_equal(store_group_put(r->s, &g, &c), 0);
	assert_int_equal(rig_run(r), KERR_EXISTS);
	g.id = 1000;
	memcpy(g.name, "koko.z", 7);
	assert_int_equal(store_group_put(r->s, &g, &c), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND);
	assert_true(a != b);
	rig_assert_clean(r);
}

static void test_accounts(void **state)
{
	struct store_rig *r = *state;
	uint32_t anna = rig_account(r, "anna", "Anna@Example.org");
	struct store_call c = rig_call(r);
	struct account a;

	rig_account(r, "bernd", "bernd@example.org");
	struct view *v = view_of(r);
	assert_int_equal(view_account_named(v, lit("ANNA@example.ORG"), &a), 0);
	assert_int_equal(a.id, anna);
	assert_string_equal(a.addresses[0], "Anna@Example.org");
	assert_int_equal(view_account_named(v, lit("anna"), &a), 0);
	assert_int_equal(view_account_named(v, lit("ann"), &a), KERR_NOTFOUND);
	assert_int_equal(view_account(v, anna, &a), 0);
	view_close(v);

	memcpy(a.addresses[0], "bernd@example.org", 18);
	assert_int_equal(store_account_put(r->s, &a, &c), 0);
	assert_int_equal(rig_run(r), KERR_EXISTS);
	memcpy(a.addresses[0], "a@example.org", 14);
	a.state = ACCOUNT_DISABLED;
	assert_int_equal(store_account_put(r->s, &a, &c), 0);
	assert_int_equal(rig_run(r), 0);
	rig_account(r, "carla", "anna@example.org"); /* free again */
	v = view_of(r);
	assert_int_equal(view_account(v, anna, &a), 0);
	assert_int_equal(a.state, ACCOUNT_DISABLED);
	view_close(v);
	rig_assert_clean(r);
}

static bool member_on(void *arg, uint32_t group, uint32_t account, enum role role)
{
	buf_addf(arg, "%u/%u=%d ", group, account, (int)role);
	return true;
}

static void test_members(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.a"), h = rig_group(r, "koko.b");
	uint32_t a = rig_account(r, "anna", "a@x"), b = rig_account(r, "bernd", "b@x");
	struct store_call c = rig_call(r);
	enum role role;
	struct buf text;

	assert_int_equal(store_member_put(r->s, g, a, ROLE_WRITER, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(store_member_put(r->s, g, b, ROLE_READER, &c), 0);
	assert_int_equal(store_member_put(r->s, h, a, ROLE_OWNER, &c), 0);
	assert_int_equal(store_member_put(r->s, g, a, ROLE_MODERATOR, &c), 0);
	assert_int_equal(store_member_put(r->s, g, b, ROLE_NONE, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(store_member_put(r->s, g, 99, ROLE_WRITER, &c), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND);

	buf_init(&text, 1000);
	struct view *v = view_of(r);
	assert_int_equal(view_role(v, g, a, &role), 0);
	assert_int_equal(role, ROLE_MODERATOR);
	assert_int_equal(view_role(v, g, b, &role), KERR_NOTFOUND);
	assert_int_equal(view_members(v, g, member_on, &text), 0);
	assert_int_equal(view_memberships(v, a, member_on, &text), 0);
	assert_buf(&text, "1/1=3 1/1=3 2/1=4 ");
	buf_fini(&text);
	view_close(v);
	rig_assert_clean(r);
}

static bool peer_on(void *arg, const struct peer_rec *p, uint64_t cursor)
{
	buf_addf(arg, "%s:%u=%llu ", p->name, p->port, (unsigned long long)cursor);
	return true;
}

static void test_peers(void **state)
{
	struct store_rig *r = *state;
	struct store_call c = rig_call(r);
	struct peer_rec p = {.name = "viersen", .host = "h", .port = 433, .start_seq = 5};
	struct buf text;
	uint64_t seq;

	assert_int_equal(store_peer_put(r->s, &p, &c), 0);
	assert_int_equal(store_cursor_put(r->s, lit("viersen"), 17, &c), 0);
	p.port = 563;
	assert_int_equal(store_peer_put(r->s, &p, &c), 0); /* the cursor stays */
	memcpy(p.name, "krefeld", 8);
	assert_int_equal(store_peer_put(r->s, &p, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(store_cursor_put(r->s, lit("nobody"), 1, &c), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND);

	buf_init(&text, 1000);
	struct view *v = view_of(r);
	assert_int_equal(view_peers(v, peer_on, &text), 0);
	assert_buf(&text, "krefeld:563=5 viersen:563=17 ");
	assert_int_equal(view_cursor(v, lit("viersen"), &seq), 0);
	assert_int_equal(seq, 17);
	view_close(v);
	assert_int_equal(store_peer_del(r->s, lit("viersen"), &c), 0);
	assert_int_equal(rig_run(r), 0);
	v = view_of(r);
	assert_int_equal(view_peer(v, lit("viersen"), &p), KERR_NOTFOUND);
	assert_int_equal(view_cursor(v, lit("viersen"), &seq), KERR_NOTFOUND);
	view_close(v);
	buf_fini(&text);
}

/* ---- log ---- */

static bool log_on(void *arg, const struct log_entry *e)
{
	buf_addf(arg, "%llu:%d.%u/%u%s ", (unsigned long long)e->seq, (int)e->kind, e->group,
		e->num, e->first ? "!" : "");
	return true;
}

static void test_log(void **state)
{
	struct store_rig *r = *state;
	uint32_t a = rig_group(r, "koko.a"), b = rig_group(r, "koko.b");
	struct buf text;
	uint64_t seq;

	assert_int_equal(rig_post(r, "<1@x>", (const uint32_t[]){a, b, 0}), 0);
	assert_int_equal(r->res.seq, 2); /* an empty mailbox tells 1 */
	r->now_at += 7200;
	assert_int_equal(rig_post1(r, "<2@x>", b), 0);
	assert_int_equal(post_cancel(r, "<3@x>", "<2@x>", true, 0), 0);
	buf_init(&text, 1000);
	struct view *v = view_of(r);
	assert_int_equal(view_last_seq(v, &seq), 0);
	assert_int_equal(seq, 6);
	assert_int_equal(view_log(v, 0, log_on, &text), 0);
	assert_buf(&text, "2:1.1/1! 3:1.2/1 4:1.2/2! 5:2.0/0! 6:3.2/2 ");
	buf_reset(&text);
	assert_int_equal(view_log(v, 4, log_on, &text), 0);
	assert_buf(&text, "5:2.0/0! 6:3.2/2 ");
	assert_int_equal(view_log_since(v, r->now_at - 8000, &seq), 0);
	assert_int_equal(seq, 1);
	assert_int_equal(view_log_since(v, r->now_at - 7200, &seq), 0);
	assert_int_equal(seq, 1);
	assert_int_equal(view_log_since(v, r->now_at, &seq), 0);
	assert_int_equal(seq, 3);
	view_close(v);
	buf_fini(&text);
	rig_assert_clean(r);
}

static bool audit_on(void *arg, const struct audit_entry *e)
{
	buf_addf(arg, "%llu %.*s: %.*s\n", (unsigned long long)e->seq, SLICE_ARG(e->actor),
		SLICE_ARG(e->what));
	return true;
}

static void test_audit(void **state)
{
	struct store_rig *r = *state;
	struct store_call c = rig_call(r);
	struct buf text;

	c.actor = "kokoctl";
	assert_int_equal(store_peer_del(r->s, lit("nobody"), &c), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND); /* what was refused was not done */
	assert_int_equal(
		store_peer_put(r->s, &(struct peer_rec){.name = "viersen", .host = "h"}, &c), 0);
	assert_int_equal(store_peer_del(r->s, lit("viersen"), &c), 0);
	assert_int_equal(rig_run(r), 0);
	buf_init(&text, 1000);
	struct view *v = view_of(r);
	assert_int_equal(view_audit(v, 0, audit_on, &text), 0);
	assert_buf(&text, "1 kokoctl: peer put viersen host=h port=0 tls=0 groups=\n"
			  "2 kokoctl: peer del viersen\n");
	view_close(v);
	buf_fini(&text);
}

/* ---- marks ---- */

static void assert_marks(struct store_rig *r, uint32_t g, unsigned set, const char *want)
{
	struct view *v = view_of(r);
	struct buf b;

	buf_init(&b, 1000);
	assert_int_equal(view_marks(v, 1, g, set, &b), 0);
	assert_buf(&b, want);
	buf_fini(&b);
	view_close(v);
}

static void test_marks(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = rig_group(r, "koko.a");
	struct store_call c = rig_call(r);
	uint64_t seq;
	char mid[16];

	for (int i = 0; i < 10; i++) {
		snprintf(mid, sizeof mid, "<%d@x>", i);
		assert_int_equal(rig_post1(r, mid, g), 0);
	}
	assert_int_equal(store_marks_change(r->s, 1, g, 1, lit("1-3,7-2000"), true, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(r->res.seq, 12);
	assert_marks(r, g, 1, "1-3,7-10"); /* what was not given yet is not marked */
	assert_int_equal(store_marks_change(r->s, 1, g, 1, lit("2-8"), false, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_marks(r, g, 1, "1,9-10");
	assert_marks(r, g, 2, "");
	assert_int_equal(store_marks_change(r->s, 1, g, 1, lit("2-8"), false, &c), 0);
	assert_int_equal(rig_run(r), 0);
	assert_int_equal(r->res.seq, 0); /* nothing changed */
	assert_int_equal(store_marks_change(r->s, 1, g, 1, lit("0"), true, &c), KERR_INVALID);
	assert_int_equal(store_marks_change(r->s, 1, g, 0, lit("1"), true, &c), KERR_INVALID);
	assert_int_equal(store_marks_change(r->s, 1, g + 1, 1, lit("1"), true, &c), 0);
	assert_int_equal(rig_run(r), KERR_NOTFOUND);
	struct view *v = view_of(r);
	assert_int_equal(view_marks_modseq(v, 1, g, &seq), 0);
	assert_int_equal(seq, 13);
	assert_int_equal(view_marks_modseq(v, 2, g, &seq), 0);
	assert_int_equal(seq, 0);
	view_close(v);
}

#define ON(test, where)                                                                            \
	{                                                                                          \
#test " " #where, test, open_##where, close_rig, NULL                              \
	}
#define BOTH(test) ON(test, mem), ON(test, dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_post_and_read),
		BOTH(test_group_gone),
		BOTH(test_crosspost),
		BOTH(test_rows),
		BOTH(test_sizes),
		BOTH(test_cancel),
		BOTH(test_cancel_first),
		BOTH(test_alias),
		BOTH(test_batch),
		BOTH(test_drop),
		ON(test_conflict, mem),
		ON(test_full, mem),
		ON(test_commit_fails, mem),
		ON(test_waits, mem),
		BOTH(test_groups),
		BOTH(test_accounts),
		BOTH(test_members),
		BOTH(test_peers),
		BOTH(test_log),
		BOTH(test_audit),
		BOTH(test_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
