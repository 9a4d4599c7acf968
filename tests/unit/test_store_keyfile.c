/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of content keys. */
#include <fcntl.h>
#include <sys/stat.h>

#include "daemon/crypto_ossl.h"
#include "storage/keyfile.h"
#include "tests/rig/tmpdir.h"
#include "tests/rig/unit.h"

static char dir[TMPDIR_PATH];

static int setup(void **state)
{
	(void)state;
	crypto_ossl_install();
	tmpdir_make(dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tmpdir_remove(dir);
	return 0;
}

static struct keyfile *open_it(void)
{
	struct keyfile *f = NULL;

	assert_int_equal(keyfile_open(dir, &f, NULL), 0);
	return f;
}

static uint64_t take(struct keyfile *f)
{
	uint64_t id = 0;

	assert_int_equal(keyfile_take(f, &id), 0);
	return id;
}

static void test_take_and_reopen(void **state)
{
	struct keyfile *f = open_it();
	uint8_t key[CRYPTO_KEY_LEN];

	(void)state;
	assert_null(keyfile_get(f, 1));
	keyfile_set_next(f, 1);
	assert_int_equal(take(f), 1);
	assert_int_equal(take(f), 2);
	assert_non_null(keyfile_get(f, 1));
	assert_memory_not_equal(keyfile_get(f, 1), keyfile_get(f, 2), CRYPTO_KEY_LEN);
	assert_null(keyfile_get(f, KEYFILE_BLOCK));
	assert_null(keyfile_get(f, UINT64_MAX));
	memcpy(key, keyfile_get(f, 2), sizeof key);
	keyfile_close(f);

	f = open_it();
	assert_memory_equal(keyfile_get(f, 2), key, sizeof key);
	keyfile_close(f);
}

static void test_grows(void **state)
{
	struct keyfile *f = open_it();
	struct stat st;
	char path[TMPDIR_PATH + 8];

	(void)state;
	snprintf(path, sizeof path, "%s/keys", dir);
	keyfile_set_next(f, 1);
	assert_int_equal(keyfile_ahead(f), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, KEYFILE_BLOCK * CRYPTO_KEY_LEN);
	keyfile_set_next(f, KEYFILE_BLOCK - KEYFILE_AHEAD);
	assert_int_equal(keyfile_ahead(f), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 2 * KEYFILE_BLOCK * CRYPTO_KEY_LEN);
	keyfile_set_next(f, 2 * KEYFILE_BLOCK - 1);
	assert_int_equal(take(f), 2 * KEYFILE_BLOCK - 1);
	assert_int_equal(take(f), 2 * KEYFILE_BLOCK); /* nobody was ahead: it grows now */
	assert_non_null(keyfile_get(f, 3 * KEYFILE_BLOCK - 1));
	keyfile_close(f);
}

static void test_wipe(void **state)
{
	static const uint8_t zero[CRYPTO_KEY_LEN];
	uint8_t on_disk[CRYPTO_KEY_LEN];
	struct keyfile *f = open_it();
	char path[TMPDIR_PATH + 8];
	uint64_t ids[] = {2, 3, 1u << 30};

	(void)state;
	keyfile_set_next(f, 1);
	assert_int_equal(take(f), 1);
	assert_int_equal(keyfile_wipe(f, ids, 3), 0);
	assert_null(keyfile_get(f, 2));
	assert_null(keyfile_get(f, 3));
	assert_non_null(keyfile_get(f, 4));
	assert_int_equal(take(f), 4); /* erased ones are not given again */
	keyfile_close(f);

	snprintf(path, sizeof path, "%s/keys", dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, on_disk, sizeof on_disk, 2 * CRYPTO_KEY_LEN), sizeof on_disk);
	close(fd);
	assert_memory_equal(on_disk, zero, sizeof zero);
}

/* A crash can leave part of a block: what is whole counts, the rest is written anew. */
static void test_torn_end(void **state)
{
	struct keyfile *f = open_it();
	char path[TMPDIR_PATH + 8];

	(void)state;
	keyfile_set_next(f, 1);
	assert_int_equal(take(f), 1);
	keyfile_close(f);
	snprintf(path, sizeof path, "%s/keys", dir);
	assert_int_equal(truncate(path, 10 * CRYPTO_KEY_LEN + 7), 0);
	f = open_it();
	keyfile_set_next(f, 9);
	assert_int_equal(take(f), 9);
	assert_int_equal(take(f), 10);
	assert_non_null(keyfile_get(f, 10));
	keyfile_close(f);
}

static void test_in_memory(void **state)
{
	struct keyfile *f = NULL;

	(void)state;
	assert_int_equal(keyfile_open(NULL, &f, NULL), 0);
	keyfile_set_next(f, KEYFILE_BLOCK - 1);
	assert_int_equal(take(f), KEYFILE_BLOCK - 1);
	assert_int_equal(take(f), KEYFILE_BLOCK);
	keyfile_close(f);
}

#define ON(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(test_take_and_reopen),
		ON(test_grows),
		ON(test_wipe),
		ON(test_torn_end),
		ON(test_in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
