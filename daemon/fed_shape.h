/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What readers see of an entry (overview, structure, heads), and its article compressed and sealed:
 * the dearest part of storing one.  While many are on their way it is done in the pool, so that the
 * federation's thread goes on with what comes in.  They go to the store in the order in which they
 * came here.  All on the federation's thread.
 */
#ifndef DAEMON_FED_SHAPE_H
#define DAEMON_FED_SHAPE_H

#include "daemon/fed_priv.h"

/* One entry; its owner sets what stands before `rc`, and frees it when its turn has come. */
struct fed_shape {
	struct list node; /* in fed.shapes */
	struct fed *f;
	struct store_entry *entry; /* lives as long */
	/* Its turn: give it to the store. */
	void (*turn)(struct fed_shape *s);
	bool stands; /* an article that is shown in its group */

	int rc;
	struct store_made *made; /* with rc 0, and with content; who gives it away sets NULL */
	bool done;
	struct buf article; /* empty: a stub */
	char *mid, *cancels;
	int64_t at;
	struct group_rec group;
};

/* Set it up with the article of *t, which is copied.  KERR_BUSY: its group is not made yet. */
NODISCARD int fed_shape_init(struct fed_shape *s, const struct fed_take *t);
void fed_shape_fini(struct fed_shape *s);

/* Here and now: s->rc, s->made. */
void fed_shape_make(struct fed_shape *s);

/* Is it time to let others do it? */
bool fed_shapes_many(const struct fed *f);

/* Have it made; its turn comes later, never within this call. */
void fed_shape_queue(struct fed_shape *s);

/* Before the loop sleeps: what was queued is sent off, what is done has its turn. */
void fed_shapes_rest(struct fed *f);

#endif
