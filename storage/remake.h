/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a flipped bit has taken and other rows still tell, made anew at start, before anything is
 * served: states of groups, feeds, names of feeds.  Costs a scan of these tables when all is well.
 */
#ifndef STORAGE_REMAKE_H
#define STORAGE_REMAKE_H

#include "storage/store_priv.h"

NODISCARD int store_remake(struct store *s);

/*
 * The state of a group, counted from its rows as the view shows them.  Its next number lies 2^16
 * above all that the store remembers of it, so none is given twice, and its mod-sequence is the
 * store's last.
 */
NODISCARD int state_recount(struct store *s, struct kv_view *v, uint32_t group);

/*
 * The feed of that name, from its entries: from the first that is there up to the first gap.  Its
 * end is where void entries begin.  Without any entry its name goes as well.  The store
 * says so (struct store_past).  Where an entry is damaged too the feed stays as it is, for nobody
 * knows where it ends.
 */
NODISCARD int feed_recount(struct store *s, struct kv_view *v, uint32_t feed, const char *name);

#endif
