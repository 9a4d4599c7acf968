/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Table f: what an account has marked in a group. */
#ifndef STORAGE_MARKS_H
#define STORAGE_MARKS_H

#include "storage/ranges.h"
#include "storage/store.h"

struct txn;

/*
 * Add ranges to a set or take them away; numbers not given yet are left out.  *seq_out is the one
 * new sequence, or 0 when nothing changed.  KERR_NOTFOUND: no such group.
 */
NODISCARD int marks_change(struct txn *t, uint32_t account, uint32_t group, uint8_t set,
	const struct ranges *r, bool add, uint64_t *seq_out);

/*
 * The account's flags of `changed` have changed: log that, and note it as their mod-sequence.  The
 * sequence, or 0 when nothing has changed.  *had_out: the highest that one of them had before.
 */
uint64_t marks_note(struct txn *t, uint32_t account, uint32_t group, const struct ranges *changed,
	uint64_t *had_out);

#endif
