/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What dialogues cannot show: bounds of output and window, the order of answers that come late, an
 * article that does not fit into the output, tickets of a session that goes away.
 */
#include "tests/rig/unit.h"

#include "proto/base/log.h"
#include "proto/nntp/nntp.h"
#include "tests/rig/fake_forum.h"
#include "tests/rig/rig.h"

struct fixture {
	struct fake_forum *forum;
	struct nntp_stats stats;
	struct nntp_opts opts;
	struct rig rig;
	struct buf line;
};

static void set_up(struct fixture *t, struct fake_forum *forum)
{
	*t = (struct fixture){.forum = forum};
	t->opts = (struct nntp_opts){
		.id = "t", .plain_login = true, .stats = &t->stats, .ready = {rig_ready, &t->rig}
        };
	buf_init(&t->line, 1 << 20);
	t->rig = (struct rig){.ops = &nntp_session_ops,
		.session = nntp_session_new(&forum->base, &t->opts),
		.now_at = forum->now_at,
		.world = forum};
	rig_start(&t->rig);
	assert_true(rig_line(&t->rig, &t->line));
}

static void tear_down(struct fixture *t)
{
	rig_fini(&t->rig);
	fake_free(t->forum);
	buf_fini(&t->line);
}

static void run_forum(void *world)
{
	fake_run(world);
}

static void expect(struct fixture *t, const char *line)
{
	assert_true(rig_line(&t->rig, &t->line));
	assert_buf(&t->line, line);
}

static void add_takethis(struct buf *b, unsigned n, size_t bytes)
{
	buf_addf(b, "TAKETHIS <t%u@x>\r\nNewsgroups: koko.test\r\nMessage-ID: <t%u@x>\r\n\r\n", n,
		n);
	for (size_t i = 0; i < bytes; i += 64)
		buf_add(b,
			lit("..............................................................\r\n"));
	buf_add(b, lit(".\r\n"));
}

/* The window fills up to its limit while the forum is silent, and empties in order. */
static void window_is_bounded(void **state)
{
	struct fixture t;
	struct buf in;

	(void)state;
	set_up(&t, fake_world());
	t.forum->relay = true;
	t.forum->mute = true;
	buf_init(&in, 1 << 24);
	for (unsigned n = 0; n < NNTP_WINDOW_MAX + 10; n++)
		add_takethis(&in, n, 64);
	buf_add(&in, lit("CHECK <c@x>\r\nDATE\r\n"));
	rig_send(&t.rig, buf_slice(&in));
	assert_int_equal(t.rig.need, NEED_WAKE);
	assert_int_equal(t.rig.out.len, 0);
	assert_true(t.rig.in.len > 0);
	t.rig.run = run_forum;
	rig_send(&t.rig, lit(""));
	assert_int_equal(t.rig.need, NEED_INPUT);
	for (unsigned n = 0; n < NNTP_WINDOW_MAX + 10; n++) {
		char want[64];

		snprintf(want, sizeof want, "239 <t%u@x>", n);
		expect(&t, want);
	}
	expect(&t, "238 <c@x>");
	expect(&t, "111 20261123140000");
	assert_int_equal(t.stats.n_takethis, NNTP_WINDOW_MAX + 10);
	buf_fini(&in);
	tear_down(&t);
}

/* So is what the articles under way weigh. */
static void window_bytes_are_bounded(void **state)
{
	struct fixture t;
	struct buf one;
	unsigned n = 0;

	(void)state;
	set_up(&t, fake_world());
	t.forum->relay = true;
	t.forum->mute = true;
	t.forum->max_article = 2 << 20;
	buf_init(&one, 1 << 22);
	do {
		buf_reset(&one);
		add_takethis(&one, n++, 1 << 20);
		rig_send(&t.rig, buf_slice(&one));
	} while (t.rig.need == NEED_INPUT && n < 100);
	assert_int_equal(t.rig.need, NEED_WAKE);
	assert_in_range(n, 4, 6);
	buf_fini(&one);
	tear_down(&t);
}

/* A session that goes away while answers are out: they stay silent. */
static void dropped_with_tickets(void **state)
{
	struct fixture t;
	struct buf in;

	(void)state;
	set_up(&t, fake_world());
	t.forum->relay = true;
	t.forum->login = "anna";
	buf_init(&in, 1 << 16);
	add_takethis(&in, 1, 64);
	buf_add(&in, lit("CHECK <t2@x>\r\n"));
	rig_send(&t.rig, buf_slice(&in));
	rig_fini(&t.rig);
	assert_int_equal(fake_run(t.forum), 1);
	buf_fini(&in);
	fake_free(t.forum);
	buf_fini(&t.line);
}

static void add_big(struct fake_forum *f, size_t bytes)
{
	struct buf b;

	buf_init(&b, 1 << 28);
	buf_add(&b, lit("Newsgroups: koko.test\r\nMessage-ID: <big@x>\r\n\r\n"));
	while (b.len < bytes)
		buf_add(&b, lit(".\r\n"));
	assert_int_equal(fake_add(f, buf_slice(&b)), 0);
	buf_fini(&b);
}

/* An article of dots only, much larger than the output: the output stays bounded. */
static void output_is_bounded(void **state)
{
	struct fixture t;
	size_t n = 0;

	(void)state;
	set_up(&t, fake_world());
	t.forum->chunk = 48 * 1024;
	t.forum->login = "anna";
	add_big(t.forum, 3 << 20);
	rig_send(&t.rig, lit("GROUP koko.test\r\nBODY 6\r\nDATE\r\n"));
	expect(&t, "211 5 1 6 koko.test");
	expect(&t, "222 6 <big@x>");
	while (rig_line(&t.rig, &t.line) && t.line.len == 2)
		n++;
	assert_buf(&t.line, ".");
	expect(&t, "111 20261123140000");
	assert_true(n >= (3 << 20) / 3 - 16);
	assert_true(t.rig.max_out >= SESSION_OUT_HIGH);
	assert_true(t.rig.max_out < SESSION_OUT_HIGH + 256 * 1024);
	tear_down(&t);
}

