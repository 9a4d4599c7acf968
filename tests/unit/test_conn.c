/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A conn with a toy session over a socket pair: whatever the cuts, each line is answered in order;
 * waiting, draining, time limits and the end behave.
 */
#include "tests/rig/unit.h"

#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/conn.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { LIMIT_MS = 10000 };

/* ---- the session: one line, one answer ---- */

struct toy {
	struct buf out;
	struct session_ready ready;
	struct loop *loop;
	struct conn *conn;
	bool *freed;
	size_t to_send; /* of BIG, still */
	size_t holds;   /* since HOLD */
	bool keeps;     /* what it holds, when told that memory is full */
	int n_retries;
	bool in;
};

struct rig {
	struct loop *loop;
	struct conn_set *set;
	struct conn_budget budget;
	struct conn_opts o;
	struct toy *toy;
	int fd; /* our end */
	sem_t closed;
	char why[80];
	bool freed;
};

static enum sess_need toy_big(struct toy *t)
{
	char block[1000];

	memset(block, 'b', sizeof block);
	while (t->to_send > 0 && t->out.len < SESSION_OUT_HIGH) {
		size_t n = t->to_send < sizeof block ? t->to_send : sizeof block;

		buf_add(&t->out, slice_of(block, n));
		t->to_send -= n;
	}
	return t->to_send > 0 ? NEED_DRAIN : NEED_INPUT;
}

static void toy_answered(void *arg)
{
	struct toy *t = arg;

	t->ready.fn(t->ready.arg);
}

static enum sess_need toy_line(struct toy *t, struct slice line)
{
	uint64_t n;

	if (slice_eq(line, lit("QUIT")))
		return buf_addz(&t->out, "bye\n"), NEED_CLOSE;
	if (slice_eq(line, lit("WAIT")))
		return loop_post(t->loop, toy_answered, t), NEED_WAKE;
	if (slice_eq(line, lit("RETRY")))
		return t->n_retries = 3, NEED_RETRY;
	if (slice_eq(line, lit("LOGIN")))
		t->in = true;
	if (slice_starts(line, lit("HOLD ")) && text_number(slice_from(line, 5), 1 << 30, &n))
		t->holds = (size_t)n;
	if (slice_eq(line, lit("KEEP")))
		t->keeps = true;
	if (slice_eq(line, lit("TLS")))
		return NEED_TLS;
	if (slice_eq(line, lit("SHUT")))
		conn_close(t->conn, "by what it called");
	if (slice_starts(line, lit("BIG ")) && text_number(slice_from(line, 4), 1 << 30, &n))
		return t->to_send = (size_t)n, toy_big(t);
	buf_add(&t->out, line);
	buf_addc(&t->out, '\n');
	return NEED_INPUT;
}

static enum sess_need toy_start(void *s, int64_t now_at)
{
	(void)now_at;
	buf_addz(&((struct toy *)s)->out, "hello\n");
	return NEED_INPUT;
}

static enum sess_need toy_feed(void *s, struct slice in, int64_t now_at, size_t *used_out)
{
	enum sess_need need = NEED_INPUT;

	(void)now_at;
	*used_out = 0;
	while (need == NEED_INPUT) {
		struct slice rest = slice_from(in, *used_out);
		size_t end = slice_chr(rest, '\n');

		if (end == rest.len)
			break;
		need = toy_line(s, slice_head(rest, end));
		*used_out += end + 1;
	}
	return need;
}

static enum sess_need toy_pump(void *s, int64_t now_at)
{
	(void)now_at;
	return toy_big(s);
}

static enum sess_need toy_wake(void *s, const struct wake *w)
{
	struct toy *t = s;

	if (w->why == WAKE_SHUTDOWN)
		return buf_addz(&t->out, "shutdown\n"), NEED_CLOSE;
	if (w->why == WAKE_RETRY && --t->n_retries > 0)
		return NEED_RETRY;
	if (w->why == WAKE_FULL)
		return t->holds = t->keeps ? t->holds : 0, buf_addz(&t->out, "full\n"), NEED_INPUT;
	buf_addz(&t->out, w->why == WAKE_RETRY ? "retried\n" : "woken\n");
	return NEED_INPUT;
}

static struct buf *toy_output(void *s)
{
	return &((struct toy *)s)->out;
}

static bool toy_logged_in(void *s)
{
	return ((struct toy *)s)->in;
}

static void toy_free(void *s)
{
	struct toy *t = s;

	*t->freed = true;
	buf_fini(&t->out);
	free(t);
}

static size_t toy_held(void *s)
{
	return ((struct toy *)s)->holds;
}

static const struct session_ops toy_ops = {.name = "toy",
	.start = toy_start,
	.feed = toy_feed,
	.pump = toy_pump,
	.wake = toy_wake,
	.output = toy_output,
	.logged_in = toy_logged_in,
	.held = toy_held,
	.free = toy_free};

