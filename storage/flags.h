/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flags: sets of marks, a bit each. */
#ifndef STORAGE_FLAGS_H
#define STORAGE_FLAGS_H

#include "storage/store.h"

struct txn;

/* The set that holds a bit. */
static inline uint8_t flag_set_of(unsigned bit)
{
	return (uint8_t)(bit < 8 ? bit + 1 : bit + 8);
}

/* A new message gets these; its own sequence is their mod-sequence. */
void flags_add(struct txn *t, uint32_t account, uint32_t group, uint32_t num, uint64_t flags);

/* All of an account's flags in a group; view_flags_close. */
NODISCARD int flags_open(struct txn *t, uint32_t account, uint32_t group, struct view_flags **out);

#endif
