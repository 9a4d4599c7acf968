/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The turns of a conversation, over a protocol of five words. */
#include "tests/rig/unit.h"

#include "proto/base/talk.h"
#include "tests/rig/splits.h"

/*
 * A line "echo x" is answered with x; "wait" asks for a ticket, whose answer is "waited"; "much"
 * says a full output twice; "tls" asks for TLS, "bye" for the end.
 */
struct toy {
	struct talk talk;

	enum { TOY_LINE, TOY_TICKET, TOY_MUCH } state;

	bool ticket_out;
	unsigned n_much; /* still to say */
	struct buf seen; /* what talk called besides the steps */
};

TALK_FIRST(struct toy);

enum { MUCH = SESSION_OUT_HIGH };

static bool do_line(struct toy *t, struct slice line)
{
	if (slice_starts(line, lit("echo "))) {
		buf_add(&t->talk.out, slice_from(line, 5));
		buf_addc(&t->talk.out, '\n');
	} else if (slice_eq(line, lit("wait"))) {
		t->ticket_out = true;
		t->state = TOY_TICKET;
	} else if (slice_eq(line, lit("much"))) {
		t->n_much = 2;
		t->state = TOY_MUCH;
	} else if (slice_eq(line, lit("tls"))) {
		return talk_rest(&t->talk, NEED_TLS);
	} else if (slice_eq(line, lit("bye"))) {
		t->talk.closing = true;
	}
	return true;
}

static bool take_line(struct toy *t, struct slice in, size_t *used)
{
	size_t lf = slice_chr(in, '\n');

	if (in.len == 0 || lf == in.len)
		return talk_rest(&t->talk, NEED_INPUT);
	*used = lf + 1;
	return do_line(t, slice_head(in, lf));
}

static bool toy_step(void *arg, struct slice in, size_t *used)
{
	struct toy *t = arg;

	if (t->talk.closing || (t->talk.shutdown && t->state == TOY_LINE))
		return talk_rest(&t->talk, NEED_CLOSE);
	switch (t->state) {
	case TOY_LINE:
		return take_line(t, in, used);
	case TOY_TICKET:
		if (t->ticket_out)
			return talk_rest(&t->talk, NEED_WAKE);
		buf_add(&t->talk.out, lit("waited\n"));
		break;
	case TOY_MUCH:
		if (talk_full(&t->talk))
			return talk_rest(&t->talk, NEED_DRAIN);
		while (!talk_full(&t->talk))
			buf_addc(&t->talk.out, '.');
		if (--t->n_much > 0)
			return true;
		break;
	}
	t->state = TOY_LINE;
	return true;
}

static void toy_greet(void *arg)
{
	buf_add(&((struct toy *)arg)->talk.out, lit("hello\n"));
}

static void toy_rested(void *arg)
{
	buf_addc(&((struct toy *)arg)->seen, 'r');
}

static void toy_secured(void *arg)
{
	buf_addc(&((struct toy *)arg)->seen, 's');
}

static void toy_woken(void *arg, enum wake_why why)
{
	struct toy *t = arg;

	buf_addf(&t->seen, "w%d%s", (int)why, t->talk.hurry ? "!" : "");
}

static const struct talk_steps toy_steps = {
	.greet = toy_greet,
	.step = toy_step,
	.rested = toy_rested,
	.secured = toy_secured,
	.woken = toy_woken,
};

static void count_call(void *arg)
{
	++*(unsigned *)arg;
}

static void set_up(struct toy *t, unsigned *n_calls)
{
	*t = (struct toy){.state = TOY_LINE};
	talk_init(&t->talk, &toy_steps, 4 * (size_t)MUCH,
		n_calls ? (struct session_ready){count_call, n_calls} : (struct session_ready){0});
	buf_init(&t->seen, 4096);
	assert_int_equal(talk_start(t, 7), NEED_INPUT);
	assert_int_equal(t->talk.now_at, 7);
}

static void tear_down(struct toy *t)
{
	talk_fini(&t->talk);
	buf_fini(&t->seen);
}

static enum sess_need wake(struct toy *t, enum wake_why why)
{
	struct wake w = {why, 9};

	return talk_wake(t, &w);
}

static enum sess_need feed(struct toy *t, const char *text, size_t *used_out)
{
	return talk_feed(t, slice_str(text), 8, used_out);
}

/* ---- every cut ---- */

