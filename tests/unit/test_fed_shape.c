/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries made ready for the store, here or in the pool: in their order, and never too early. */
#include "tests/rig/unit.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <unistd.h>

#include "daemon/crypto_ossl.h"
#include "daemon/fed_shape.h"
#include "proto/base/mem.h"
#include "tests/rig/store_rig.h"

enum {
	N = 30,
	LOT = 8,
	MANY = 16,
	TASKS = 1000000, /* the pool takes */
	LIMIT_MS = 20000,
};

#define GROUP "kreisa.forum"
#define HEAD                                                                                       \
	"Path: a.example!not-for-mail\r\nFrom: Anna <anna@a.example>\r\n"                          \
	"Date: Sun, 22 Nov 2026 01:00:00 +0000\r\nNewsgroups: " GROUP "\r\nSubject: Frage\r\n"
#define BODY "\r\neins\r\nzwei\r\n"

static struct store_rig rig;
static struct daemon d;
static struct fed fed;
static struct fed_group group;
static struct fed_feed feed;
static struct store_entry entries[N];
static struct fed_shape shapes[N];
static unsigned turns[N], n_turns, n_soon; /* whose turn it was */
static bool queueing, closed;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void on_turn(struct fed_shape *s)
{
	assert_false(queueing);
	turns[n_turns++] = (unsigned)(s - shapes);
}

static void on_soon(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	n_soon++;
}

static int set_up(void **state)
{
	(void)state;
	rig_open_mem(&rig);
	d = (struct daemon){.store = rig.s, .pool = pool_new(1, TASKS)};
	fed = (struct fed){.d = &d, .loop = loop_new(0), .name = "b.example"};
	list_init(&fed.shapes);
	event_assign(&fed.on_soon, loop_base(fed.loop), -1, 0, on_soon, NULL);
	group = (struct fed_group){.group = lit(GROUP)};
	feed = (struct fed_feed){.low = 1};
	memset(shapes, 0, sizeof shapes);
	memset(entries, 0, sizeof entries);
	n_turns = n_soon = 0;
	rig_group(&rig, GROUP);
	return 0;
}

static void open_gate(void)
{
	if (closed)
		pthread_mutex_unlock(&gate);
	closed = false;
}

static int tear_down(void **state)
{
	(void)state;
	open_gate();
	queueing = false;
	pool_free(d.pool);
	loop_flush(fed.loop);
	for (unsigned i = 0; i < N; i++)
		fed_shape_fini(&shapes[i]);
	event_del(&fed.on_soon);
	loop_free(fed.loop);
	rig_close(&rig);
	return 0;
}

/* ---- helpers ---- */

/* Shape i, of an article with this head and body; "": a stub. */
static int init_as(unsigned i, const char *head, const char *body, enum fed_kind kind)
{
	char mid[32];
	struct buf text;
	struct fed_take t = {
		.feed = &feed,
		.link = {.n = i + 1, .t = 1795309201},
		.kind = kind,
		.group = &group
        };

	snprintf(mid, sizeof mid, "<%u@a.example>", i);
	buf_init(&text, 4096);
	if (head[0])
		buf_addf(&text, "%sMessage-ID: %s\r\n%s", head, mid, body);
	t.mid = slice_str(mid);
	t.article = buf_slice(&text);
	entries[i] = (struct store_entry){
		.feed = lit("feed"), .first = 1, .n = i + 1, .kind = ENTRY_ARTICLE};
	shapes[i] = (struct fed_shape){.f = &fed, .entry = &entries[i], .turn = on_turn};
	int rc = fed_shape_init(&shapes[i], &t);
	if (head[0])
		memset((char *)t.article.p, 'x', t.article.len); /* it was copied */
	memset(mid, 'x', sizeof mid);
	buf_fini(&text);
	return rc;
}

static void init(unsigned i)
{
	assert_int_equal(init_as(i, HEAD, BODY, FED_ARTICLE), 0);
}

static void queue(unsigned i)
{
	queueing = true;
	fed_shape_queue(&shapes[i]);
	queueing = false;
}

/* What the pool has done comes in, until it was the turn of so many. */
static void wait_turns(unsigned n)
{
	for (unsigned ms = 0; n_turns < n && ms < LIMIT_MS; ms++) {
		loop_flush(fed.loop);
		usleep(1000);
	}
	assert_int_equal(n_turns, n);
}

static void in_order(unsigned n)
{
	wait_turns(n);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(turns[i], i);
	assert_true(list_empty(&fed.shapes));
	assert_int_equal(fed.shape_bytes, 0);
}

static void wait_gate(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
}

static void nothing(void *arg)
{
	(void)arg;
}

/* The one thread of the pool has something else to do until the gate is opened. */
static void close_gate(void)
{
	pthread_mutex_lock(&gate);
	closed = true;
	assert_int_equal(pool_run(d.pool, fed.loop, wait_gate, nothing, NULL), 0);
	while (pool_queued(d.pool) > 0)
		usleep(1000);
}

static void *free_pool(void *arg)
{
	pool_free(arg);
	return NULL;
}

/* The gate is opened when the pool does not go on to what is queued any more. */
static void end_pool(void)
{
	pthread_t by;

	assert_int_equal(pthread_create(&by, NULL, free_pool, d.pool), 0);
	while (pool_run(d.pool, fed.loop, nothing, nothing, NULL) == 0)
		usleep(1000);
	open_gate();
	pthread_join(by, NULL);
	d.pool = NULL;
}

/* ---- one ---- */

static bool has(struct slice text, struct slice part)
{
	return slice_find(text, part) < text.len;
}

