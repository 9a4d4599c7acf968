/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file `keys`: slot number = content id, 32 random bytes a slot, all zero when erased.
 *
 * Slots are written and synced in blocks before the first of them is used, so taking one costs no
 * sync.  Thread-safe; keyfile_ahead and keyfile_wipe are for the writer.
 */
#ifndef STORAGE_KEYFILE_H
#define STORAGE_KEYFILE_H

#include <stdint.h>

#include "proto/base/crypto.h"
#include "proto/base/err.h"

enum {
	KEYFILE_BLOCK = 4096, /* slots written and synced at a time */
	KEYFILE_AHEAD = 1024, /* fewer than these left: the writer adds a block */
};

struct keyfile;

/*
 * Open (and create) dir/keys and sync it: slots that only the page cache knew count from now on.
 * dir NULL: in memory.
 */
NODISCARD int keyfile_open(const char *dir, struct keyfile **out, struct err *err);
void keyfile_close(struct keyfile *f);

/* The next id to be given is `next` or, if that slot is erased, a later one.  At start only. */
void keyfile_set_next(struct keyfile *f, uint64_t next);

/* The key of a content; NULL: erased, or never was.  Valid until keyfile_close. */
const uint8_t *keyfile_get(const struct keyfile *f, uint64_t id);

/* A fresh id whose key is on disk.  KERR_FULL: no room for another block; KERR_IO. */
NODISCARD int keyfile_take(struct keyfile *f, uint64_t *id_out);

/* Add a block when few are left; the writer calls it so that keyfile_take need not. */
NODISCARD int keyfile_ahead(struct keyfile *f);

/* Slots that are on disk. */
uint64_t keyfile_slots(const struct keyfile *f);

/* By which the file is known again: made of slot 0, which belongs to no content. */
uint64_t keyfile_mark(const struct keyfile *f);

/* Draw another key for this slot, durably: what was sealed under the one before is lost. */
NODISCARD int keyfile_renew(struct keyfile *f, uint64_t id);

/* Zero these slots, durably. */
NODISCARD int keyfile_wipe(struct keyfile *f, const uint64_t *ids, size_t n);

#endif
