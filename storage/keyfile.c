/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Content keys.  The file is mapped once, far beyond its end, and read through the map; writing
 * goes through the descriptor, so that a full disk is an error and not a signal.  `n_slots` is what
 * is synced: nothing past it is read.  A slot (32 bytes) never crosses a disk sector, so a power
 * cut leaves it whole or zero, and zero slots are skipped.
 */
#include "storage/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/mem.h"

enum {
	SLOT = CRYPTO_KEY_LEN,
	KEYFILE_PATH = 4096,
};

#define SLOTS_MAX ((uint64_t)1 << 31) /* 64 GiB of address space */
#define SLOTS_MAX_MEM ((uint64_t)1 << 24)

struct keyfile {
	int fd; /* -1: in memory */
	uint8_t *map;
	uint64_t max;
	_Atomic uint64_t n_slots;
	_Atomic uint64_t next;
	pthread_mutex_t lock; /* one grows at a time */
};

static bool slot_is_zero(const uint8_t *slot)
{
	static const uint8_t zero[SLOT];

	return memcmp(slot, zero, SLOT) == 0;
}

static int rc_of_errno(int e)
{
	return e == ENOSPC || e == EDQUOT ? KERR_FULL : KERR_IO;
}

/* Write all of data at a slot; into the map when there is no file. */
static int write_slots(struct keyfile *f, uint64_t first, const uint8_t *data, size_t len)
{
	if (f->fd < 0) {
		memcpy(f->map + first * SLOT, data, len);
		return 0;
	}
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(f->fd, data + done, len - done, (off_t)(first * SLOT + done));
		if (n < 0 && errno != EINTR)
			return rc_of_errno(errno);
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

static int sync_slots(struct keyfile *f)
{
	return f->fd < 0 || fdatasync(f->fd) == 0 ? 0 : KERR_IO;
}

/* Add a block of random keys; the lock is held. */
static int grow(struct keyfile *f)
{
	uint64_t first = atomic_load(&f->n_slots);

	if (first + KEYFILE_BLOCK > f->max)
		return KERR_FULL;
	uint8_t *block = mem_alloc((size_t)KEYFILE_BLOCK * SLOT);
	crypto_random(block, (size_t)KEYFILE_BLOCK * SLOT);
	int rc = write_slots(f, first, block, (size_t)KEYFILE_BLOCK * SLOT);
	if (rc == 0)
		rc = sync_slots(f);
	if (rc == 0)
		atomic_store(&f->n_slots, first + KEYFILE_BLOCK);
	mem_wipe(block, (size_t)KEYFILE_BLOCK * SLOT);
	free(block);
	return rc;
}

/* Grow until fewer than `ahead` are not missing. */
static int grow_to(struct keyfile *f, uint64_t id, uint64_t ahead)
{
	int rc = 0;

	pthread_mutex_lock(&f->lock);
	while (rc == 0 && id + ahead >= atomic_load(&f->n_slots))
		rc = grow(f);
	pthread_mutex_unlock(&f->lock);
	return rc;
}

const uint8_t *keyfile_get(const struct keyfile *f, uint64_t id)
{
	if (id >= atomic_load(&f->n_slots))
		return NULL;
	const uint8_t *slot = f->map + id * SLOT;
	return slot_is_zero(slot) ? NULL : slot;
}

void keyfile_set_next(struct keyfile *f, uint64_t next)
{
	atomic_store(&f->next, next);
}

int keyfile_take(struct keyfile *f, uint64_t *id_out)
{
	uint64_t id;

	do {
		id = atomic_fetch_add(&f->next, 1);
		if (id >= atomic_load(&f->n_slots)) {
			int rc = grow_to(f, id, 0);
			if (rc < 0)
				return rc;
		}
	} while (!keyfile_get(f, id));
	*id_out = id;
	return 0;
}

int keyfile_ahead(struct keyfile *f)
{
	uint64_t next = atomic_load(&f->next);

	if (next + KEYFILE_AHEAD < atomic_load(&f->n_slots))
		return 0;
	return grow_to(f, next, KEYFILE_AHEAD);
}

uint64_t keyfile_slots(const struct keyfile *f)
{
	return atomic_load(&f->n_slots);
}

uint64_t keyfile_mark(const struct keyfile *f)
{
	uint8_t hash[CRYPTO_HASH_LEN];
	uint64_t mark = 0;

	if (keyfile_slots(f) > 0)
		crypto_sha256(slice_of(f->map, SLOT), hash);
	else
		memset(hash, 0, sizeof hash);
	for (size_t i = 0; i < sizeof mark; i++)
		mark = mark << 8 | hash[i];
	return mark;
}

int keyfile_renew(struct keyfile *f, uint64_t id)
{
	uint8_t slot[SLOT];
	int rc;

	if (id >= keyfile_slots(f))
		return KERR_NOTFOUND;
	crypto_random(slot, sizeof slot);
	rc = write_slots(f, id, slot, sizeof slot);
	mem_wipe(slot, sizeof slot);
	return rc < 0 ? rc : sync_slots(f);
}

int keyfile_wipe(struct keyfile *f, const uint64_t *ids, size_t n)
{
	static const uint8_t zero[SLOT];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (ids[i] < atomic_load(&f->n_slots))
			rc = write_slots(f, ids[i], zero, SLOT);
	return rc < 0 ? rc : sync_slots(f);
}

/* Open the file; what a crash left in the page cache only is made durable before it is used. */
static int open_file(struct keyfile *f, const char *dir, struct err *err)
{
	char path[KEYFILE_PATH];
	struct stat st;

	snprintf(path, sizeof path, "%s/keys", dir);
	f->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (f->fd < 0 || fstat(f->fd, &st) < 0 || fsync(f->fd) < 0)
		return err_set(err, KERR_IO, "%s: %s", path, strerror(errno));
	f->max = SLOTS_MAX;
	f->map = mmap(NULL, f->max * SLOT, PROT_READ, MAP_SHARED | MAP_NORESERVE, f->fd, 0);
	if (f->map == MAP_FAILED)
		return err_set(err, KERR_IO, "%s: cannot map: %s", path, strerror(errno));
	atomic_store(&f->n_slots, (uint64_t)st.st_size / SLOT);
	return 0;
}

static int open_memory(struct keyfile *f, struct err *err)
{
	f->max = SLOTS_MAX_MEM;
	f->map = mmap(NULL, f->max * SLOT, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (f->map == MAP_FAILED)
		return err_set(err, KERR_IO, "keys in memory: %s", strerror(errno));
	return 0;
}

int keyfile_open(const char *dir, struct keyfile **out, struct err *err)
{
	struct keyfile *f = mem_new(struct keyfile);

	f->fd = -1;
	f->map = MAP_FAILED;
	pthread_mutex_init(&f->lock, NULL);
	int rc = dir ? open_file(f, dir, err) : open_memory(f, err);
	if (rc < 0) {
		keyfile_close(f);
		return rc;
	}
	madvise(f->map, f->max * SLOT, MADV_DONTDUMP); /* keys stay out of core files */
	*out = f;
	return 0;
}

void keyfile_close(struct keyfile *f)
{
	if (!f)
		return;
	if (f->map != MAP_FAILED)
		munmap(f->map, f->max * SLOT);
	if (f->fd >= 0)
		close(f->fd);
	pthread_mutex_destroy(&f->lock);
	free(f);
}
