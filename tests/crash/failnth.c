/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The n-th write or sync of the store fails, for every n: EIO, no space, a short write, a signal.
 *
 * Whatever fails, every answer is one of the few it may be, writing ends when the disk has failed,
 * reading goes on, and the next start holds all that was acknowledged and a clean check.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "daemon/crypto_ossl.h"
#include "proto/base/log.h"
#include "storage/keyfile.h"
#include "storage/store_priv.h"
#include "tests/rig/tmpdir.h"
#include "tests/rig/unit.h"

enum { POSTS = 30, PER_BATCH = 3, NEVER = 0, FIRST_SLOT = KEYFILE_BLOCK - 5 };

/* ---- the calls that fail ---- */

enum fault { FAULT_EIO, FAULT_ENOSPC, FAULT_SHORT, FAULT_EINTR };

static enum fault fault;
static unsigned fail_at = NEVER, n_calls;

/* Is this the one?  errno is set if it shall fail outright. */
static bool failing(void)
{
	static const int codes[] = {[FAULT_EIO] = EIO,
		[FAULT_ENOSPC] = ENOSPC,
		[FAULT_SHORT] = 0,
		[FAULT_EINTR] = EINTR};

	if (fail_at == NEVER || ++n_calls != fail_at)
		return false;
	errno = codes[fault];
	return true;
}

static ssize_t vector(long call, int fd, const struct iovec *iov, int n, off_t off)
{
	bool fails = failing();

	if (fails && fault != FAULT_SHORT)
		return -1;
	struct iovec half = {iov[0].iov_base, iov[0].iov_len / 2};
	if (fails)
		return syscall(call, fd, &half, 1, (long)off, 0L);
	return syscall(call, fd, iov, n, (long)off, 0L);
}

static int sync_call(long call, int fd)
{
	if (failing() && fault != FAULT_SHORT && fault != FAULT_EINTR)
		return -1;
	return (int)syscall(call, fd);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t off)
{
	struct iovec iov = {(void *)p, n};

	return vector(SYS_pwritev, fd, &iov, 1, off);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t off)
{
	return pwrite(fd, p, n, off);
}

ssize_t pwritev(int fd, const struct iovec *iov, int n, off_t off)
{
	return vector(SYS_pwritev, fd, iov, n, off);
}

ssize_t pwritev64(int fd, const struct iovec *iov, int n, off64_t off)
{
	return vector(SYS_pwritev, fd, iov, n, off);
}

ssize_t writev(int fd, const struct iovec *iov, int n)
{
	return vector(SYS_writev, fd, iov, n, 0);
}

int fsync(int fd)
{
	return sync_call(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return sync_call(SYS_fdatasync, fd);
}

/* ---- the workload ---- */

static char dir[TMPDIR_PATH];
static bool acked[POSTS];
static unsigned n_failed;
static uint32_t group;

static void mid_of(unsigned i, char mid[16])
{
	snprintf(mid, 16, "<%u@x>", i);
}

static void on_post(void *arg, const struct store_result *res)
{
	acked[(uintptr_t)arg] = acked[(uintptr_t)arg] || res->rc == 0;
	if (res->rc == KERR_EXISTS && acked[0]) /* the one that is posted again after the restart */
		return;
	assert_true(res->rc == 0 || res->rc == KERR_IO || res->rc == KERR_CLOSED ||
		    res->rc == KERR_FULL);
}

static void on_group(void *arg, const struct store_result *res)
{
	(void)arg;
	group = res->id;
}

static void on_failed(void *arg, int rc)
{
	(void)arg;
	(void)rc;
	n_failed++;
}

static int open_it(struct store **out)
{
	struct store_opts o = {
		.dir = dir, .map_size = 8 << 20, .manual = true, .failed = on_failed};
	int rc = store_open(&o, out, NULL);

	if (rc == 0)
		store_set_watermarks(*out, 0, 0);
	return rc;
}

static void post(struct store *s, uintptr_t i)
{
	struct store_call c = {.done = on_post, .arg = (void *)i};
	char mid[16];

	mid_of((unsigned)i, mid);
	struct store_post p = {.mid = slice_str(mid),
		.article = lit("some text, not much of it\r\n"),
		.groups = &group,
		.n_groups = 1};
	int rc = store_post(s, &p, &c);
	assert_true(rc == 0 || rc == KERR_CLOSED || rc == KERR_IO || rc == KERR_FULL);
}

/*
 * What was acknowledged is there, what is there is whole.  When LMDB could not write its meta page
 * it lets nobody read before the next start.
 */
static void assert_holds(struct store *s, bool after_restart)
{
	struct check_report report;
	struct history h;
	struct view *v;
	char mid[16];

	int rc = view_open(s, &v);
	if (rc == KERR_IO && !after_restart && n_failed > 0)
		return;
	assert_int_equal(rc, 0);
	for (unsigned i = 0; i < POSTS; i++) {
		mid_of(i, mid);
		if (acked[i])
			assert_int_equal(view_history(v, slice_str(mid), &h), 0);
	}
	view_close(v);
	if (!after_restart)
		return;
	assert_int_equal(store_check(s, &report), 0);
	assert_int_equal(report.n_faults, 0);
	buf_fini(&report.lines);
}

/* A store with a group, the next slots at the end of a block so that keys are added under way. */
static void prepare(void)
{
	struct group_rec g = {.kind = GROUP_FORUM, .name = "koko.test"};
	struct store *s = NULL;

	tmpdir_make(dir);
	memset(acked, 0, sizeof acked);
	assert_int_equal(open_it(&s), 0);
	assert_int_equal(store_group_put(s, &g, &(struct store_call){.done = on_group}), 0);
	store_run(s);
	store_close(s);
}

/* true: the fault has come. */
static bool one_round(unsigned at)
{
	struct store_stats st = {.stopped = true};
	struct store *s = NULL;

	prepare();
	n_failed = n_calls = 0;
	fail_at = at;
	if (open_it(&s) == 0) {
		keyfile_set_next(s->keys, FIRST_SLOT);
		for (unsigned i = 0; i < POSTS; i++) {
			post(s, i);
			if (i % PER_BATCH == PER_BATCH - 1)
				store_run(s);
		}
		store_stats(s, &st);
		assert_int_equal(n_failed, st.stopped);
		assert_holds(s, false);
		store_close(s);
	}
	bool came = n_calls >= at;
	fail_at = NEVER;
	assert_int_equal(open_it(&s), 0);
	assert_holds(s, true);
	post(s, 0);
	store_run(s);
	store_close(s);
	tmpdir_remove(dir);
	return came;
}

static void all_rounds(enum fault f)
{
	unsigned at = 1;

	fault = f;
	while (one_round(at))
		at++;
	assert_true(at > 30); /* there were so many calls to fail */
}

static void test_eio(void **state)
{
	(void)state;
	all_rounds(FAULT_EIO);
}

static void test_enospc(void **state)
{
	(void)state;
	all_rounds(FAULT_ENOSPC);
}

static void test_short(void **state)
{
	(void)state;
	all_rounds(FAULT_SHORT);
}

static void test_eintr(void **state)
{
	(void)state;
	all_rounds(FAULT_EINTR);
}

static void quiet(void *arg, enum log_level level, struct slice line)
{
	(void)arg;
	(void)level;
	(void)line;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_eio),
		cmocka_unit_test(test_enospc),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_eintr),
	};

	if (!getenv("TMPDIR") && access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	crypto_ossl_install();
	log_set_sink(quiet, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
