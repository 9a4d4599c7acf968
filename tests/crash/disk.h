/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk that loses power: it takes the records of a writelog one after the other and can say, at
 * each place, what a directory may look like after a cut.
 */
#ifndef TESTS_CRASH_DISK_H
#define TESTS_CRASH_DISK_H

#include "tests/crash/writelog.h"

struct disk;

/* How much of what was not synced survives. */
enum survival { SURVIVE_NONE, SURVIVE_ALL, SURVIVE_SOME };

/* lying: a disk that says yes to a sync and does nothing. */
struct disk *disk_new(bool lying);
void disk_free(struct disk *d);

/* The record has been done. */
void disk_apply(struct disk *d, const struct wl_rec *r);

/*
 * Build the directory `to` (emptied first) as found after a cut while `in_flight` was under way
 * (NULL: nothing was).  With SURVIVE_SOME each write that was not synced is there, not there, or
 * there in some of its 512-byte sectors; seed decides.
 */
void disk_build(const struct disk *d, const struct wl_rec *in_flight, enum survival how,
	uint64_t seed, const char *to);

#endif
