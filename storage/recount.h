/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a flipped bit has taken and the rows still tell: the states of groups. */
#ifndef STORAGE_RECOUNT_H
#define STORAGE_RECOUNT_H

#include "proto/base/err.h"

struct store;

/*
 * At start, before anything is served: a group whose state is damaged gets one that is counted from
 * its rows.  Its next number lies 2^16 above all that the store remembers of it, so none is given
 * twice, and its mod-sequence is the store's last.  Costs a scan of the states when all are well.
 */
NODISCARD int states_recount(struct store *s);

#endif
