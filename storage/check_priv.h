/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the audit share. */
#ifndef STORAGE_CHECK_PRIV_H
#define STORAGE_CHECK_PRIV_H

#include "storage/store_priv.h"

struct check {
	struct store *s;
	struct view *v; /* of this slice */
	struct check_report *out;
	uint64_t seq;  /* the last at the start */
	bool cleaning; /* contents or removed mailboxes were being cleaned up then */
	struct buf text;

	struct { /* what was counted of the group whose rows are being walked */
		uint32_t group, count, low, high;
		uint64_t bytes;
	} rows;

	uint64_t n_owned;         /* history entries and references that own a content */
	uint64_t n_filed, n_refs; /* rows of personal mailboxes; what the references count */
	uint64_t n_keys;          /* of all tables, that were met */
};

typedef void (*check_fn)(struct check *c, struct slice key, struct slice value);

/* One fault more, in a line. */
void check_fault(struct check *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The value of a key, in the view of this slice. */
bool check_get(struct check *c, const struct key *k, struct slice *value_out);

/* Rows of the tables a, l, m, b and p. */
void check_account(struct check *c, struct slice key, struct slice value);
void check_login(struct check *c, struct slice key, struct slice value);
void check_member(struct check *c, struct slice key, struct slice value);
void check_membership(struct check *c, struct slice key, struct slice value);
void check_peer(struct check *c, struct slice key, struct slice value);

/* Rows of the tables F and E. */
void check_feed(struct check *c, struct slice key, struct slice value);
void check_entry(struct check *c, struct slice key, struct slice value);

#endif
