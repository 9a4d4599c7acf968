/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents that were begun in pieces and that nothing will refer to. */
#ifndef STORAGE_SWEEP_H
#define STORAGE_SWEEP_H

#include "storage/store_priv.h"

/* Queue the removal of a content, in slices.  Writer thread. */
void sweep_later(struct store *s, uint64_t content);

/* At start, before the writer runs: remove what a crash left. */
NODISCARD int sweep_all(struct store *s);

#endif
