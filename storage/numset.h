/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sets of numbers in the store: under a key prefix, in pieces of 65,536 numbers, a row each, so
 * that a set has no ceiling and a change rewrites at most 64 KiB, in the usual case a few bytes.  A
 * piece with nothing in it has no row.
 */
#ifndef STORAGE_NUMSET_H
#define STORAGE_NUMSET_H

#include "storage/keys.h"
#include "storage/kv.h"
#include "storage/ranges.h"

struct txn;

enum { PIECE_BITS = 16, PIECE_LAST = 0xffff };

/* Add r to the set or take it away; what that changed is appended to *changed_out (may be NULL). */
void numset_change(struct txn *t, const struct key *prefix, const struct ranges *r, bool add,
	struct ranges *changed_out);

/* Append the set to out (empty before): inside a transaction, or in a view. */
NODISCARD int numset_get(struct txn *t, const struct key *prefix, struct ranges *out);
NODISCARD int numset_read(struct kv_view *v, const struct key *prefix, struct ranges *out);

/* Delete at most `max` rows that begin with prefix, sets or others; how many there were. */
size_t prefix_del(struct txn *t, const struct key *prefix, size_t max);
/* Likewise, of the rows of a range. */
size_t range_del(struct txn *t, const struct kv_range *r, size_t max);

/* Absent numbers of a group (table v). */
void absent_add(struct txn *t, uint32_t group, uint32_t lo, uint32_t hi);
/* Put what was added and kept back: before the commit, and before the table is read. */
void absent_flush(struct txn *t);
/* Forget the pieces that lie below `low`. */
void absent_trim(struct txn *t, uint32_t group, uint32_t low);
/* Those within lo..hi, appended to out (empty before). */
NODISCARD int absent_get(
	struct txn *t, uint32_t group, uint32_t lo, uint32_t hi, struct ranges *out);

#endif
