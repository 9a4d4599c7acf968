/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fresh directory for a test's store, under $TMPDIR or /tmp, and its removal. */
#ifndef TESTS_RIG_TMPDIR_H
#define TESTS_RIG_TMPDIR_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TMPDIR_PATH = 512 };

/* Make it; ends the test program when that fails. */
static inline void tmpdir_make(char path[TMPDIR_PATH])
{
	const char *base = getenv("TMPDIR");

	snprintf(path, TMPDIR_PATH, "%s/koko-test-XXXXXX", base && *base ? base : "/tmp");
	if (!mkdtemp(path)) {
		perror(path);
		exit(1);
	}
}

/* Remove the files in it (a store's directory has no folders), and itself. */
static inline void tmpdir_remove(const char *path)
{
	char file[TMPDIR_PATH * 2];
	struct dirent *e;
	DIR *d = opendir(path);

	while (d && (e = readdir(d)) != NULL) {
		snprintf(file, sizeof file, "%s/%s", path, e->d_name);
		unlink(file);
	}
	if (d)
		closedir(d);
	rmdir(path);
}

#endif
