/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Free space.  LMDB must not meet a full disk in normal life: a commit that fails for want of space
 * ends writing.  So content stops early, and the last megabytes belong to deletions.
 */
#include "storage/room.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/log.h"

enum { LOOK_EVERY_MS = 1000, ROOM_PATH = 4096 };

#define MARK_PEERS ((uint64_t)1 << 30)
#define MARK_POSTS ((uint64_t)256 << 20)
#define MARK_RESERVE ((uint64_t)32 << 20) /* below: the reserve goes */
#define MARK_FLOOR ((uint64_t)8 << 20)    /* below, and no reserve: nothing is written */

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void look(struct room *r)
{
	struct statvfs st;

	if (r->dir && statvfs(r->dir, &st) == 0)
		atomic_store(&r->free_bytes, (uint64_t)st.f_bavail * st.f_frsize);
	atomic_store(&r->looked_ms, now_ms());
}

static void look_if_old(struct room *r)
{
	if (r->dir && now_ms() - atomic_load(&r->looked_ms) >= LOOK_EVERY_MS)
		look(r);
}

static void reserve_path(const struct room *r, char path[ROOM_PATH])
{
	snprintf(path, ROOM_PATH, "%s/reserve", r->dir);
}

static void reserve_make(struct room *r)
{
	char path[ROOM_PATH];

	reserve_path(r, path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (posix_fallocate(fd, 0, (off_t)r->reserve_len) == 0)
		atomic_store(&r->has_reserve, true);
	else
		unlink(path);
	close(fd);
}

static void reserve_drop(struct room *r)
{
	char path[ROOM_PATH];

	reserve_path(r, path);
	if (unlink(path) < 0 && errno != ENOENT)
		return;
	atomic_store(&r->has_reserve, false);
	log_warn("store.reserve", "state=given-up free=%llu",
		(unsigned long long)atomic_load(&r->free_bytes));
	look(r);
}

/* With the reserve back, posts must still be above their mark: else it would go to and fro. */
static void reserve_tend(struct room *r)
{
	uint64_t free_bytes = atomic_load(&r->free_bytes);

	if (atomic_load(&r->has_reserve) && free_bytes < MARK_RESERVE)
		reserve_drop(r);
	else if (!atomic_load(&r->has_reserve) &&
		 free_bytes > atomic_load(&r->mark_posts) + 2 * r->reserve_len)
		reserve_make(r);
}

void room_init(struct room *r, const char *dir, uint64_t reserve_len)
{
	char path[ROOM_PATH];

	r->dir = dir;
	r->reserve_len = dir ? reserve_len : 0;
	atomic_store(&r->free_bytes, UINT64_MAX);
	atomic_store(&r->mark_peers, MARK_PEERS);
	atomic_store(&r->mark_posts, MARK_POSTS);
	look(r);
	if (r->reserve_len == 0)
		return;
	reserve_path(r, path);
	atomic_store(&r->has_reserve, access(path, F_OK) == 0);
	reserve_tend(r);
}

bool room_low(struct room *r, enum room_use use)
{
	look_if_old(r);
	uint64_t free_bytes = atomic_load(&r->free_bytes);

	switch (use) {
	case ROOM_CANCEL:
		return free_bytes < MARK_FLOOR && !atomic_load(&r->has_reserve);
	case ROOM_POST:
		return free_bytes < atomic_load(&r->mark_posts);
	case ROOM_PEER:
		return free_bytes < atomic_load(&r->mark_peers);
	}
	return false;
}

int room_check(struct room *r, enum room_use use)
{
	if (!room_low(r, use))
		return 0;
	atomic_fetch_add(&r->n_refused, 1);
	return KERR_FULL;
}

int room_tend(struct room *r)
{
	look(r);
	if (r->reserve_len > 0)
		reserve_tend(r);
	return atomic_load(&r->free_bytes) < MARK_FLOOR ? KERR_FULL : 0;
}
