/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rare, and short: the one place where the federation's thread may wait for a disk. */
#include "daemon/fed_file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/fed_priv.h"
#include "proto/base/scan.h"

enum { TEXT_ROOM = 256 };

static void path_of(const struct fed *f, const struct fed_file *file, const char *suffix,
	char out[FED_FILE_PATH])
{
	snprintf(out, FED_FILE_PATH, "%s/%s%s", f->data, file->name, suffix);
}

void fed_file_path(const struct fed *f, const struct fed_file *file, char out[FED_FILE_PATH])
{
	path_of(f, file, "", out);
}

size_t fed_file_read(const struct fed *f, const struct fed_file *file, uint64_t *out, size_t max)
{
	char path[FED_FILE_PATH], text[TEXT_ROOM];
	struct cursor c;
	size_t n;
	FILE *in;

	path_of(f, file, "", path);
	in = fopen(path, "re");
	if (!in)
		return 0;
	n = fread(text, 1, sizeof text, in);
	fclose(in);
	c = cursor_of(slice_of(text, n));
	if (!cursor_take_ci(&c, slice_str(file->word)))
		return 0;
	n = 0;
	while (n < max && cursor_blanks(&c) > 0 && cursor_number(&c, UINT64_MAX, &out[n]))
		n++;
	return n;
}

static bool fill(const char *path, struct slice text, bool sync)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, text.p, text.len) == (ssize_t)text.len && (!sync || fsync(fd) == 0);
	return close(fd) == 0 && ok;
}

static bool sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return false;
	ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

bool fed_file_write(
	const struct fed *f, const struct fed_file *file, const uint64_t *v, size_t n, bool sync)
{
	char path[FED_FILE_PATH], fresh[FED_FILE_PATH];
	struct buf text;
	bool ok;

	path_of(f, file, "", path);
	path_of(f, file, ".new", fresh);
	buf_init(&text, TEXT_ROOM);
	buf_addz(&text, file->word);
	for (size_t i = 0; i < n; i++)
		buf_addf(&text, " %" PRIu64, v[i]);
	buf_addc(&text, '\n');
	ok = fill(fresh, buf_slice(&text), sync) && rename(fresh, path) == 0 &&
	     (!sync || sync_folder(f->data));
	buf_fini(&text);
	return ok;
}
