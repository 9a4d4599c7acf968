/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rounds of care on a thread of its own, so that whoever hangs with a view open cannot stop them.
 * A process that has such a view for a minute is ended: started anew it serves, and its file no
 * longer grows.
 */
#include "storage/watch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "proto/base/log.h"
#include "proto/base/mem.h"

struct watch_thread {
	pthread_t id;
	int end_fd; /* readable: it is to end */
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

/* Wait for the next round; false when there is none.  A span, so no clock can cut it short. */
static bool rest(struct watch_thread *t)
{
	struct pollfd end = {.fd = t->end_fd, .events = POLLIN};
	int rc;

	do
		rc = poll(&end, 1, WATCH_S * 1000);
	while (rc < 0 && errno == EINTR);
	return rc == 0;
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

	t->end_fd = eventfd(0, EFD_CLOEXEC);
	w->thread = t;
	if (t->end_fd >= 0 && pthread_create(&t->id, NULL, watch_main, w) == 0)
		return 0;
	if (t->end_fd >= 0)
		close(t->end_fd);
	free(t);
	w->thread = NULL;
	return KERR_BUSY;
}

void watch_fini(struct watch *w)
{
	struct watch_thread *t = w->thread;

	if (!t)
		return;
	(void)eventfd_write(t->end_fd, 1);
	pthread_join(t->id, NULL);
	close(t->end_fd);
	free(t);
	w->thread = NULL;
}
