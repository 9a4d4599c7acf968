/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Care of the engine while the store is open: a view that stays open keeps every page that is
 * freed meanwhile, and the file grows without end; a full map refuses all writes.
 */
#ifndef STORAGE_WATCH_H
#define STORAGE_WATCH_H

#include <stdatomic.h>

#include "storage/kv.h"

enum {
	WATCH_S = 10,          /* from round to round */
	WATCH_TELL_ROUNDS = 2, /* a view that saw so many has been open for 10 s: it is logged */
	WATCH_END_ROUNDS = 7,  /* 60 s: the process must end */
	WATCH_MAP_PERCENT = 70,
};

struct watch {
	struct kv *kv;
	struct watch_thread *thread; /* NULL: rounds are made by hand */
	bool told_view;
	_Atomic uint64_t bytes_free; /* as in struct kv_care, of the last round */
	atomic_bool map_high;        /* over WATCH_MAP_PERCENT of the map are in use */
};

void watch_init(struct watch *w, struct kv *kv);

/* Make rounds on a thread of its own, until watch_fini. */
NODISCARD int watch_start(struct watch *w);
void watch_fini(struct watch *w);

/* One round.  false: a view has seen WATCH_END_ROUNDS; its user hangs or has forgotten it. */
NODISCARD bool watch_round(struct watch *w);

#endif
