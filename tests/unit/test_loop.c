/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Posts run in order on their loop's thread; the pool answers at home, in time or refused. */
#include "tests/rig/unit.h"

#include <semaphore.h>
#include <stdatomic.h>

#include "daemon/loop.h"
#include "daemon/pool.h"
#include "proto/base/err.h"

enum { N_POSTS = 10000 };

struct order {
	struct loop *loop;
	int next;
	bool wrong;
	sem_t done;
};

struct numbered {
	struct order *o;
	int n;
};

static void on_numbered(void *arg)
{
	struct numbered *m = arg;
	struct order *o = m->o;

	o->wrong = o->wrong || m->n != o->next || loop_current() != o->loop;
	if (++o->next == N_POSTS)
		sem_post(&o->done);
}

static void posts_keep_order(void **state)
{
	static struct numbered m[N_POSTS];
	struct order o = {.loop = loop_new(1)};

	(void)state;
	sem_init(&o.done, 0, 0);
	loop_start(o.loop);
	for (int i = 0; i < N_POSTS; i++) {
		m[i] = (struct numbered){&o, i};
		loop_post(o.loop, on_numbered, &m[i]);
	}
	sem_wait(&o.done);
	assert_false(o.wrong);
	assert_null(loop_current());
	loop_stop(o.loop);
	loop_join(o.loop);
	loop_free(o.loop);
	sem_destroy(&o.done);
}

static void count_up(void *arg)
{
	++*(int *)arg;
}

static void free_runs_what_is_left(void **state)
{
	struct loop *l = loop_new(1);
	int n = 0;

	(void)state;
	loop_post(l, count_up, &n);
	loop_post(l, count_up, &n);
	assert_int_equal(n, 0);
	loop_free(l);
	assert_int_equal(n, 2);
}

struct task {
	sem_t *gate; /* work waits here */
	sem_t *started, *done;
	bool worked;
};

static void work(void *arg)
{
	struct task *t = arg;

	sem_post(t->started);
	sem_wait(t->gate);
	t->worked = true;
}

static void done(void *arg)
{
	sem_post(((struct task *)arg)->done);
}

static void pool_is_bounded(void **state)
{
	struct loop *l = loop_new(1);
	struct pool *p = pool_new(1, 1);
	sem_t gate, started, ended;

	(void)state;
	sem_init(&gate, 0, 0);
	sem_init(&started, 0, 0);
	sem_init(&ended, 0, 0);
	struct task t[3];
	for (int i = 0; i < 3; i++)
		t[i] = (struct task){&gate, &started, &ended, false};

	loop_start(l);
	assert_int_equal(pool_run(p, l, work, done, &t[0]), 0);
	sem_wait(&started); /* it runs, so it is not queued any more */
	assert_int_equal(pool_run(p, l, work, done, &t[1]), 0);
	assert_int_equal(pool_queued(p), 1);
	assert_int_equal(pool_run(p, l, work, done, &t[2]), KERR_BUSY);
	sem_post(&gate);
	sem_post(&gate);
	sem_wait(&ended);
	sem_wait(&ended);
	assert_true(t[0].worked && t[1].worked && !t[2].worked);
	pool_free(p);
	loop_stop(l);
	loop_join(l);
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(posts_keep_order),
		cmocka_unit_test(free_runs_what_is_left),
		cmocka_unit_test(pool_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
