/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The directory of an environment of LMDB: who may open it, its first file, and what must be on
 * disk.  For storage/kv_lmdb.c.
 */
#ifndef KOKO_LMDB_DIR_H
#define KOKO_LMDB_DIR_H

#include <stdint.h>

#include "proto/base/err.h"

/*
 * The lock of the directory, for one process; *fd_out holds it until it is closed.  LMDB's own
 * locks do not keep a second process from writing.  0, KERR_EXISTS: another process has it, or
 * KERR_IO; *fd_out may be open then too, -1 where it is not.
 */
int lmdb_lock(const char *dir, int *fd_out, struct err *err);

/*
 * Make data.mdb unless it is there; 0 or a code of LMDB.  It is made under another name, so that a
 * power cut cannot leave half of a meta page under its own: what has the name data.mdb is whole.
 */
int lmdb_make_first(const char *dir, uint64_t map_size);

/* MDB_NORDAHEAD or 0: read-ahead wastes memory once the file is larger than that. */
unsigned lmdb_readahead_flag(const char *dir);

/* 0 or an errno.  A copy is whole only when its file and its directory are on disk. */
int lmdb_sync_copy(const char *dir);

#endif