static bool row_on(void *arg, const struct row *r)
{
	struct row *want = arg;

	assert_int_equal(r->lines, want->lines);
	assert_true(has(r->overview, lit("Frage\tAnna <anna@a.example>\t")));
	assert_true(has(r->overview, lit("<0@a.example>")));
	assert_true(has(r->structure, lit("Frage")));
	assert_int_equal(r->arrived_at, 1795309201);
	want->num = r->num;
	return true;
}

/* What readers are shown is there when it is stored, and that it is an entry of its feed. */
static void test_made(void **state)
{
	struct store_call c = rig_call(&rig);
	struct row want = {.lines = 2};
	struct entry_rec e = {0};
	struct group_rec g;

	(void)state;
	init(0);
	fed_shape_make(&shapes[0]);
	assert_int_equal(shapes[0].rc, 0);
	assert_non_null(shapes[0].made);
	assert_int_equal(store_post_made(rig.s, shapes[0].made, &c), 0);
	shapes[0].made = NULL;
	assert_int_equal(rig_run(&rig), 0);

	struct view *v = rig_view(&rig);
	assert_int_equal(view_group_named(v, 0, lit(GROUP), &g), 0);
	assert_int_equal(view_rows(v, g.id, 1, 10,
				 (enum rows_flags)(ROWS_OVERVIEW | ROWS_STRUCTURE), row_on, &want),
		0);
	assert_int_equal(want.num, 1);
	assert_int_equal(view_entry_of(v, lit("<0@a.example>"), &e), 0);
	assert_int_equal(e.n, 1);
	view_close(v);
}

/* A control entry stands in no group. */
static void test_control(void **state)
{
	struct store_call c = rig_call(&rig);

	(void)state;
	assert_int_equal(init_as(0, HEAD "Control: kokod members\r\n", BODY, FED_CONTROL), 0);
	fed_shape_make(&shapes[0]);
	assert_int_equal(store_post_made(rig.s, shapes[0].made, &c), 0);
	shapes[0].made = NULL;
	assert_int_equal(rig_run(&rig), 0);
	assert_int_equal(rig.res.n_places, 0);
}

static void test_no_content(void **state)
{
	(void)state;
	assert_int_equal(init_as(0, "", "", FED_ARTICLE), 0);
	fed_shape_make(&shapes[0]);
	assert_int_equal(shapes[0].rc, 0);
	assert_null(shapes[0].made);
	assert_int_equal(init_as(1, "no head\r\n", BODY, FED_ARTICLE), 0);
	fed_shape_make(&shapes[1]);
	assert_true(shapes[1].rc < 0);
	assert_null(shapes[1].made);
	group.group = lit("kreisa.other");
	assert_int_equal(init_as(2, HEAD, BODY, FED_ARTICLE), KERR_BUSY);
}

/* ---- many ---- */

/* In their order, though the pool has not made the first when others are ready. */
static void test_order(void **state)
{
	(void)state;
	close_gate();
	for (unsigned i = 0; i < N; i++) {
		if (i % 5 == 3) /* nothing is to be made of it */
			assert_int_equal(init_as(i, "", "", FED_ARTICLE), 0);
		else
			init(i);
		queue(i);
	}
	event_base_loop(loop_base(fed.loop), EVLOOP_NONBLOCK);
	assert_true(n_soon > 0); /* the rest is asked for */
	fed_shapes_rest(&fed);
	loop_flush(fed.loop);
	assert_int_equal(n_turns, 0);
	open_gate();
	in_order(N);
	for (unsigned i = 0; i < N; i++)
		assert_true(shapes[i].rc == 0 && (shapes[i].made != NULL) == (i % 5 != 3));
}

/* A lot that is not full goes when the loop is about to sleep, and not before. */
static void test_rest(void **state)
{
	(void)state;
	close_gate();
	for (unsigned i = 0; i < LOT + 1; i++) {
		init(i);
		queue(i);
	}
	assert_int_equal(pool_queued(d.pool), 1);
	fed_shapes_rest(&fed);
	assert_int_equal(pool_queued(d.pool), 2);
	open_gate();
	in_order(LOT + 1);
}

/* The pool takes nothing more: it is made here. */
static void test_pool_full(void **state)
{
	(void)state;
	pool_free(d.pool);
	d.pool = pool_new(1, 0);
	for (unsigned i = 0; i < LOT; i++) {
		init(i);
		queue(i);
	}
	assert_int_equal(n_turns, 0);
	fed_shapes_rest(&fed);
	in_order(LOT);
	assert_non_null(shapes[0].made);
}

/* With much in memory nothing more is sent out. */
static void test_much(void **state)
{
	(void)state;
	close_gate();
	init(0);
	fed.shape_bytes = 8 * 1024 * 1024;
	queue(0);
	assert_non_null(shapes[0].made);
	fed_shapes_rest(&fed);
	assert_int_equal(n_turns, 1);
	fed.shape_bytes = 0;
	open_gate();
}

static void test_when(void **state)
{
	(void)state;
	fed.n_storing = MANY;
	assert_false(fed_shapes_many(&fed));
	fed.n_storing = MANY + 1;
	assert_true(fed_shapes_many(&fed));
	fed.n_storing = 0;
	init(0);
	queue(0);
	assert_true(fed_shapes_many(&fed)); /* the next one must not overtake it */
	fed_shapes_rest(&fed);
	in_order(1);
}

/* The daemon ends before the pool has come to it: its turn comes, with the reason. */
static void test_ended(void **state)
{
	(void)state;
	close_gate();
	for (unsigned i = 0; i < 2; i++) {
		init(i);
		queue(i);
	}
	fed_shapes_rest(&fed);
	end_pool();
	in_order(2);
	assert_int_equal(shapes[0].rc, KERR_CLOSED);
	assert_null(shapes[0].made);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_control, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_content, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pool_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_much, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_when, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ended, set_up, tear_down),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
