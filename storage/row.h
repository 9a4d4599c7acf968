/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Table r: one article in one group, with its sealed overview. */
#ifndef STORAGE_ROW_H
#define STORAGE_ROW_H

#include "storage/store.h"

struct txn;
struct view;

enum { ROW_OVERVIEW_MAX = 32 * 1024 }; /* bytes of the five fields */

/* What derives from the text, under the content's key. */
struct row_sealed {
	struct slice overview, structure; /* structure may be empty */
};

/*
 * Keep the text of a head, unless it is there; its id, for row.head.  The same text has the same
 * id.
 */
uint64_t head_put(struct txn *t, struct slice text);

/* What a row counts for in the bytes of its group. */
static inline uint64_t row_shown(const struct row *r)
{
	return r->bytes + r->head_bytes;
}

/* Put r; r->overview and r->structure are not looked at. */
void row_put(struct txn *t, const struct row *r, const struct row_sealed *sealed);

/* All but what is sealed; *sealed_out borrows from value. */
NODISCARD int row_decode(
	struct slice key, struct slice value, struct row *out, struct row_sealed *sealed_out);

/*
 * Set r->overview and r->structure, as far as flags ask, in the view's own room; empty when the key
 * is erased.  KERR_DAMAGED.
 */
NODISCARD int row_open(
	struct view *v, struct row *r, const struct row_sealed *sealed, enum rows_flags flags);

/*
 * Delete the row and put its group's state right: count, bytes, low, modseq.  The removal is
 * logged with content and mid.  Nothing happens when there is no such row.
 */
void row_take_out(
	struct txn *t, struct place p, uint64_t content, const uint8_t mid[STORE_MID_HASH]);

#endif
