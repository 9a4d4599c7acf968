/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bits flip in the database, anywhere: row 69 of the faults.  All that a whole store shows is
 * collected as facts.  Then bits are flipped in copies of it, one at first and a thousand in the
 * end, and a process of its own opens what is left, shows all of it, and asks store_check.
 *
 * It may refuse, and not show some of it; each thing that it shows must be one of the facts, and
 * when any is not shown store_check must have found why.  It may end too: the engine has no sums of
 * its own pages, so that a flipped bit in the head of one can lead it anywhere.
 *
 *   bitflips [ROUNDS [SEED]]   (100 rounds, 20 with KOKO_LEVEL=fast in the environment)
 */
#include "tests/crash/bitflips.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/crypto_ossl.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "tests/rig/level.h"

enum {
	ROUNDS = 100,
	ROUNDS_FAST = 20,
	PLACES = 1000, /* that are changed, in the last round */
	LIMIT_S = 60,
	PATH_MAX_LEN = TMPDIR_PATH + 32,
};

enum outcome { WHOLE, PART, REFUSED, ENDED, N_OUTCOMES };

/* How the process that reads ends otherwise. */
enum { WRONG = 20, UNFOUND, SANITIZER = 99 };

char flips_dir[TMPDIR_PATH];

void flips_must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bitflips: %s\n", what);
	exit(1);
}

static unsigned n_flips; /* in which a bit is flipped, this round */
static bool remade;      /* a state or a feed was damaged, and is made of what can be read */

static void on_log(void *arg, enum log_level level, struct slice line)
{
	(void)arg;
	(void)level;
	remade |= slice_starts(line, lit("store.recounted")) ||
		  slice_starts(line, lit("store.feed_recounted"));
}

/* What the engine does on pages that are none is not ours; all else that a sanitizer finds is. */
/* NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the sanitizers' names */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

const char *__asan_default_options(void)
{
	return "handle_segv=0:handle_sigbus=0:handle_abort=0:detect_leaks=0:exitcode=99";
}

const char *__tsan_default_options(void)
{
	return "handle_segv=0:handle_sigbus=0:handle_abort=0:exitcode=99";
}

/* NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming) */

/* ---- facts ---- */

struct facts {
	struct arena arena;
	struct vec v;            /* struct slice, sorted in the end */
	const struct slice *all; /* the same, to be read only */
	size_t n_shown;          /* of another store */
	bool *seen;
	size_t n_seen;
};