static void add_many(struct fake_forum *f, unsigned n)
{
	struct buf b;

	buf_init(&b, 4096);
	for (unsigned i = 0; i < n; i++) {
		buf_reset(&b);
		buf_addf(&b,
			"Newsgroups: koko.test\r\nMessage-ID: <m%u@x>\r\nX-N: %u\r\n"
			"Subject: ____________________________________________________\r\n\r\n",
			i, i);
		assert_int_equal(fake_add(f, buf_slice(&b)), 0);
	}
	buf_fini(&b);
}

static size_t count_lines(struct fixture *t)
{
	size_t n = 0;

	while (rig_line(&t->rig, &t->line) && !slice_eq(buf_slice(&t->line), lit(".")))
		n++;
	assert_buf(&t->line, ".");
	return n;
}

/* Long lists stop at the high mark and go on where they stopped: nothing twice, nothing lost. */
static void lists_go_on(void **state)
{
	static const char *const lists[] = {"OVER 6-\r\n", "XHDR X-N 6-\r\n",
		"LISTGROUP koko.test 6-\r\n", "HDR Subject 6-\r\n",
		"NEWNEWS koko.test 20261123 140000 GMT\r\n"};
	struct fixture t;

	(void)state;
	set_up(&t, fake_world());
	t.forum->login = "anna";
	t.forum->chunk = 48 * 1024;
	add_many(t.forum, 3000);
	rig_send(&t.rig, lit("GROUP koko.test\r\n"));
	expect(&t, "211 3004 1 3005 koko.test");
	for (size_t i = 0; i < array_len(lists); i++) {
		rig_send(&t.rig, slice_str(lists[i]));
		assert_int_equal(count_lines(&t), 3001);
		assert_int_equal(t.rig.need, NEED_INPUT);
	}
	assert_true(t.rig.max_out < SESSION_OUT_HIGH + 16 * 1024);
	tear_down(&t);
}

/* Work that a list costs is cut into slices, whatever it gives out. */
static void lists_pause(void **state)
{
	struct fixture t;
	struct buf in;
	unsigned before;

	(void)state;
	set_up(&t, fake_world());
	t.forum->login = "anna";
	t.forum->chunk = 48 * 1024;
	add_many(t.forum, 3000);
	rig_send(&t.rig, lit("GROUP koko.test\r\n"));
	expect(&t, "211 3004 1 3005 koko.test");
	rig_send(&t.rig, lit("XHDR X-N 6-\r\n"));
	assert_int_equal(count_lines(&t), 3001);
	assert_in_range(t.rig.n_retries, 5, 100);
	before = t.rig.n_retries;
	buf_init(&in, 4096);
	buf_add(&in, lit("XPAT Subject 6- *"));
	for (unsigned i = 0; i < 1900; i++)
		buf_add(&in, lit("_"));
	buf_add(&in, lit("b*\r\n"));
	rig_send(&t.rig, buf_slice(&in));
	assert_int_equal(count_lines(&t), 1);
	assert_in_range(t.rig.n_retries - before, 5, 1000);
	buf_fini(&in);
	tear_down(&t);
}

/* A head may have grown on its way: what stands behind the limit for peers is found all the same.
 */
static void head_beyond_limits(void **state)
{
	struct fixture t;
	struct buf b;

	(void)state;
	set_up(&t, fake_world());
	t.forum->login = "anna";
	t.forum->chunk = 48 * 1024;
	buf_init(&b, 1 << 20);
	buf_add(&b, lit("Newsgroups: koko.test\r\n"));
	for (unsigned i = 0; i < 900; i++)
		buf_addf(&b, "X-%u: %090u\r\n", i, i);
	buf_add(&b, lit("Message-ID: <grown@x>\r\n\r\nbody\r\n"));
	assert_int_equal(fake_add(t.forum, buf_slice(&b)), 0);
	rig_send(&t.rig, lit("GROUP koko.test\r\nBODY 6\r\n"));
	expect(&t, "211 5 1 6 koko.test");
	expect(&t, "222 6 <grown@x>");
	buf_fini(&b);
	tear_down(&t);
}

/* What must be bounded even when all that is asked for stands in one segment. */
static void pipelined_articles_drain(void **state)
{
	struct fixture t;
	struct buf in;

	(void)state;
	set_up(&t, fake_world());
	t.forum->login = "anna";
	buf_init(&in, 1 << 20);
	buf_add(&in, lit("GROUP koko.test\r\n"));
	for (unsigned i = 0; i < 5000; i++)
		buf_add(&in, lit("ARTICLE 1\r\n"));
	rig_send(&t.rig, buf_slice(&in));
	assert_int_equal(t.stats.n_articles_read, 5000);
	assert_true(t.rig.max_out < SESSION_OUT_HIGH + 1024);
	buf_fini(&in);
	tear_down(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(window_is_bounded),
		cmocka_unit_test(window_bytes_are_bounded),
		cmocka_unit_test(dropped_with_tickets),
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(lists_go_on),
		cmocka_unit_test(lists_pause),
		cmocka_unit_test(head_beyond_limits),
		cmocka_unit_test(pipelined_articles_drain),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
