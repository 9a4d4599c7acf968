/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A main for a fuzz target without libFuzzer: runs every file of its corpus once, so that
 * `make check` keeps what fuzzing has found.  fuzz_NAME reads $srcdir/tests/fuzz/corpus/NAME, or
 * the files and directories named as arguments.
 */
#include <dirent.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/buf.h"
#include "proto/base/mem.h"
#include "tests/fuzz/fuzz.h"

static int n_inputs;

/* The input lies in a block of its own size, as libFuzzer gives it. */
static bool run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;

	if (!f || fstat(fileno(f), &st) < 0) {
		perror(path);
		return false;
	}
	size_t size = (size_t)st.st_size;
	uint8_t *data = mem_alloc(size);
	bool ok = fread(data, 1, size, f) == size;
	fclose(f);
	if (ok)
		LLVMFuzzerTestOneInput(data, size);
	free(data);
	n_inputs++;
	return ok;
}

static bool run_dir(const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, alphasort);
	bool ok = n >= 0;
	struct buf path;

	if (!ok)
		perror(dir);
	buf_init(&path, 4096);
	for (int i = 0; i < n; i++) {
		buf_reset(&path);
		buf_addf(&path, "%s/%s", dir, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			ok = run_file(buf_cstr(&path)) && ok;
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	buf_fini(&path);
	return ok;
}

static bool run_path(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? run_dir(path) : run_file(path);
}

/* The corpus that belongs to a program called fuzz_NAME. */
static bool run_own_corpus(char *program)
{
	const char *srcdir = getenv("srcdir"), *name = basename(program);
	struct buf path;

	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	buf_init(&path, 4096);
	buf_addf(&path, "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".", name);
	bool ok = run_dir(buf_cstr(&path));
	buf_fini(&path);
	return ok;
}

int main(int argc, char **argv)
{
	bool ok = true;

	for (int i = 1; i < argc; i++)
		ok = run_path(argv[i]) && ok;
	if (argc < 2)
		ok = run_own_corpus(argv[0]);
	printf("%d inputs\n", n_inputs);
	return ok && n_inputs > 0 ? 0 : 1;
}
