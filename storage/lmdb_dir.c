/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "storage/lmdb_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LMDB_PATH = 4096, LOCK_NAP_MS = 20, LOCK_NAPS = 50 };

/* 0 or an errno.  The process before, if it was killed, may still be ending: wait a second for it.
 */
static int lock_file(int fd)
{
	const struct timespec nap = {.tv_nsec = LOCK_NAP_MS * 1000000L};

	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
		if (errno != EWOULDBLOCK || i == LOCK_NAPS)
			return errno;
		nanosleep(&nap, NULL);
	}
	return 0;
}

int lmdb_lock(const char *dir, int *fd_out, struct err *err)
{
	char path[LMDB_PATH];

	snprintf(path, sizeof path, "%s/lock", dir);
	*fd_out = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd_out < 0)
		return err_set(err, KERR_IO, "%s: %s", path, strerror(errno));
	int rc = lock_file(*fd_out);

	if (rc == EWOULDBLOCK)
		return err_set(err, KERR_EXISTS, "store %s is in use by another process", dir);
	return rc != 0 ? err_set(err, KERR_IO, "%s: %s", path, strerror(rc)) : 0;
}

unsigned lmdb_readahead_flag(const char *dir)
{
	char path[LMDB_PATH];
	struct stat st;
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

	snprintf(path, sizeof path, "%s/data.mdb", dir);
	if (stat(path, &st) < 0 || pages <= 0 || page <= 0)
		return 0;
	return (uint64_t)st.st_size > (uint64_t)pages * (uint64_t)page ? MDB_NORDAHEAD : 0;
}

static int sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd >= 0 && fsync(fd) == 0 ? 0 : errno;

	if (fd >= 0)
		close(fd);
	return rc;
}

int lmdb_sync_copy(const char *dir)
{
	char path[LMDB_PATH];

	snprintf(path, sizeof path, "%s/data.mdb", dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd >= 0 && fsync(fd) == 0 ? 0 : errno;
	if (fd >= 0)
		close(fd);
	return rc == 0 ? sync_dir(dir) : rc;
}

/* An empty environment in the file path, synced. */
static int make_env(const char *path, uint64_t map_size)
{
	MDB_env *env;
	int rc = mdb_env_create(&env);

	if (rc != 0)
		return rc;
	rc = mdb_env_set_mapsize(env, map_size);
	if (rc == 0)
		rc = mdb_env_open(env, path, MDB_NOSUBDIR, 0600);
	if (rc == 0)
		rc = mdb_env_sync(env, 1);
	mdb_env_close(env);
	return rc;
}

int lmdb_make_first(const char *dir, uint64_t map_size)
{
	char path[LMDB_PATH], temp[LMDB_PATH], lock[LMDB_PATH];

	snprintf(path, sizeof path, "%s/data.mdb", dir);
	snprintf(temp, sizeof temp, "%s/new.mdb", dir);
	snprintf(lock, sizeof lock, "%s/new.mdb-lock", dir);
	if (access(path, F_OK) == 0)
		return 0;
	unlink(temp); /* of a start that was cut off */
	int rc = make_env(temp, map_size);
	unlink(lock);
	if (rc == 0 && rename(temp, path) < 0)
		rc = errno;
	return rc == 0 ? sync_dir(dir) : rc;
}
