/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A timer on each loop copies its counters under a lock. */
#include "daemon/stats.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>

#include "proto/base/mem.h"

struct loop_stats {
	struct stats *all;
	struct event on_tick;
	struct door_stats live;  /* its loop only */
	struct door_stats shown; /* under the lock */
};

struct stats {
	pthread_mutex_t lock;
	unsigned n_loops;
	struct loop_stats *loops;
};

static void show(evutil_socket_t fd, short what, void *arg)
{
	struct loop_stats *l = arg;

	(void)fd;
	(void)what;
	pthread_mutex_lock(&l->all->lock);
	l->shown = l->live;
	pthread_mutex_unlock(&l->all->lock);
}

struct stats *stats_new(struct loop **loops, unsigned n_loops)
{
	const struct timeval second = {.tv_sec = 1};
	struct stats *s = mem_new(struct stats);

	pthread_mutex_init(&s->lock, NULL);
	s->n_loops = n_loops;
	s->loops = mem_array(n_loops, sizeof *s->loops);
	for (unsigned i = 0; i < n_loops; i++) {
		struct loop_stats *l = &s->loops[i];

		l->all = s;
		event_assign(&l->on_tick, loop_base(loops[i]), -1, EV_PERSIST, show, l);
		event_add(&l->on_tick, &second);
	}
	return s;
}

void stats_free(struct stats *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->n_loops; i++)
		event_del(&s->loops[i].on_tick);
	pthread_mutex_destroy(&s->lock);
	free(s->loops);
	free(s);
}

struct door_stats *stats_live(struct stats *s, const struct loop *loop)
{
	return &s->loops[loop_index(loop)].live;
}

void stats_sum(struct stats *s, struct door_stats *out)
{
	enum { N = sizeof *out / sizeof(uint64_t) };

	uint64_t sum[N] = {0}, one[N];

	_Static_assert(sizeof *out == N * sizeof(uint64_t), "counters only");
	pthread_mutex_lock(&s->lock);
	for (unsigned i = 0; i < s->n_loops; i++) {
		memcpy(one, &s->loops[i].shown, sizeof one);
		for (size_t k = 0; k < N; k++)
			sum[k] += one[k];
	}
	pthread_mutex_unlock(&s->lock);
	memcpy(out, sum, sizeof *out);
}
