/* SPDX-License-Identifier: GPL-3.0-or-later */
/* News reaches every watch with the last number, and a thousand commits make few calls. */
#include "tests/rig/unit.h"

#include <semaphore.h>

#include "daemon/hub.h"

struct watcher {
	struct hub_watch w;
	struct hub *hub;
	sem_t gate, done;
	int n_calls;
	uint64_t seen, until;
};

static void on_news(void *arg, uint64_t last_seq)
{
	struct watcher *w = arg;

	w->n_calls++;
	assert_true(last_seq >= w->seen);
	w->seen = last_seq;
	if (last_seq == w->until) {
		hub_unwatch(&w->w);
		sem_post(&w->done);
	}
}

static void wait_at_gate(void *arg)
{
	sem_wait(&((struct watcher *)arg)->gate);
}

static void news_is_merged(void **state)
{
	enum { N = 1000 };
	struct loop *loops[2] = {loop_new(0), loop_new(1)};
	struct hub *h = hub_new(loops, 2);
	struct watcher w = {.hub = h, .until = N};

	(void)state;
	sem_init(&w.gate, 0, 0);
	sem_init(&w.done, 0, 0);
	w.w = (struct hub_watch){.fn = on_news, .arg = &w};
	hub_watch(h, loops[1], &w.w);
	loop_post(loops[1], wait_at_gate, &w);
	loop_start(loops[1]);
	for (uint64_t seq = 1; seq <= N; seq++)
		hub_publish(h, seq);
	sem_post(&w.gate);
	sem_wait(&w.done);
	assert_int_equal(w.n_calls, 1);
	hub_publish(h, N + 1); /* nobody watches any more */
	loop_stop(loops[1]);
	loop_join(loops[1]);
	assert_int_equal(w.n_calls, 1);
	loop_free(loops[0]);
	loop_free(loops[1]);
	hub_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(news_is_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
