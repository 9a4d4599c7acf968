/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Free space of the file system that holds the store: below the water marks no content is taken,
 * and a reserve file is given up so that deleting still works.  Thread-safe.
 */
#ifndef STORAGE_ROOM_H
#define STORAGE_ROOM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/base/err.h"

struct room {
	const char *dir;      /* NULL: in memory, there is always room */
	uint64_t reserve_len; /* 0: no reserve file */
	_Atomic uint64_t free_bytes;
	_Atomic int64_t looked_ms;
	_Atomic uint64_t mark_peers, mark_posts;
	_Atomic uint64_t n_refused;
	atomic_bool has_reserve;
};

/* What is to be stored; each stops earlier than the one before it. */
enum room_use { ROOM_CANCEL, ROOM_POST, ROOM_PEER };

/* dir is borrowed.  The reserve file is made when there is room for it. */
void room_init(struct room *r, const char *dir, uint64_t reserve_len);

/* Is there too little room for that now? */
bool room_low(struct room *r, enum room_use use);

/* 0 or KERR_FULL, which is counted. */
NODISCARD int room_check(struct room *r, enum room_use use);

/*
 * Before a batch, on the writer's thread: look, give up or restore the reserve.  KERR_FULL: so
 * little is left that the commit could meet a full disk, which would end writing; write nothing.
 */
NODISCARD int room_tend(struct room *r);

#endif
