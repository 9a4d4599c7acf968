/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tables g, n, s: groups, their names, their states.  A state is read once per batch, changed in
 * memory, and put once at the end of it.
 */
#ifndef STORAGE_GROUP_H
#define STORAGE_GROUP_H

#include "storage/store.h"

struct txn;

/* ---- states within a batch ---- */

struct state_slot;

struct states { /* hash of group -> state, open addressing */
	struct state_slot *slots;
	size_t cap, n;
};

void states_init(struct states *s);
void states_fini(struct states *s);
void states_flush(struct txn *t);

/* KERR_NOTFOUND: there is no such group. */
NODISCARD int state_get(struct txn *t, uint32_t group, struct group_state *out);
void state_set(struct txn *t, uint32_t group, const struct group_state *st);
/* From now on there is no such group. */
void state_del(struct txn *t, uint32_t group);

/* ---- records ---- */

/* KERR_NOTFOUND, KERR_DAMAGED. */
NODISCARD int group_decode(struct slice value, struct group_rec *out);
NODISCARD int group_state_decode(struct slice value, struct group_state *out);

/* New (id 0) or changed; *id_out.  KERR_EXISTS: the name is taken; KERR_NOTFOUND: no such id. */
NODISCARD int group_put(struct txn *t, const struct group_rec *g, uint32_t *id_out);

/* The record by id.  KERR_NOTFOUND. */
NODISCARD int group_get(struct txn *t, uint32_t group, struct group_rec *out);

/* Record, name and state; the rows are the caller's. */
void group_del(struct txn *t, const struct group_rec *g);

#endif
