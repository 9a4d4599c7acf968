/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What dialogues cannot show: tickets of a session that goes away, bounds of output and of the
 * recipients, memory that is held, counters.
 */
#include "tests/rig/unit.h"

#include "proto/base/log.h"
#include "proto/smtp/smtp.h"
#include "tests/rig/fake_forum.h"
#include "tests/rig/rig.h"

struct fixture {
	struct fake_forum *forum;
	struct smtp_stats stats;
	struct rig rig;
	struct buf line;
};

static void run_forum(void *world)
{
	fake_run(world);
}

static void set_up(struct fixture *t, const char *login)
{
	log_set_level(LOG_LEVEL_ERROR);
	*t = (struct fixture){.forum = fake_world()};
	t->forum->login = login;
	t->rig = (struct rig){
		.ops = &smtp_session_ops,
		.session =
			smtp_session_new(&t->forum->base, &(struct smtp_opts){.id = "t",
									      .plain_login = true,
									      .stats = &t->stats,
									      .ready = {rig_ready, &t->rig}}
                          ),
		.run = run_forum,
		.world = t->forum
        };
	buf_init(&t->line, 1 << 16);
	rig_start(&t->rig);
	rig_send(&t->rig, lit("HELO x\r\n"));
	buf_reset(&t->rig.out);
}

static void tear_down(struct fixture *t)
{
	rig_fini(&t->rig);
	fake_free(t->forum);
	buf_fini(&t->line);
}

static void expect(struct fixture *t, const char *start)
{
	assert_true(rig_line(&t->rig, &t->line));
	if (!slice_starts(buf_slice(&t->line), slice_str(start)))
		fail_msg("\"%s\" is not \"%s\"", buf_cstr(&t->line), start);
}

#define TO_TEST "MAIL FROM:<anna@koko.test>\r\nRCPT TO:<koko.test@koko.test>\r\nDATA\r\n"

/* A session that goes away while an answer is out: it stays silent. */
static void dropped_with_ticket(void **state)
{
	static const char *const rows[] = {
		"AUTH PLAIN AGFubmEAYW5uYQ==\r\n", TO_TEST "Subject: s\r\n\r\ntext\r\n.\r\n"};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct fixture t;

		set_up(&t, i == 0 ? NULL : "anna");
		t.rig.run = NULL;
		rig_send(&t.rig, slice_str(rows[i]));
		assert_int_equal(t.rig.need, NEED_WAKE);
		rig_fini(&t.rig);
		assert_int_equal(fake_run(t.forum), 1);
		fake_free(t.forum);
		buf_fini(&t.line);
	}
}

/* Nothing is read while an answer is out, and the rest is answered in order. */
static void waits_in_order(void **state)
{
	struct fixture t;

	(void)state;
	set_up(&t, "anna");
	t.rig.run = NULL;
	rig_send(&t.rig, lit(TO_TEST "Subject: s\r\n\r\ntext\r\n.\r\nNOOP\r\nRSET\r\n"));
	assert_int_equal(t.rig.need, NEED_WAKE);
	assert_true(t.rig.in.len > 0);
	expect(&t, "250 2.1.0");
	expect(&t, "250 2.1.5");
	expect(&t, "354 ");
	assert_false(rig_line(&t.rig, &t.line));
	t.rig.run = run_forum;
	rig_send(&t.rig, lit(""));
	expect(&t, "250 2.0.0 <");
	expect(&t, "250 2.0.0 fine");
	expect(&t, "250 2.0.0 forgotten");
	assert_int_equal(t.stats.n_mails, 1);
	tear_down(&t);
}

/* Pipelined commands do not grow the output past its mark. */
static void output_is_bounded(void **state)
{
	struct fixture t;
	struct buf in;

	(void)state;
	set_up(&t, NULL);
	buf_init(&in, 1 << 20);
	for (unsigned i = 0; i < 50000; i++)
		buf_add(&in, lit("HELP\r\n"));
	rig_send(&t.rig, buf_slice(&in));
	assert_int_equal(t.rig.need, NEED_INPUT);
	assert_int_equal(t.stats.n_commands, 50001);
	assert_true(t.rig.max_out < SMTP_OUT_MAX);
	buf_fini(&in);
	tear_down(&t);
}

static void too_many_recipients(void **state)
{
	struct fixture t;
	char line[128];

	(void)state;
	set_up(&t, "anna");
	rig_send(&t.rig, lit("MAIL FROM:<anna@koko.test>\r\n"));
	expect(&t, "250 ");
	t.forum->many_rcpts = true;
	for (unsigned i = 0; i <= SMTP_RCPTS_MAX; i++) {
		snprintf(line, sizeof line, "RCPT TO:<many.%u@koko.test>\r\n", i);
		rig_send(&t.rig, slice_str(line));
		expect(&t, i < SMTP_RCPTS_MAX ? "250 2.1.5" : "452 4.5.3");
	}
	tear_down(&t);
}

/* What is held is told, and given back. */
static void held(void **state)
{
	struct fixture t;
	struct buf in;

	(void)state;
	set_up(&t, "anna");
	t.forum->max_article = 1 << 20;
	buf_init(&in, 1 << 20);
	buf_add(&in, lit(TO_TEST));
	while (in.len < 200000)
		buf_add(&in, lit("a line of some text\r\n"));
	rig_send(&t.rig, buf_slice(&in));
	assert_in_range(smtp_session_ops.held(t.rig.session), 190000, 600000);
	rig_send(&t.rig, lit(".\r\n"));
	assert_in_range(smtp_session_ops.held(t.rig.session), 0, 16384);
	buf_fini(&in);
	tear_down(&t);
}

/* A mail without end is given up. */
static void endless(void **state)
{
	struct fixture t;
	struct buf in;

	(void)state;
	set_up(&t, "anna");
	buf_init(&in, 1 << 21);
	while (in.len < (1 << 20) + 10000)
		buf_add(&in, lit("a line of some text\r\n"));
	rig_send(&t.rig, lit(TO_TEST));
	rig_send(&t.rig, buf_slice(&in));
	expect(&t, "250 ");
	expect(&t, "250 ");
	expect(&t, "354 ");
	expect(&t, "552 5.3.4");
	assert_int_equal(t.rig.need, NEED_CLOSE);
	buf_fini(&in);
	tear_down(&t);
}

/* Errors that a stored mail lies between do not add up. */
static void errors_are_forgotten(void **state)
{
	struct fixture t;

	(void)state;
	set_up(&t, "anna");
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 1; i < SMTP_ERRORS_MAX; i++) {
			rig_send(&t.rig, lit("XYZZY\r\n"));
			expect(&t, "500 ");
		}
		rig_send(&t.rig, lit(TO_TEST "Subject: s\r\n\r\ntext\r\n.\r\n"));
		expect(&t, "250 ");
		expect(&t, "250 ");
		expect(&t, "354 ");
		expect(&t, "250 2.0.0 <");
	}
	assert_int_equal(t.rig.need, NEED_INPUT);
	tear_down(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(dropped_with_ticket),
		cmocka_unit_test(waits_in_order),
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(too_many_recipients),
		cmocka_unit_test(held),
		cmocka_unit_test(endless),
		cmocka_unit_test(errors_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
