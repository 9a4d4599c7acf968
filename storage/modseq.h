/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Personal mod-sequences: which numbers of a group were last changed by an account, and at which
 * sequence.  Runs of numbers with one sequence each, in pieces like a set of marks.
 */
#ifndef STORAGE_MODSEQ_H
#define STORAGE_MODSEQ_H

#include "proto/base/coll.h"
#include "storage/keys.h"
#include "storage/kv.h"
#include "storage/ranges.h"

struct txn;

enum {
	SET_MODSEQ = 0, /* the last personal mod-sequence, in piece 0 */
	SET_RUNS = 255,
	RUNS_MAX = 1024, /* runs of a piece; beyond, neighbours merge to the larger sequence */
};

struct run {
	uint32_t lo, hi;
	uint64_t seq;
};

/* Flags of `changed` were changed at seq; the highest sequence that any of them had, 0: none. */
uint64_t modseq_note(struct txn *t, uint32_t account, uint32_t group, const struct ranges *changed,
	uint64_t seq);

/* Append the runs of a stored piece to a vec of struct run.  KERR_DAMAGED. */
NODISCARD int runs_decode(struct slice value, struct vec *out);

/* Numbers of the group that were changed after `since`, appended to out (empty before). */
NODISCARD int modseq_newer(
	struct txn *t, uint32_t account, uint32_t group, uint64_t since, struct ranges *out);
void runs_newer(const struct vec *runs, uint64_t since, struct ranges *out);

#endif
