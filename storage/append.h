/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message on its way into personal mailboxes: what store_append and store_deliver do with it in
 * their jobs.  It is stored once, in however many mailboxes it stands.
 */
#ifndef STORAGE_APPEND_H
#define STORAGE_APPEND_H

#include "storage/incoming.h"

struct appended {
	struct incoming in;
	struct row row;
	uint64_t flags;
	uint32_t box; /* of the one account; 0: INBOX */
	uint32_t *accounts;
	size_t n_accounts;
};

/*
 * Copy and seal, for the mailbox a->box of the one account, or (0) for the INBOX of each; out is
 * zeroed before.  KERR_TOOBIG, KERR_FULL, KERR_IO.
 */
NODISCARD int append_make(struct store *s, const struct store_append *a, const uint32_t *accounts,
	size_t n_accounts, struct appended *out);
void append_fini(struct appended *a);

/* Bytes that a job writes for it. */
size_t append_cost(const struct appended *a);

/* In the job: everything that can refuse; nothing is written. */
NODISCARD int append_check(struct txn *t, const struct appended *a);

/* Then write all of it; failures stick in t->rc.  res gets the last row's seq and place. */
void append_put(struct txn *t, const struct appended *a, struct store_result *res);

#endif
