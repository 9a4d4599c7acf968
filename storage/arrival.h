/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables q, t, d: the one sequence that links, IDLE, NEWNEWS and mod-sequences follow. */
#ifndef STORAGE_ARRIVAL_H
#define STORAGE_ARRIVAL_H

#include "storage/store.h"

struct txn;

/* Put it under the sequence that it has. */
void log_rewrite(struct txn *t, const struct log_entry *e);

/* Append under the next sequence, which is returned; e->seq is not looked at. */
uint64_t log_append(struct txn *t, const struct log_entry *e);

NODISCARD int log_decode(struct slice key, struct slice value, struct log_entry *out);

/* Numbers first..last of group were taken out at seq. */
void removed_put(struct txn *t, uint32_t group, uint64_t seq, uint32_t first, uint32_t last);

#endif