/* ---- the rig ---- */

static void *on_open(void *arg, struct conn *c)
{
	struct rig *r = arg;

	r->toy = mem_new(struct toy);
	r->toy->conn = c;
	r->toy->ready = conn_ready(c);
	r->toy->loop = conn_loop(c);
	r->toy->freed = &r->freed;
	buf_init(&r->toy->out, 4 * SESSION_OUT_HIGH);
	return r->toy;
}

static void on_closed(void *arg, struct conn *c, const char *why)
{
	struct rig *r = arg;

	(void)c;
	snprintf(r->why, sizeof r->why, "%s", why);
	sem_post(&r->closed);
}

static const struct conn_hooks hooks = {.open = on_open, .closed = on_closed};

static void begin_conn(void *arg)
{
	struct rig *r = arg;

	(void)conn_new(r->set, &r->o);
}

static void rig_open(struct rig *r, struct conn_times times)
{
	int fds[2];

	memset(r, 0, sizeof *r);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	sem_init(&r->closed, 0, 0);
	r->fd = fds[0];
	r->loop = loop_new(0);
	r->set = conn_set_new(r->loop, NULL, &r->budget);
	r->o = (struct conn_opts){
		.fd = fds[1], .ops = &toy_ops, .hooks = &hooks, .arg = r, .times = times};
	loop_post(r->loop, begin_conn, r);
	loop_start(r->loop);
}

static void rig_close(struct rig *r)
{
	loop_stop(r->loop);
	loop_join(r->loop);
	conn_set_free(r->set);
	loop_free(r->loop);
	assert_true(r->freed);
	close(r->fd);
	sem_destroy(&r->closed);
}

static bool wait_fd(struct rig *r, short what)
{
	struct pollfd p = {.fd = r->fd, .events = what};

	return poll(&p, 1, LIMIT_MS) == 1;
}

/* Read exactly the bytes of want. */
static void expect(struct rig *r, const char *want)
{
	char got[256];
	size_t n = 0, len = strlen(want);

	while (n < len) {
		assert_true(wait_fd(r, POLLIN));
		ssize_t k = recv(r->fd, got + n, len - n, 0);
		assert_true(k > 0);
		n += (size_t)k;
	}
	assert_slice(slice_of(got, n), want);
}

static void expect_end(struct rig *r, const char *why)
{
	char c;

	assert_true(wait_fd(r, POLLIN));
	assert_true(recv(r->fd, &c, 1, 0) <= 0);
	shutdown(r->fd, SHUT_RDWR);
	sem_wait(&r->closed);
	assert_string_equal(r->why, why);
}

static void say(struct rig *r, const char *text)
{
	assert_int_equal(send(r->fd, text, strlen(text), 0), strlen(text));
}

/* ---- tests ---- */

static const struct conn_times no_limits = {0, 0, 0};

static void answers_in_every_cut(void **state)
{
	static const char text[] = "one\nWAIT\ntwo\nRETRY\nthree\n";
	struct rig r;

	(void)state;
	rig_open(&r, no_limits);
	expect(&r, "hello\n");
	for (size_t cut = 0; cut < sizeof text - 1; cut++) {
		assert_true(send(r.fd, text, cut, 0) >= 0);
		assert_true(send(r.fd, text + cut, sizeof text - 1 - cut, 0) > 0);
		expect(&r, "one\nwoken\ntwo\nretried\nthree\n");
	}
	for (size_t i = 0; i < sizeof text - 1; i++)
		assert_int_equal(send(r.fd, text + i, 1, 0), 1);
	expect(&r, "one\nwoken\ntwo\nretried\nthree\n");
	say(&r, "QUIT\nignored\n");
	expect(&r, "bye\n");
	expect_end(&r, "closed");
	rig_close(&r);
}

/* More output than any buffer holds arrives whole, and what was asked behind it. */
static void drains(void **state)
{
	enum { N = 5000000 };
	struct rig r;
	char block[50000];
	size_t n = 0;

	(void)state;
	rig_open(&r, no_limits);
	expect(&r, "hello\n");
	say(&r, "BIG 5000000\nafter\n");
	while (n < N) {
		size_t want = N - n < sizeof block ? N - n : sizeof block;

		assert_true(wait_fd(&r, POLLIN));
		ssize_t k = recv(r.fd, block, want, 0);
		assert_true(k > 0);
		n += (size_t)k;
	}
	expect(&r, "after\n");
	rig_close(&r);
}

static void closes_with_the_other_end(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, no_limits);
	say(&r, "last\n");
	shutdown(r.fd, SHUT_WR);
	expect(&r, "hello\nlast\n");
	expect_end(&r, "closed by the other end");
	rig_close(&r);
}

