/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Head lines: what a daemon says it holds of a feed.  docs/federation.md section 5
 *
 *   <gid> <oid> <epoch> <low> <high> <E of high> [+<from>-<to>,...] [!<from>-<to>,...]
 */
#ifndef PROTO_FED_FED_HEAD_H
#define PROTO_FED_FED_HEAD_H

#include "proto/fed/fed_feed.h"

enum {
	FED_HEAD_RANGES_MAX = 1000,    /* ranges of each kind that a line tells; the lowest ones */
	FED_HEAD_LINE_MAX = 72 * 1024, /* bytes of a line, CRLF not counted */
	FED_KENT_MAX = 1000,           /* entries that one KENT answers */
};

struct fed_head {
	struct fed_feed_name name;
	uint64_t low, high; /* complete from low to high; high is low - 1 when it is empty */
	struct fed_hash e;  /* of high; fed_hash_none: not said */
	struct slice ahead; /* "7-9,12-12": held beyond a gap; borrowed, fed_range_next reads it */
	struct slice stubs; /* held without content */
};

/*
 * Take a line without its CRLF.  Words behind those known are skipped.  False with why when it
 * breaks the grammar, when ranges do not ascend or touch, or reach from `ahead` into low..high + 1.
 */
NODISCARD bool fed_head_parse(struct slice line, struct fed_head *out, const char **why);

/* The next range of ahead or stubs of a head that was parsed; false at the end. */
bool fed_range_next(struct slice *rest, struct fed_span *out);

/*
 * Append a line with its CRLF; ahead and stubs may be NULL.  What lies before low is left out;
 * where low is beyond high, what is held from low on without a gap is complete, and no E is said.
 */
void fed_head_add(struct buf *b, const struct fed_feed_name *name, uint64_t low, uint64_t high,
	const struct fed_hash *e, const struct fed_spans *ahead, const struct fed_spans *stubs);

#endif
