/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store and its file of content keys: missing, cut short, another store's, given up. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "daemon/crypto_ossl.h"
#include "storage/keyfile.h"
#include "tests/rig/store_rig.h"

enum { ROOM = TMPDIR_PATH * 2, N_ARTICLES = 3 };

static char *keys_of(const struct store_rig *r, const char *suffix)
{
	static char path[2][ROOM];
	static unsigned i;

	i = !i;
	snprintf(path[i], ROOM, "%s/keys%s", r->dir, suffix);
	return path[i];
}

/* Some articles, and the store is closed. */
static uint32_t fill(struct store_rig *r)
{
	uint32_t g = rig_group(r, "koko.test");
	char mid[32];

	for (int i = 0; i < N_ARTICLES; i++) {
		snprintf(mid, sizeof mid, "<%d@x>", i);
		assert_int_equal(rig_post1(r, mid, g), 0);
	}
	store_close(r->s);
	r->s = NULL;
	return g;
}

static int open_it(struct store_rig *r, bool lost, struct err *err)
{
	struct store_opts o = {.dir = r->dir, .manual = true, .lost_keys = lost};

	return store_open(&o, &r->s, err);
}

static void refused(struct store_rig *r, const char *why)
{
	struct err err;

	assert_int_equal(open_it(r, false, &err), KERR_NOTFOUND);
	r->s = NULL;
	if (!strstr(err.text, why) || !strstr(err.text, "put the backup of it back") ||
		!strstr(err.text, "kokod -L once") || !strstr(err.text, "all else is lost"))
		fail_msg("%s", err.text);
}

/* How many of the articles can be read. */
static int n_readable(struct store_rig *r, uint32_t g)
{
	int n = 0;

	for (uint32_t num = 1; num <= N_ARTICLES; num++) {
		struct view *v = rig_view(r);
		struct buf text;
		struct row row;

		buf_init(&text, 1000);
		assert_int_equal(view_row(v, g, num, false, &row), 0);
		n += view_content_all(v, row.content, &text) == 0;
		buf_fini(&text);
		view_close(v);
	}
	return n;
}

static off_t size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void test_missing(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = fill(r);

	assert_int_equal(rename(keys_of(r, ""), keys_of(r, ".away")), 0);
	refused(r, "keys is missing");
	assert_int_equal(access(keys_of(r, ""), F_OK), -1); /* none is made */
	assert_int_equal(rename(keys_of(r, ".away"), keys_of(r, "")), 0);
	assert_int_equal(open_it(r, false, NULL), 0);
	assert_int_equal(n_readable(r, g), N_ARTICLES);
	rig_assert_clean(r);
}

static void test_cut_short(void **state)
{
	static const off_t sizes[] = {0, 7, CRYPTO_KEY_LEN, N_ARTICLES * CRYPTO_KEY_LEN};
	struct store_rig *r = *state;
	uint32_t g = fill(r);

	for (size_t i = array_len(sizes); i-- > 0;) {
		assert_int_equal(truncate(keys_of(r, ""), sizes[i]), 0);
		refused(r, "keys is too short");
		assert_int_equal(size_of(keys_of(r, "")), sizes[i]);
	}
	assert_int_equal(open_it(r, true, NULL), 0);
	assert_int_equal(n_readable(r, g), 0);
}

/* What is still there goes on to be read. */
static void test_cut_short_and_given_up(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = fill(r);

	assert_int_equal(truncate(keys_of(r, ""), N_ARTICLES * CRYPTO_KEY_LEN), 0);
	assert_int_equal(open_it(r, true, NULL), 0);
	assert_int_equal(n_readable(r, g), N_ARTICLES - 1); /* slot 0 is nobody's */
	assert_int_equal(rig_post1(r, "<new@x>", g), 0);
	rig_reopen(r);
	assert_int_equal(n_readable(r, g), N_ARTICLES - 1);
}

static void test_of_another_store(void **state)
{
	struct store_rig *r = *state, other;
	uint32_t g = fill(r);
	off_t size = size_of(keys_of(r, ""));

	rig_open_dir(&other);
	(void)!fill(&other);
	assert_int_equal(rename(keys_of(r, ""), keys_of(r, ".own")), 0);
	assert_int_equal(rename(keys_of(&other, ""), keys_of(r, "")), 0);
	refused(r, "keys is another store's");
	assert_int_equal(open_it(r, true, NULL), 0);
	assert_int_equal(n_readable(r, g), 0);
	assert_int_equal(size_of(keys_of(r, ".foreign")), size); /* kept, whose ever it is */
	assert_int_equal(rig_post1(r, "<new@x>", g), 0);
	rig_reopen(r); /* the new one is known again */
	store_close(r->s);

	/* and the right one, found later, is taken: it opens what is here */
	assert_int_equal(rename(keys_of(r, ".own"), keys_of(r, "")), 0);
	assert_int_equal(open_it(r, false, NULL), 0);
	assert_int_equal(n_readable(r, g), N_ARTICLES);
	rig_close(&other);
}

static void test_given_up(void **state)
{
	struct store_rig *r = *state;
	uint32_t g = fill(r);
	struct err err;

	assert_int_equal(open_it(r, true, &err), KERR_INVALID);
	assert_non_null(strstr(err.text, "is whole"));
	assert_int_equal(unlink(keys_of(r, "")), 0);
	assert_int_equal(open_it(r, true, &err), 0);
	assert_int_equal(n_readable(r, g), 0);
	assert_int_equal(rig_post1(r, "<new@x>", g), 0);
	rig_reopen(r);
	assert_int_equal(rig_post1(r, "<0@x>", g), KERR_EXISTS);
}

/* Of a store that never had a content nothing is missed. */
static void test_empty_store(void **state)
{
	struct store_rig *r = *state;

	store_close(r->s);
	assert_int_equal(unlink(keys_of(r, "")), 0);
	assert_int_equal(open_it(r, false, NULL), 0);
	assert_int_equal(rig_post1(r, "<1@x>", rig_group(r, "koko.test")), 0);
	rig_reopen(r);
	rig_assert_clean(r);
}

/* A damaged slot 0 is of no content: the file is the right one all the same. */
static void test_slot_of_the_mark(void **state)
{
	static const uint8_t zero[CRYPTO_KEY_LEN];
	struct store_rig *r = *state;
	uint32_t g = fill(r);
	int fd = open(keys_of(r, ""), O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, zero, sizeof zero, 0), sizeof zero);
	close(fd);
	assert_int_equal(open_it(r, false, NULL), 0);
	assert_int_equal(n_readable(r, g), N_ARTICLES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_ON(test_missing, dir),
		RIG_ON(test_cut_short, dir),
		RIG_ON(test_cut_short_and_given_up, dir),
		RIG_ON(test_of_another_store, dir),
		RIG_ON(test_given_up, dir),
		RIG_ON(test_empty_store, dir),
		RIG_ON(test_slot_of_the_mark, dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
