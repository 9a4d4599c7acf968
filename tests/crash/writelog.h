/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a program wrote into one directory, in order, and when it was synced.
 *
 * writelog.c defines pwrite, pwritev, write, writev, fsync, fdatasync and rename; a program that
 * links it has its own calls and those of LMDB logged.  A write through a descriptor with O_DSYNC
 * (LMDB's meta pages) is on disk when it returns; others are when their file is synced.
 */
#ifndef TESTS_CRASH_WRITELOG_H
#define TESTS_CRASH_WRITELOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wl_kind {
	WL_LINK,    /* a new file `file` got `name` */
	WL_WRITE,   /* data at off of file */
	WL_SYNC,    /* file */
	WL_RENAME,  /* file got `name`, which may have been another's */
	WL_DIRSYNC, /* names up to here */
	WL_MARK,    /* the program said so */
};

struct wl_rec {
	enum wl_kind kind;
	bool dsync; /* WL_WRITE: on disk at once */
	int file;   /* number of the inode in order of appearance */
	uint64_t off;
	size_t len;
	char *data;
	char name[64];
	uint64_t mark;
};

/* Log what happens to the files of dir from now on; forgets an earlier log. */
void writelog_start(const char *dir);
void writelog_stop(void);
void writelog_mark(uint64_t mark);

size_t writelog_n(void);
const struct wl_rec *writelog_at(size_t i);

#endif
