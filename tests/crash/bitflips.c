/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bits flip in the database, anywhere: row 69 of the faults.  A process of its own opens what is
 * left and reads all of it.  It may refuse, or end (the engine has no checksums of its own pages),
 * or find some of it damaged; what it does show is never another text.
 *
 *   bitflips [ROUNDS [SEED]]
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/crypto_ossl.h"
#include "proto/base/log.h"
#include "storage/store.h"
#include "tests/rig/tmpdir.h"

enum {
	ROUNDS = 60,
	N_ARTICLES = 300,
	PLACES = 1000, /* that are changed, in the last round; fewer before */
	LIMIT_S = 30,
	TEXT = 4096,
	PATH_MAX_LEN = TMPDIR_PATH + 32,
	WRONG = 20,
};

enum outcome { SERVED, REFUSED, ENDED, N_OUTCOMES };

static char dir[TMPDIR_PATH];
static uint32_t group;

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bitflips: %s\n", what);
	exit(1);
}

static void silent(void *arg, enum log_level level, struct slice line)
{
	(void)arg;
	(void)level;
	(void)line;
}

/* Article n; every fifth is longer than a page. */
static struct slice text_of(unsigned n, char room[TEXT])
{
	int len = snprintf(room, TEXT, "Subject: %u\r\n\r\n", n);

	for (unsigned i = 0; i < (n % 5 == 0 ? 3000u : 200u); i++)
		room[len++] = (char)('a' + (n * 31 + i * i / 7) % 26);
	return slice_of(room, (size_t)len);
}

static void on_group(void *arg, const struct store_result *res)
{
	*(uint32_t *)arg = res->id;
}

static int open_store(struct store **out)
{
	return store_open(&(struct store_opts){.dir = dir, .manual = true}, out, NULL);
}

static void fill(void)
{
	struct group_rec g = {.kind = GROUP_FORUM,
		.cls = CLASS_PUBLIC,
		.posting = POSTING_MEMBERS,
		.name = "koko.test",
		.title = "test"};
	const struct store_call call = {.done = on_group, .arg = &group};
	char text[TEXT], mid[32];
	struct store *s;

	must(open_store(&s) == 0, "no store can be made");
	must(store_group_put(s, &g, &call) == 0, "no group can be made");
	store_run(s);
	for (unsigned n = 1; n <= N_ARTICLES; n++) {
		snprintf(mid, sizeof mid, "<%u@x>", n);
		struct store_post p = {.mid = slice_str(mid),
			.article = text_of(n, text),
			.overview = lit("x\t\t\t\t"),
			.arrived_at = 1795309201,
			.groups = &group,
			.n_groups = 1};

		must(store_post(s, &p, &(struct store_call){.done = NULL}) == 0, "no post");
		store_run(s);
	}
	store_close(s);
}

static void load(const char *name, struct buf *out)
{
	char path[PATH_MAX_LEN], block[4096];
	size_t n;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "re");
	must(f != NULL, "a file cannot be read");
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		buf_add(out, slice_of(block, n));
	fclose(f);
}

static void save(const char *name, struct slice bytes)
{
	char path[PATH_MAX_LEN];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "we");
	must(f != NULL && fwrite(bytes.p, 1, bytes.len, f) == bytes.len && fclose(f) == 0,
		"a file cannot be written");
}

/* In the child: what is shown is what was put. */
static int read_all(void)
{
	char room[TEXT];
	struct store *s;
	struct buf text;

	alarm(LIMIT_S);
	if (open_store(&s) < 0)
		return REFUSED;
	buf_init(&text, TEXT);
	for (uint32_t num = 1; num <= N_ARTICLES; num++) {
		struct view *v;
		struct row r;

		if (view_open(s, &v) < 0)
			return REFUSED;
		buf_reset(&text);
		int rc = view_row(v, group, num, true, &r);
		if (rc == 0 && r.overview.len == 0)
			rc = KERR_DAMAGED; /* readers are not shown it */
		if (rc == 0)
			rc = view_content_all(v, r.content, &text);
		view_close(v);
		if (rc == 0 && !slice_eq(buf_slice(&text), text_of(num, room)))
			return WRONG;
	}
	return SERVED;
}

static enum outcome try(void)
{
	int status = 0;
	pid_t child = fork();

	must(child >= 0, "no process");
	if (child == 0) {
		must(freopen("/dev/null", "w", stderr) != NULL, "no /dev/null");
		_exit(read_all());
	}
	must(waitpid(child, &status, 0) == child, "the process is gone");
	if (!WIFEXITED(status)) {
		must(WTERMSIG(status) != SIGALRM, "it hangs");
		return ENDED;
	}
	must(WEXITSTATUS(status) != WRONG, "another text was shown");
	return (enum outcome)WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : ROUNDS;
	unsigned seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : (unsigned)time(NULL);
	unsigned n[N_OUTCOMES] = {0};
	struct buf data, generation, bad;

	printf("bitflips: seed %u\n", seed);
	crypto_ossl_install();
	log_set_sink(silent, NULL);
	srandom(seed);
	tmpdir_make(dir);
	fill();
	buf_init(&data, SIZE_MAX);
	buf_init(&generation, SIZE_MAX);
	buf_init(&bad, SIZE_MAX);
	load("data.mdb", &data);
	load("generation", &generation);
	for (unsigned i = 0; i < rounds; i++) {
		unsigned places = 1 + PLACES * i / rounds;

		buf_reset(&bad);
		buf_add(&bad, buf_slice(&data));
		while (places-- > 0)
			bad.data[(size_t)random() % bad.len] ^= (char)(1 << random() % 8);
		save("data.mdb", buf_slice(&bad));
		save("generation", buf_slice(&generation));
		n[try()]++;
	}
	printf("bitflips: %u served, %u refused, %u ended; never another text\n", n[SERVED],
		n[REFUSED], n[ENDED]);
	buf_fini(&data);
	buf_fini(&generation);
	buf_fini(&bad);
	tmpdir_remove(dir);
	return n[SERVED] == 0; /* one flipped bit is no reason not to serve the rest */
}
