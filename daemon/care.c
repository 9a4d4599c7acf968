/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Old removals of messages are forgotten (store.keep-removals). */
#include "daemon/care.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <time.h>

#include "daemon/daemon.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

enum { CARE_S = 24 * 3600 };

struct care {
	struct daemon *d;
	struct event timer;
};

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval day = {.tv_sec = CARE_S};
	struct care *c = arg;
	const struct store_call call = {.home = c->d->loops[0]};

	(void)fd;
	(void)what;
	int rc = store_prune(c->d->store,
		(int64_t)time(NULL) - (int64_t)c->d->conf->store.keep_removals_s, &call);
	if (rc < 0)
		log_warn("store.prune", "why=%s; again tomorrow", kerr_name(rc));
	event_add(&c->timer, &day);
}

struct care *care_new(struct daemon *d)
{
	const struct timeval now = {0};
	struct care *c = mem_new(struct care);

	c->d = d;
	event_assign(&c->timer, loop_base(d->loops[0]), -1, 0, on_time, c);
	event_add(&c->timer, &now);
	return c;
}

void care_free(struct care *c)
{
	if (!c)
		return;
	event_del(&c->timer);
	free(c);
}
