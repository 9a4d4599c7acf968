/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of bitflips share. */
#ifndef TESTS_CRASH_BITFLIPS_H
#define TESTS_CRASH_BITFLIPS_H

#include "storage/store_fed.h"
#include "tests/rig/tmpdir.h"

enum {
	N_ARTICLES = 200,
	N_MAILS = 60,
	N_GROUPS = 4,
	N_ACCOUNTS = 4,
	N_RECORDS = 12,
	MIDS = 16, /* bytes of a Message-ID here */
};

extern char flips_dir[TMPDIR_PATH]; /* of the store */

/* Or the program ends. */
void flips_must(bool ok, const char *what);

extern uint32_t flips_groups[N_GROUPS], flips_accounts[N_ACCOUNTS];

/* Make the store, with something in every table. */
void flips_fill(void);

typedef void (*fact_fn)(void *arg, struct slice fact);

/* Tell all that it shows.  *failed_out: some of it could not be read. */
int flips_show(fact_fn fn, void *arg, struct store *s, bool *failed_out);

#endif
