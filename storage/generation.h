/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is this the database we stopped with, or one put back from a copy?  A restored one must not give
 * a number twice: its numbers are raised before anything is served.
 */
#ifndef STORAGE_GENERATION_H
#define STORAGE_GENERATION_H

#include "storage/store_priv.h"

/*
 * At start: compare, renumber if restored, draw a new generation.  Not for a store in memory.
 * `fresh`: the store was made just now.
 */
NODISCARD int generation_start(struct store *s, bool fresh, struct err *err);

/*
 * Draw a new number within a transaction: a copy that was made before can then no longer be taken
 * for this database.  After the commit generation_turned ends it.
 */
void generation_turn(struct store *s, struct txn *t);
NODISCARD int generation_turned(struct store *s, struct err *err);

/* A feed was made anew, and its end may be lost: for whoever keeps something about it elsewhere. */
void generation_remade(struct txn *t);

/* A next number that lies far above `next`, as after a restore. */
uint32_t generation_raised(uint32_t next);

/* At a clean stop: note the last sequence. */
void generation_stop(struct store *s);

#endif
