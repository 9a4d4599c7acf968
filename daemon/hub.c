/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One desk per loop: a flag "news is on its way", and the list of those who wait there. */
#include "daemon/hub.h"

#include <stdatomic.h>

#include "proto/base/mem.h"

struct desk {
	struct hub *hub;
	struct loop *loop;
	atomic_bool posted;
	struct list watches; /* its loop only */
};

struct hub {
	atomic_uint_fast64_t last_seq;
	unsigned n_desks;
	struct desk *desks;
};

struct hub *hub_new(struct loop **loops, unsigned n_loops)
{
	struct hub *h = mem_new(struct hub);

	h->n_desks = n_loops;
	h->desks = mem_array(n_loops, sizeof *h->desks);
	for (unsigned i = 0; i < n_loops; i++) {
		h->desks[i].hub = h;
		h->desks[i].loop = loops[i];
		list_init(&h->desks[i].watches);
	}
	return h;
}

void hub_free(struct hub *h)
{
	if (!h)
		return;
	free(h->desks);
	free(h);
}

/* The flag falls before the number is read: news that comes meanwhile is posted again. */
static void on_news(void *arg)
{
	struct desk *d = arg;

	atomic_store(&d->posted, false);
	uint64_t last_seq = atomic_load(&d->hub->last_seq);
	for (struct list *it = d->watches.next, *next; it != &d->watches; it = next) {
		struct hub_watch *w = container_of(it, struct hub_watch, node);

		next = it->next;
		w->fn(w->arg, last_seq);
	}
}

void hub_publish(struct hub *h, uint64_t last_seq)
{
	atomic_store(&h->last_seq, last_seq);
	for (unsigned i = 0; i < h->n_desks; i++)
		if (!atomic_exchange(&h->desks[i].posted, true))
			loop_post(h->desks[i].loop, on_news, &h->desks[i]);
}

void hub_watch(struct hub *h, struct loop *loop, struct hub_watch *w)
{
	for (unsigned i = 0; i < h->n_desks; i++)
		if (h->desks[i].loop == loop)
			list_append(&h->desks[i].watches, &w->node);
}

void hub_unwatch(struct hub_watch *w)
{
	list_remove(&w->node);
}