/* Do what the session needs besides input; false at the end. */
static bool serve(struct toy *t, enum sess_need need, struct buf *answer)
{
	buf_add(answer, buf_slice(talk_output(t)));
	buf_reset(talk_output(t));
	switch (need) {
	case NEED_DRAIN:
		return serve(t, talk_pump(t, 8), answer);
	case NEED_WAKE:
		t->ticket_out = false;
		return serve(t, wake(t, WAKE_TICKET), answer);
	case NEED_TLS:
		return serve(t, wake(t, WAKE_TLS), answer);
	case NEED_RETRY:
	case NEED_INPUT:
	case NEED_CLOSE:
		break;
	}
	return need != NEED_CLOSE;
}

/* As a conn does: what is not taken is offered again, with more behind it. */
static void converse(void *arg, const struct slice *pieces, size_t n, struct buf *answer)
{
	struct toy t;
	struct buf in;
	bool open;

	(void)arg;
	set_up(&t, NULL);
	buf_init(&in, 4096);
	open = serve(&t, NEED_INPUT, answer);
	for (size_t i = 0; i < n && open; i++) {
		size_t used;

		buf_add(&in, pieces[i]);
		do {
			struct slice copy = splits_copy(buf_slice(&in));
			enum sess_need need = talk_feed(&t, copy, 8, &used);

			buf_drop(&in, used);
			splits_free(copy);
			open = serve(&t, need, answer);
		} while (open && used > 0);
	}
	buf_addf(answer, "left %zu", in.len);
	buf_fini(&in);
	tear_down(&t);
}

static void every_cut(void **state)
{
	static const struct {
		const char *said, *answer;
	} rows[] = {
		{"",				 "hello\nleft 0"                      },
		{"echo a\necho b\necho",             "hello\na\nb\nleft 4"                },
		{"echo a\nwait\necho b\nwait\n",     "hello\na\nwaited\nb\nwaited\nleft 0"},
		{"tls\necho a\nwait\ntls\necho b\n", "hello\na\nwaited\nb\nleft 0"        },
		{"wait\nbye\n",                      "hello\nwaited\nleft 0"              },
		{"echo \n\necho  x\n",               "hello\n\n x\nleft 0"                },
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct buf answer;

		buf_init(&answer, 4096);
		assert_true(splits_check(converse, NULL, slice_str(rows[i].said), &answer));
		assert_buf(&answer, rows[i].answer);
		buf_fini(&answer);
	}
}

/* ---- rests ---- */

/* A full output stops the steps between two, input behind it stays, and pump goes on. */
static void drains(void **state)
{
	struct toy t;
	size_t used;

	(void)state;
	set_up(&t, NULL);
	assert_int_equal(feed(&t, "much\necho a\n", &used), NEED_DRAIN);
	assert_int_equal(used, 5);
	assert_int_equal(t.talk.out.len, MUCH);
	assert_int_equal(talk_pump(&t, 8), NEED_DRAIN);
	assert_int_equal(t.talk.out.len, MUCH);
	buf_reset(talk_output(&t));
	assert_int_equal(talk_pump(&t, 8), NEED_INPUT);
	assert_int_equal(t.talk.out.len, MUCH);
	assert_int_equal(feed(&t, "echo a\n", &used), NEED_INPUT);
	assert_int_equal(used, 7);
	tear_down(&t);
}

/* After the end nothing of the session is called, whatever comes. */
static void closed_for_good(void **state)
{
	struct toy t;
	size_t used = 1;

	(void)state;
	set_up(&t, NULL);
	assert_int_equal(feed(&t, "echo a\nbye\necho b\n", &used), NEED_CLOSE);
	assert_int_equal(used, 11);
	assert_buf(&t.talk.out, "hello\na\n");
	buf_reset(&t.seen);
	assert_int_equal(feed(&t, "echo b\n", &used), NEED_CLOSE);
	assert_int_equal(used, 0);
	assert_int_equal(talk_pump(&t, 8), NEED_CLOSE);
	for (int why = WAKE_TICKET; why <= WAKE_SHUTDOWN; why++)
		assert_int_equal(wake(&t, (enum wake_why)why), NEED_CLOSE);
	assert_buf(&t.seen, "");
	assert_buf(&t.talk.out, "hello\na\n");
	tear_down(&t);
}

