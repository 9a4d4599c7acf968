/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much an origin may put into a group in an hour.  docs/federation.md section 12
 *
 * Entries are counted in the hour in which they were signed, so that catching up with months of
 * history is not held back, and, as t may be a lie, in the hour in which they arrive with a hundred
 * times the limit.
 */
#ifndef PROTO_FED_FED_QUOTA_H
#define PROTO_FED_FED_QUOTA_H

#include "proto/base/coll.h"
#include "proto/fed/fed_id.h"

enum { FED_QUOTA_ARRIVED = 100 }; /* times the limit, of what arrives in an hour */

struct fed_quota {
	struct map *counts;
	uint64_t entries, bytes; /* 0: no limit */
	uint64_t n_refused;
};

void fed_quota_init(struct fed_quota *q, uint64_t entries, uint64_t bytes);
void fed_quota_fini(struct fed_quota *q);

/* Is there room for one more?  t: when it was signed. */
bool fed_quota_has(struct fed_quota *q, const struct fed_gid *gid, const struct fed_oid *oid,
	uint64_t t, size_t bytes, int64_t now_at);

/* It was taken. */
void fed_quota_count(struct fed_quota *q, const struct fed_gid *gid, const struct fed_oid *oid,
	uint64_t t, size_t bytes, int64_t now_at);

#endif
