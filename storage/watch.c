/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rounds of care on a thread of its own, so that whoever hangs with a view open cannot stop them.
 * A process that has such a view for a minute is ended: started anew it serves, and its file no
 * longer grows.
 */
#include "storage/watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "proto/base/log.h"
#include "proto/base/mem.h"

struct watch_thread {
	pthread_t id;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool ending;
};

static void look_at_views(struct watch *w, const struct kv_care *care)
{
	bool old = care->n_rounds >= WATCH_TELL_ROUNDS;

	if (care->n_dead > 0)
		log_info("store.readers", "dead=%u", care->n_dead);
	if (old && !w->told_view)
		log_warn("store.view", "open_s=%d", (int)(care->n_rounds - 1) * WATCH_S);
	w->told_view = old;
}

static void look_at_map(struct watch *w, uint64_t bytes_free)
{
	struct kv_stat st;

	if (kv_stat(w->kv, &st) < 0)
		return;
	uint64_t used = st.bytes_used - (bytes_free < st.bytes_used ? bytes_free : st.bytes_used);
	bool high = used / WATCH_MAP_PERCENT >= st.bytes_map / 100;

	if (high && !atomic_load(&w->map_high))
		log_warn("store.map", "used=%llu map=%llu why=\"raise store.map-size\"",
			(unsigned long long)used, (unsigned long long)st.bytes_map);
	atomic_store(&w->map_high, high);
	atomic_store(&w->bytes_free, bytes_free);
}

bool watch_round(struct watch *w)
{
	struct kv_care care = {0};
	int rc = kv_tend(w->kv, &care);

	if (rc < 0)
		log_warn("store.care", "why=%s", kerr_name(rc));
	look_at_views(w, &care);
	if (rc == 0)
		look_at_map(w, care.bytes_free);
	return care.n_rounds < WATCH_END_ROUNDS;
}

/* Wait for the next round; false when there is none. */
static bool rest(struct watch_thread *t)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WATCH_S;
	pthread_mutex_lock(&t->lock);
	while (!t->ending && rc == 0)
		rc = pthread_cond_timedwait(&t->ended, &t->lock, &until);
	bool ending = t->ending;
	pthread_mutex_unlock(&t->lock);
	return !ending;
}

static void *watch_main(void *arg)
{
	struct watch *w = arg;

	do {
		if (!watch_round(w)) {
			log_error("store.view", "open_s=%d; the process ends",
				(WATCH_END_ROUNDS - 1) * WATCH_S);
			abort();
		}
	} while (rest(w->thread));
	return NULL;
}

void watch_init(struct watch *w, struct kv *kv)
{
	*w = (struct watch){.kv = kv};
}

int watch_start(struct watch *w)
{
	struct watch_thread *t = mem_new(struct watch_thread);
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->ended, &attr);
	pthread_condattr_destroy(&attr);
	w->thread = t;
	if (pthread_create(&t->id, NULL, watch_main, w) == 0)
		return 0;
	pthread_cond_destroy(&t->ended);
	pthread_mutex_destroy(&t->lock);
	free(t);
	w->thread = NULL;
	return KERR_BUSY;
}

void watch_fini(struct watch *w)
{
	struct watch_thread *t = w->thread;

	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->ending = true;
	pthread_cond_signal(&t->ended);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->id, NULL);
	pthread_cond_destroy(&t->ended);
	pthread_mutex_destroy(&t->lock);
	free(t);
	w->thread = NULL;
}
