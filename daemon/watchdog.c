/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each tick: if all loops have answered the last round of posts, tell and send the next round. */
#include "daemon/watchdog.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdatomic.h>

#include "daemon/privs.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

struct watchdog {
	struct loop **loops;
	unsigned n_loops;
	atomic_uint n_answers;
	struct event on_tick;
};

static void answer(void *arg)
{
	struct watchdog *w = arg;

	atomic_fetch_add(&w->n_answers, 1);
}

static void ask(struct watchdog *w)
{
	atomic_store(&w->n_answers, 0);
	for (unsigned i = 0; i < w->n_loops; i++)
		loop_post(w->loops[i], answer, w);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct watchdog *w = arg;

	(void)fd;
	(void)what;
	if (atomic_load(&w->n_answers) < w->n_loops) {
		log_warn("watchdog", "a loop has not answered");
		return;
	}
	privs_notify_again("WATCHDOG=1");
	ask(w);
}

struct watchdog *watchdog_new(struct loop **loops, unsigned n_loops)
{
	const char *text = getenv("WATCHDOG_USEC");
	uint64_t us;

	if (!text || !text_number(slice_str(text), INT32_MAX, &us) || us < 1000)
		return NULL;
	struct watchdog *w = mem_new(struct watchdog);
	us /= 3; /* often enough for one tick to come late */
	struct timeval tv = {.tv_sec = (time_t)(us / 1000000), .tv_usec = (long)(us % 1000000)};

	w->loops = loops;
	w->n_loops = n_loops;
	event_assign(&w->on_tick, loop_base(loops[0]), -1, EV_PERSIST, on_tick, w);
	event_add(&w->on_tick, &tv);
	ask(w);
	return w;
}

void watchdog_stop(struct watchdog *w)
{
	if (w)
		event_del(&w->on_tick);
}

void watchdog_free(struct watchdog *w)
{
	free(w);
}
