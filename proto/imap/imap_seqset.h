/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sets of message numbers or UIDs: "2,4:7,9,12:*".  RFC 9051 section 9, sequence-set
 *
 * A set is read as it stands there and then resolved, which puts the largest number in place of
 * "*" and leaves sorted ranges that do not touch.  Its size is bounded by the command's.
 */
#ifndef PROTO_IMAP_IMAP_SEQSET_H
#define PROTO_IMAP_IMAP_SEQSET_H

#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/mem.h"
#include "proto/base/scan.h"

struct imap_range {
	uint32_t lo, hi; /* 0 is "*" until the set is resolved */
};

struct imap_seqset {
	struct imap_range *v; /* in the arena */
	size_t n;
};

/* Step over a set; false when none is at the cursor. */
NODISCARD bool imap_read_seqset(struct cursor *c, struct arena *ar, struct imap_seqset *out);

/* Put `max` for "*", sort and join.  With max 0 (an empty mailbox) ranges with "*" go. */
void imap_seqset_resolve(struct imap_seqset *s, uint32_t max);

/* Of a resolved set. */
bool imap_seqset_has(const struct imap_seqset *s, uint32_t n);

/* The smallest number of a resolved set that is at least n (>= 1); 0 when there is none. */
uint32_t imap_seqset_next(const struct imap_seqset *s, uint32_t n);

/* Numbers in ascending order -> "1:3,5", one at a time. */
struct imap_seqset_writer {
	struct buf *b;
	uint32_t lo, hi; /* run not yet written; 0 when there is none */
	bool any;
};

void imap_seqset_put(struct imap_seqset_writer *w, uint32_t n);
void imap_seqset_end(struct imap_seqset_writer *w);

#endif
