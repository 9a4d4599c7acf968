/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Table y: mail that was delivered lately, so that a repetition is not delivered again. */
#ifndef STORAGE_SENT_H
#define STORAGE_SENT_H

#include "storage/store.h"

struct txn;

/* Was it?  0, KERR_NOTFOUND. */
NODISCARD int sent_get(
	struct txn *t, uint32_t account, const uint8_t hash[STORE_MID_HASH], int64_t now_at);

/* Note it, and forget some that are too old. */
void sent_put(struct txn *t, uint32_t account, const uint8_t hash[STORE_MID_HASH], int64_t now_at);

#endif