static int by_bytes(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static void learn(void *arg, struct slice fact)
{
	struct facts *f = arg;

	*(struct slice *)vec_push(&f->v) = arena_dup(&f->arena, fact);
}

/*
 * To where nobody writes: the engine, on a page whose head has flipped, may write past its own, and
 * must not change what is right.
 */
static void facts_freeze(struct facts *f)
{
	const struct slice *from = vec_at(&f->v, 0);
	size_t size = f->v.n * sizeof *from;
	struct slice *to;
	char *text;

	for (size_t i = 0; i < f->v.n; i++)
		size += from[i].len;
	to = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	flips_must(to != MAP_FAILED, "no memory");
	text = (char *)(to + f->v.n);
	for (size_t i = 0; i < f->v.n; i++) {
		memcpy(text, from[i].p, from[i].len);
		to[i] = slice_of(text, from[i].len);
		text += from[i].len;
	}
	flips_must(mprotect(to, size, PROT_READ) == 0, "memory cannot be protected");
	f->all = to;
}

static void sort_facts(struct facts *f)
{
	struct slice *all = vec_at(&f->v, 0);
	size_t n = 1;

	qsort(all, f->v.n, sizeof *all, by_bytes);
	for (size_t i = 1; i < f->v.n; i++)
		if (!slice_eq(all[i], all[n - 1]))
			all[n++] = all[i];
	f->v.n = n;
	f->seen = mem_array(n, sizeof *f->seen);
	facts_freeze(f);
}

/*
 * What is made of rows is right when they are: not where others of them have flipped too.  The fact
 * is missing then, so the check must tell.
 */
static bool is_made_of_less(struct slice fact)
{
	return remade && n_flips > 1 &&
	       (slice_starts(fact, lit("state ")) || slice_starts(fact, lit("feed ")));
}

static void compare(void *arg, struct slice fact)
{
	struct facts *f = arg;
	const struct slice *hit = bsearch(&fact, f->all, f->v.n, sizeof *f->all, by_bytes);

	if (!hit && is_made_of_less(fact))
		return;
	if (!hit) {
		fprintf(stderr, "bitflips: shown, and not so: %.*s\n",
			(int)(fact.len < 300 ? fact.len : 300), fact.p);
		_exit(WRONG);
	}
	f->n_seen += !f->seen[hit - f->all];
	f->seen[hit - f->all] = true;
}

/* ---- copies with flipped bits ---- */

static void load(const char *name, struct buf *out)
{
	char path[PATH_MAX_LEN], block[4096];
	size_t n;

	snprintf(path, sizeof path, "%s/%s", flips_dir, name);
	FILE *f = fopen(path, "re");
	flips_must(f != NULL, "a file cannot be read");
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		buf_add(out, slice_of(block, n));
	fclose(f);
}

static void save(const char *name, struct slice bytes)
{
	char path[PATH_MAX_LEN];

	snprintf(path, sizeof path, "%s/%s", flips_dir, name);
	FILE *f = fopen(path, "we");
	flips_must(f != NULL && fwrite(bytes.p, 1, bytes.len, f) == bytes.len && fclose(f) == 0,
		"a file cannot be written");
}

/* In the child. */
static int read_all(struct facts *f)
{
	struct check_report report;
	struct err err = {""};
	struct store *s;
	bool failed = false;

	alarm(LIMIT_S);
	if (store_open(&(struct store_opts){.dir = flips_dir, .manual = true}, &s, &err) < 0)
		return err.text[0] != '\0' ? REFUSED : UNFOUND;
	if (flips_show(compare, f, s, &failed) < 0)
		return REFUSED;
	int rc = store_check(s, &report);
	if (f->n_seen == f->v.n && !failed)
		return WHOLE;
	return rc < 0 || report.n_faults > 0 ? PART : UNFOUND;
}

static enum outcome try(struct facts *f)
{
	int status = 0;
	pid_t child = fork();

	flips_must(child >= 0, "no process");
	if (child == 0)
		_exit(read_all(f));
	flips_must(waitpid(child, &status, 0) == child, "the process is gone");
	if (!WIFEXITED(status)) {
		flips_must(WTERMSIG(status) != SIGALRM, "it hangs");
		return ENDED;
	}
	flips_must(WEXITSTATUS(status) != WRONG, "something else was shown");
	flips_must(WEXITSTATUS(status) != UNFOUND, "something is not shown, and nobody says why");
	flips_must(WEXITSTATUS(status) != SANITIZER, "memory was misused");
	flips_must(WEXITSTATUS(status) < N_OUTCOMES, "it ended otherwise");
	return (enum outcome)WEXITSTATUS(status);
}

/* Half of the rounds flip one bit; then they grow. */
static unsigned places_of(unsigned round, unsigned rounds)
{
	unsigned behind = round > rounds / 2 ? round - rounds / 2 : 0, half = rounds - rounds / 2;

	return behind == 0 ? 1 : 1 + (PLACES - 1) * behind * behind / (half * half);
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1          ? (unsigned)strtoul(argv[1], NULL, 10)
			  : level_is_fast() ? ROUNDS_FAST
					    : ROUNDS;
	unsigned seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : (unsigned)time(NULL);
	unsigned n[N_OUTCOMES] = {0};
	struct buf data, generation, bad;
	struct facts f = {.n_seen = 0};
	struct store *s;
	bool failed;

	printf("bitflips: seed %u\n", seed);
	fflush(stdout);
	crypto_ossl_install();
	log_set_sink(on_log, NULL);
	srandom(seed);
	tmpdir_make(flips_dir);
	flips_fill();
	arena_init(&f.arena);
	vec_init(&f.v, sizeof(struct slice));
	flips_must(
		store_open(&(struct store_opts){.dir = flips_dir, .manual = true}, &s, NULL) == 0 &&
			flips_show(learn, &f, s, &failed) == 0 && !failed,
		"the whole store cannot be read");
	store_close(s);
	sort_facts(&f);
	buf_init(&data, SIZE_MAX);
	buf_init(&generation, SIZE_MAX);
	buf_init(&bad, SIZE_MAX);
	load("data.mdb", &data);
	load("generation", &generation);
	for (unsigned i = 0; i < rounds; i++) {
		n_flips = places_of(i + 1, rounds);
		buf_reset(&bad);
		buf_add(&bad, buf_slice(&data));
		for (unsigned j = 0; j < n_flips; j++)
			bad.data[(size_t)random() % bad.len] ^= (char)(1 << random() % 8);
		save("data.mdb", buf_slice(&bad));
		save("generation", buf_slice(&generation));
		n[try(&f)]++;
	}
	printf("bitflips: %zu facts, %zu bytes: %u rounds whole, %u in part, %u refused, %u ended; "
	       "never anything else\n",
		f.v.n, data.len, n[WHOLE], n[PART], n[REFUSED], n[ENDED]);
	buf_fini(&data);
	buf_fini(&generation);
	buf_fini(&bad);
	vec_fini(&f.v);
	arena_fini(&f.arena);
	free(f.seen);
	tmpdir_remove(flips_dir);
	return n[PART] == 0; /* one flipped bit is no reason not to serve the rest */
}
