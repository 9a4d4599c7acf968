/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of claims: one place per hash, under one mutex that is held for some instructions. */
#include "daemon/claims.h"

#include <pthread.h>
#include <stdlib.h>

#include "proto/base/mem.h"

struct claim {
	uint64_t id;
	const void *owner; /* compared, never followed */
	int64_t until_at;
};

struct claims {
	pthread_mutex_t lock;
	struct claim places[CLAIMS_PLACES];
};

struct claims *claims_new(void)
{
	struct claims *c = mem_new(struct claims);

	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void claims_free(struct claims *c)
{
	if (!c)
		return;
	pthread_mutex_destroy(&c->lock);
	free(c);
}

bool claims_take(struct claims *c, uint64_t id, const void *owner, int64_t now_at)
{
	struct claim *p = &c->places[id % CLAIMS_PLACES];

	pthread_mutex_lock(&c->lock);
	bool taken = p->id == id && p->owner != owner && p->until_at > now_at;
	if (!taken)
		*p = (struct claim){id, owner, now_at + CLAIMS_LAPSE_S};
	pthread_mutex_unlock(&c->lock);
	return !taken;
}

void claims_drop(struct claims *c, uint64_t id, const void *owner)
{
	struct claim *p = &c->places[id % CLAIMS_PLACES];

	pthread_mutex_lock(&c->lock);
	if (p->id == id && p->owner == owner)
		p->until_at = 0;
	pthread_mutex_unlock(&c->lock);
}