/* Between NEED_TLS and the handshake nothing moves; a handshake that nobody asked for is none. */
static void secured_once(void **state)
{
	struct toy t;
	size_t used = 1;

	(void)state;
	set_up(&t, NULL);
	assert_int_equal(wake(&t, WAKE_TLS), NEED_INPUT);
	assert_buf(&t.seen, "r");
	assert_int_equal(feed(&t, "tls\necho a\n", &used), NEED_TLS);
	assert_int_equal(used, 4);
	buf_reset(&t.seen);
	assert_int_equal(feed(&t, "echo a\n", &used), NEED_TLS);
	assert_int_equal(used, 0);
	assert_int_equal(wake(&t, WAKE_NEWS), NEED_TLS);
	assert_buf(&t.seen, "");
	assert_int_equal(wake(&t, WAKE_TLS), NEED_INPUT);
	assert_buf(&t.seen, "sr");
	assert_int_equal(wake(&t, WAKE_TLS), NEED_INPUT);
	assert_buf(&t.seen, "srr");
	tear_down(&t);
}

/* The first shutdown waits for what is under way, the second says so. */
static void shut_down(void **state)
{
	struct toy t;
	size_t used;
	char want[32];

	(void)state;
	set_up(&t, NULL);
	assert_int_equal(feed(&t, "wait\n", &used), NEED_WAKE);
	buf_reset(&t.seen);
	assert_int_equal(wake(&t, WAKE_SHUTDOWN), NEED_WAKE);
	assert_true(t.talk.shutdown);
	assert_false(t.talk.hurry);
	assert_int_equal(wake(&t, WAKE_SHUTDOWN), NEED_WAKE);
	assert_true(t.talk.hurry);
	snprintf(want, sizeof want, "w%drw%d!r", WAKE_SHUTDOWN, WAKE_SHUTDOWN);
	assert_buf(&t.seen, want);
	t.ticket_out = false;
	assert_int_equal(wake(&t, WAKE_TICKET), NEED_CLOSE);
	assert_buf(&t.talk.out, "hello\nwaited\n");
	tear_down(&t);
}

/* Before the handshake a shutdown is kept in mind. */
static void shut_down_before_tls(void **state)
{
	struct toy t;
	size_t used;

	(void)state;
	set_up(&t, NULL);
	assert_int_equal(feed(&t, "tls\n", &used), NEED_TLS);
	assert_int_equal(wake(&t, WAKE_SHUTDOWN), NEED_TLS);
	assert_int_equal(wake(&t, WAKE_TLS), NEED_CLOSE);
	tear_down(&t);
}

/* ---- tickets and memory ---- */

static void ready_once_a_wake(void **state)
{
	struct toy t;
	unsigned n_calls = 0;

	(void)state;
	set_up(&t, &n_calls);
	talk_ready(&t.talk);
	talk_ready(&t.talk);
	assert_int_equal(n_calls, 1);
	wake(&t, WAKE_NEWS);
	talk_ready(&t.talk);
	assert_int_equal(n_calls, 1);
	wake(&t, WAKE_TICKET);
	assert_int_equal(t.talk.now_at, 9);
	talk_ready(&t.talk);
	assert_int_equal(n_calls, 2);
	tear_down(&t);
}

static void put_away(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	buf_add(&b, lit("little"));
	talk_put_away(&b);
	assert_int_equal(b.len, 0);
	assert_int_not_equal(b.cap, 0);
	assert_true(buf_room(&b, TALK_IDLE_KEEP + 1));
	b.bad = true;
	talk_put_away(&b);
	assert_int_equal(b.cap, 0);
	assert_false(b.bad);
	buf_fini(&b);
}

/* Only `step` is a must. */
static void bare(void **state)
{
	static const struct talk_steps steps = {.step = toy_step};
	struct toy t = {.state = TOY_LINE};
	size_t used;

	(void)state;
	talk_init(&t.talk, &steps, 4096, (struct session_ready){0});
	assert_int_equal(talk_start(&t, 1), NEED_INPUT);
	assert_int_equal(feed(&t, "echo a\ntls\n", &used), NEED_TLS);
	assert_int_equal(wake(&t, WAKE_TLS), NEED_INPUT);
	assert_int_equal(wake(&t, WAKE_NEWS), NEED_INPUT);
	talk_ready(&t.talk);
	assert_buf(&t.talk.out, "a\n");
	tear_down(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut),
		cmocka_unit_test(drains),
		cmocka_unit_test(closed_for_good),
		cmocka_unit_test(secured_once),
		cmocka_unit_test(shut_down),
		cmocka_unit_test(shut_down_before_tls),
		cmocka_unit_test(ready_once_a_wake),
		cmocka_unit_test(put_away),
		cmocka_unit_test(bare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
