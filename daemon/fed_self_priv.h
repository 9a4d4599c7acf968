/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A slice of the self-check: what is to be read, and what was found. */
#ifndef DAEMON_FED_SELF_PRIV_H
#define DAEMON_FED_SELF_PRIV_H

#include "daemon/fed_priv.h"

/* Entries of feeds first; then the rows of what is not shared: there n is a number of a group. */
struct spot {
	uint32_t feed; /* or group */
	uint64_t n;
	bool rows;
};

/* What is to be said of an entry. */
struct found {
	struct store_mark mark;
	char why[64];
	bool row; /* its own row is damaged: there is nothing to mark */
};

/* Damage that nobody can mend. */
struct found_row {
	char about[STORE_BOX_MAX + 1]; /* its group, or whose mailbox it lies in */
	uint32_t group, num;
};

struct slice_job {
	struct fed *f;
	struct spot from, to;
	size_t max; /* bytes */
	uint64_t n_entries, bytes, n_mends;
	bool last;
	int rc;
	struct vec found;      /* struct found */
	struct vec found_rows; /* struct found_row */
};

/* Read and compare; arg is the struct slice_job.  On a thread of the pool. */
void fed_slice_check(void *arg);

#endif
