/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of personal mailboxes, and what becomes of contents when they go. */
#ifndef STORAGE_FILE_H
#define STORAGE_FILE_H

#include "storage/row.h"
#include "storage/store_priv.h"

/* Give r, whose content is known, a number in a mailbox of the account. */
void file_row(struct txn *t, struct row *r, const struct row_sealed *sealed, uint32_t box,
	uint32_t account);

/* At start: take back the copies that a crash has cut short. */
NODISCARD int copies_undo(struct store *s);

/*
 * Delete at most `max` rows of a group that is no more; contents too big to be deleted with them
 * are added to freed, a vec of uint64_t.  false: that was the last.
 */
bool rows_clean(struct txn *t, uint32_t group, size_t max, struct vec *freed);

/* After the commit: sweep what was freed. */
void freed_sweep(struct store *s, const struct vec *freed);

#endif
