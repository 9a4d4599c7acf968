/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files beside the database that are no part of a backup: a line of a word and numbers.
 * docs/store.md
 */
#ifndef DAEMON_FED_FILE_H
#define DAEMON_FED_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/attr.h"

struct fed;

enum { FED_FILE_PATH = 4096, FED_FILE_NUMBERS = 8 };

struct fed_file {
	const char *name, *word;
};

void fed_file_path(const struct fed *f, const struct fed_file *file, char out[FED_FILE_PATH]);

/* How many of at most max numbers stand there; 0 too when the file is none of its word. */
size_t fed_file_read(const struct fed *f, const struct fed_file *file, uint64_t *out, size_t max);

/*
 * Under another name first, so that there is always a whole one; n at most FED_FILE_NUMBERS.
 * sync: it is on disk for certain.  False: the file is as it was, errno says why.
 */
NODISCARD bool fed_file_write(
	const struct fed *f, const struct fed_file *file, const uint64_t *v, size_t n, bool sync);

#endif
