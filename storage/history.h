/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables h and x: every Message-ID that was ever accepted, and the names clients gave. */
#ifndef STORAGE_HISTORY_H
#define STORAGE_HISTORY_H

#include "storage/store.h"

struct txn;

NODISCARD int history_decode(struct slice value, struct history *out);

/* KERR_NOTFOUND: never accepted. */
NODISCARD int history_get(struct txn *t, const uint8_t mid[STORE_MID_HASH], struct history *out);
void history_put(struct txn *t, const uint8_t mid[STORE_MID_HASH], const struct history *h);

void alias_put(struct txn *t, uint32_t account, struct slice old_mid, struct slice mid);

#endif
