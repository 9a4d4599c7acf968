/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Personal mailboxes: the one that everybody has, and what is left of removed ones. */
#ifndef STORAGE_BOX_H
#define STORAGE_BOX_H

#include "storage/store_priv.h"

/* The account's INBOX.  KERR_NOTFOUND: it is not made yet. */
NODISCARD int box_inbox_find(struct txn *t, uint32_t account, uint32_t *id_out);

/* The account's INBOX; made, with the others that every person has, when it is not there. */
NODISCARD int box_inbox(struct txn *t, uint32_t account, int64_t now_at, uint32_t *id_out);

/* Queue the cleaning of a removed group's rows and sets, in slices.  Writer thread, or at start. */
void box_clean_later(struct store *s, uint32_t group, uint32_t account);

/* At start: queue what an earlier life did not finish. */
NODISCARD int box_clean_all(struct store *s);

#endif
