/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counters under a mutex; the map holds the count itself in place of a pointer. */
#include "daemon/limits.h"

#include <pthread.h>

#include "proto/base/coll.h"
#include "proto/base/crypto.h"
#include "proto/base/mem.h"

struct limits {
	pthread_mutex_t lock;
	size_t conns_max, source_max;
	struct limits_state state;
	struct map *sources;
};

size_t counts_get(const struct map *m, struct slice key)
{
	return (size_t)(uintptr_t)map_get(m, key);
}

size_t counts_add(struct map *m, struct slice key, int delta)
{
	size_t n = counts_get(m, key) + (size_t)delta;

	if (n == 0)
		(void)map_del(m, key);
	else
		(void)map_put(m, key, (void *)(uintptr_t)n);
	return n;
}

struct limits *limits_new(size_t conns, size_t per_source)
{
	struct limits *l = mem_new(struct limits);

	pthread_mutex_init(&l->lock, NULL);
	l->sources = map_new();
	limits_set(l, conns, per_source);
	return l;
}

void limits_free(struct limits *l)
{
	if (!l)
		return;
	map_free(l->sources);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

void limits_set(struct limits *l, size_t conns, size_t per_source)
{
	pthread_mutex_lock(&l->lock);
	l->conns_max = conns;
	l->source_max = per_source;
	pthread_mutex_unlock(&l->lock);
}

/* From three quarters of the limit on, with a chance that grows from 0 to 1. */
static bool unlucky(const struct limits *l)
{
	size_t from = l->conns_max - l->conns_max / 4;
	uint32_t dice;

	if (l->state.n_conns <= from)
		return false;
	crypto_random(&dice, sizeof dice);
	return dice % (l->conns_max - from) < l->state.n_conns - from;
}

/* The counter of the reason to refuse, or NULL. */
static uint64_t *reason(struct limits *l, struct slice source)
{
	if (l->state.n_conns >= l->conns_max)
		return &l->state.n_refused_full;
	if (counts_get(l->sources, source) >= l->source_max)
		return &l->state.n_refused_source;
	return unlucky(l) ? &l->state.n_refused_early : NULL;
}

int limits_enter(struct limits *l, const char *source)
{
	pthread_mutex_lock(&l->lock);
	uint64_t *refused = reason(l, slice_str(source));
	if (refused) {
		++*refused;
	} else {
		l->state.n_conns++;
		counts_add(l->sources, slice_str(source), 1);
	}
	pthread_mutex_unlock(&l->lock);
	return refused ? KERR_BUSY : 0;
}

void limits_leave(struct limits *l, const char *source)
{
	pthread_mutex_lock(&l->lock);
	l->state.n_conns--;
	counts_add(l->sources, slice_str(source), -1);
	pthread_mutex_unlock(&l->lock);
}

void limits_state(struct limits *l, struct limits_state *out)
{
	pthread_mutex_lock(&l->lock);
	*out = l->state;
	pthread_mutex_unlock(&l->lock);
}