/* Whom the session calls may close the conn, whatever the session wants then. */
static void closed_from_within(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, no_limits);
	say(&r, "one\nSHUT\n");
	expect(&r, "hello\none\nSHUT\n");
	expect_end(&r, "by what it called");
	rig_close(&r);
}

static void nothing_behind_starttls(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, no_limits);
	expect(&r, "hello\n");
	say(&r, "TLS\nsmuggled\n");
	expect_end(&r, "input behind STARTTLS");
	rig_close(&r);
}

/* Single bytes do not keep a conn alive that has said nothing. */
static void first_command_in_time(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, (struct conn_times){.login_s = 1, .idle_s = 100});
	expect(&r, "hello\n");
	for (int i = 0; i < 100 && send(r.fd, "x", 1, MSG_NOSIGNAL) == 1; i++)
		usleep(50000);
	expect_end(&r, "no command in time");
	assert_int_equal(conn_set_late(r.set), 1);
	rig_close(&r);
}

/* Nor do they when it has: a line that was begun must end. */
static void line_in_time(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, (struct conn_times){.login_s = 1, .idle_s = 100});
	say(&r, "first\n");
	expect(&r, "hello\nfirst\n");
	for (int i = 0; i < 100 && send(r.fd, "x", 1, MSG_NOSIGNAL) == 1; i++)
		usleep(50000);
	expect_end(&r, "no command in time");
	rig_close(&r);
}

static void idle(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, (struct conn_times){.login_s = 100, .idle_s = 1});
	expect(&r, "hello\n");
	say(&r, "LOGIN\n");
	expect(&r, "LOGIN\n");
	expect_end(&r, "idle");
	rig_close(&r);
}

static void stalled(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, (struct conn_times){.stall_s = 1});
	say(&r, "BIG 50000000\n");
	sem_wait(&r.closed);
	assert_string_equal(r.why, "output stalled");
	rig_close(&r);
}

static void shut_down(void *arg)
{
	conn_set_shutdown(((struct rig *)arg)->set);
}

static void shutdown_is_told(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, no_limits);
	expect(&r, "hello\n");
	assert_int_equal(conn_set_count(r.set), 1);
	loop_post(r.loop, shut_down, &r);
	expect(&r, "shutdown\n");
	expect_end(&r, "closed");
	assert_int_equal(conn_set_count(r.set), 0);
	rig_close(&r);
}

/*
 * Over the budget small ones stay; who takes more is asked to drop it; who does not and takes still
 * more is cut off, and what he held is free again.
 */
static void memory_is_bounded(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, no_limits);
	atomic_store(&r.budget.max, 100000);
	expect(&r, "hello\n");
	say(&r, "HOLD 90000\nHOLD 100000\nHOLD 50\nHOLD 90000\n");
	expect(&r, "HOLD 90000\nHOLD 100000\nHOLD 50\nHOLD 90000\n");
	assert_int_equal(atomic_load(&r.budget.held), 90000);
	atomic_fetch_add(&r.budget.held, 1000000); /* others */
	say(&r, "HOLD 60000\n");
	expect(&r, "HOLD 60000\n");
	for (int i = 0; i < 2; i++) {
		say(&r, "HOLD 70000\n");
		expect(&r, "HOLD 70000\nfull\n");
	}
	assert_int_equal(atomic_load(&r.budget.held), 1000000);
	say(&r, "KEEP\nHOLD 70000\n");
	expect(&r, "KEEP\nHOLD 70000\nfull\n");
	say(&r, "HOLD 70001\n");
	sem_wait(&r.closed);
	assert_string_equal(r.why, "memory for articles that are being received is full");
	assert_int_equal(atomic_load(&r.budget.held), 1000000);
	assert_int_equal(atomic_load(&r.budget.n_dropped), 2);
	assert_int_equal(atomic_load(&r.budget.n_cut), 1);
	rig_close(&r);
}

static void endless_line(void **state)
{
	static char block[100000];
	struct rig r;

	(void)state;
	memset(block, 'x', sizeof block);
	rig_open(&r, no_limits);
	for (int i = 0; i < 1000; i++) {
		ssize_t n = send(r.fd, block, sizeof block, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			break;
		if (n < 0 && !wait_fd(&r, POLLOUT))
			fail();
	}
	sem_wait(&r.closed);
	assert_string_equal(r.why, "too much input is waiting");
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_in_every_cut),
		cmocka_unit_test(drains),
		cmocka_unit_test(closes_with_the_other_end),
		cmocka_unit_test(closed_from_within),
		cmocka_unit_test(nothing_behind_starttls),
		cmocka_unit_test(first_command_in_time),
		cmocka_unit_test(line_in_time),
		cmocka_unit_test(idle),
		cmocka_unit_test(stalled),
		cmocka_unit_test(shutdown_is_told),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(endless_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
