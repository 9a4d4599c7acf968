/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of drafts share. */
#ifndef PROTO_FED_FED_DRAFT_PRIV_H
#define PROTO_FED_FED_DRAFT_PRIV_H

#include "proto/fed/fed_draft.h"

/* An empty record of serial 1. */
void fed_draft_first(struct fed_draft *d, enum fed_record_type type);

/* The serial after `text`, a record of that type; else KERR_INVALID. */
NODISCARD int fed_draft_next(
	struct fed_draft *d, struct slice text, enum fed_record_type type, struct err *err);

/* Is this daemon an admin of the federation?  0 or KERR_DENIED with whom to ask. */
NODISCARD int fed_draft_by_admin(
	const struct fed_federation *f, const struct fed_oid *self, struct err *err);

/* v[n] of `size` bytes each, copied, with room for one more at the end. */
void *fed_draft_grown(struct fed_draft *d, const void *v, size_t n, size_t size);

/* 16 random bytes as text, in the arena. */
struct slice fed_draft_salt(struct fed_draft *d);

#endif
