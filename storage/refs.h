/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Table o: how many rows of personal mailboxes show a content. */
#ifndef STORAGE_REFS_H
#define STORAGE_REFS_H

#include "storage/store.h"

struct txn;

/* One more row; by_history: the content is that of an article, which history keeps. */
void refs_add(struct txn *t, uint64_t content, bool by_history);

/* One row less; true: nothing refers to the content any more. */
bool refs_drop(struct txn *t, uint64_t content);

NODISCARD int refs_decode(struct slice value, uint32_t *n_out, bool *by_history_out);

#endif
