/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log of writes.  The definitions here take the place of the C library's for the program and
 * for the shared libraries it uses.  One lock is held over each call, so the log has one order.
 */
#include "tests/crash/writelog.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FILES_MAX = 256, PATH_LEN = 512 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool on;
static char dir[PATH_LEN];
static ino_t files[FILES_MAX];
static int n_files;
static struct wl_rec *recs;
static size_t n_recs, cap;

static struct wl_rec *add(enum wl_kind kind, int file)
{
	if (n_recs == cap) {
		cap = cap ? cap * 2 : 1024;
		recs = realloc(recs, cap * sizeof *recs);
		if (!recs)
			abort();
	}
	struct wl_rec *r = &recs[n_recs++];
	*r = (struct wl_rec){.kind = kind, .file = file};
	return r;
}

void writelog_start(const char *of)
{
	for (size_t i = 0; i < n_recs; i++)
		free(recs[i].data);
	n_recs = 0;
	n_files = 0;
	snprintf(dir, sizeof dir, "%s", of);
	on = true;
}

void writelog_stop(void)
{
	on = false;
}

void writelog_mark(uint64_t mark)
{
	pthread_mutex_lock(&lock);
	add(WL_MARK, -1)->mark = mark;
	pthread_mutex_unlock(&lock);
}

size_t writelog_n(void)
{
	return n_recs;
}

const struct wl_rec *writelog_at(size_t i)
{
	return &recs[i];
}

/* ---- which file is it? ---- */

static bool path_of(int fd, char path[PATH_LEN])
{
	char link[64];

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, PATH_LEN - 1);
	if (n < 0)
		return false;
	path[n] = '\0';
	return true;
}

/* The name within dir, or NULL; "" for dir itself. */
static const char *name_in_dir(const char *path)
{
	size_t n = strlen(dir);

	if (strncmp(path, dir, n) != 0)
		return NULL;
	if (path[n] == '\0')
		return path + n;
	return path[n] == '/' ? path + n + 1 : NULL;
}

/* Number of the file behind fd; -1: not ours.  A new one is linked. */
static int file_of(int fd)
{
	char path[PATH_LEN];
	struct stat st;

	if (!on || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	for (int i = 0; i < n_files; i++)
		if (files[i] == st.st_ino)
			return i;
	if (!path_of(fd, path) || !name_in_dir(path))
		return -1;
	if (n_files == FILES_MAX)
		abort();
	files[n_files] = st.st_ino;
	struct wl_rec *r = add(WL_LINK, n_files);
	snprintf(r->name, sizeof r->name, "%s", name_in_dir(path));
	return n_files++;
}

static void log_write(int fd, const struct iovec *iov, int n_iov, off_t off, size_t done)
{
	int file = file_of(fd), flags = fcntl(fd, F_GETFL);

	if (file < 0 || done == 0)
		return;
	struct wl_rec *r = add(WL_WRITE, file);
	r->dsync = (flags & O_DSYNC) != 0;
	r->off = (uint64_t)off;
	r->data = malloc(done);
	if (!r->data)
		abort();
	for (int i = 0; i < n_iov && r->len < done; i++) {
		size_t n = iov[i].iov_len < done - r->len ? iov[i].iov_len : done - r->len;
		memcpy(r->data + r->len, iov[i].iov_base, n);
		r->len += n;
	}
}

/* ---- what the program calls ---- */

static ssize_t do_pwritev(int fd, const struct iovec *iov, int n, off_t off)
{
	pthread_mutex_lock(&lock);
	ssize_t done = syscall(SYS_pwritev, fd, iov, n, (long)off, 0L);
	if (done > 0)
		log_write(fd, iov, n, off, (size_t)done);
	pthread_mutex_unlock(&lock);
	return done;
}

static ssize_t do_writev(int fd, const struct iovec *iov, int n)
{
	pthread_mutex_lock(&lock);
	off_t off = lseek(fd, 0, SEEK_CUR);
	ssize_t done = syscall(SYS_writev, fd, iov, n);
	if (done > 0)
		log_write(fd, iov, n, off, (size_t)done);
	pthread_mutex_unlock(&lock);
	return done;
}

static int do_sync(int fd, long call)
{
	char path[PATH_LEN];
	struct stat st;

	pthread_mutex_lock(&lock);
	int rc = (int)syscall(call, fd);
	int file = file_of(fd);
	if (rc == 0 && file >= 0)
		add(WL_SYNC, file);
	else if (rc == 0 && on && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && path_of(fd, path) &&
		 strcmp(path, dir) == 0)
		add(WL_DIRSYNC, -1);
	pthread_mutex_unlock(&lock);
	return rc;
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t off)
{
	struct iovec iov = {(void *)p, n};

	return do_pwritev(fd, &iov, 1, off);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t off)
{
	return pwrite(fd, p, n, off);
}

ssize_t pwritev(int fd, const struct iovec *iov, int n, off_t off)
{
	return do_pwritev(fd, iov, n, off);
}

ssize_t pwritev64(int fd, const struct iovec *iov, int n, off64_t off)
{
	return do_pwritev(fd, iov, n, off);
}

ssize_t write(int fd, const void *p, size_t n)
{
	struct iovec iov = {(void *)p, n};

	return do_writev(fd, &iov, 1);
}

ssize_t writev(int fd, const struct iovec *iov, int n)
{
	return do_writev(fd, iov, n);
}

int fsync(int fd)
{
	return do_sync(fd, SYS_fsync);
}

int fdatasync(int fd)
{
	return do_sync(fd, SYS_fdatasync);
}

int rename(const char *from, const char *to)
{
	struct stat st;

	pthread_mutex_lock(&lock);
	int rc = (int)syscall(SYS_rename, from, to);
	if (rc == 0 && on && name_in_dir(to) && stat(to, &st) == 0)
		for (int i = 0; i < n_files; i++)
			if (files[i] == st.st_ino)
				snprintf(add(WL_RENAME, i)->name, sizeof recs->name, "%s",
					name_in_dir(to));
	pthread_mutex_unlock(&lock);
	return rc;
}
