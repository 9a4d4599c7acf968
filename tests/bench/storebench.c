/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How fast is the store?  Posts from two threads with 256 outstanding in all, then reads of each
 * kind, on a store in a fresh directory.
 *
 * storebench [ARTICLES [BYTES]]   default 100000 articles of 5800 bytes
 */
#include "storage/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "daemon/crypto_ossl.h"
#include "proto/base/mem.h"
#include "tests/rig/tmpdir.h"

enum { THREADS = 2, OUTSTANDING = 128, GROUPS = 318, READS = 20000, BODIES = 256 };

struct poster {
	struct store *s;
	pthread_t thread;
	unsigned id, n;
	double calling_us; /* time within store_post */
	_Atomic unsigned out;
	_Atomic unsigned refused;
	pthread_mutex_t lock;
	pthread_cond_t fell;
};

static uint32_t groups[GROUPS];
static struct buf bodies[BODIES]; /* made before the clock runs */

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Time of this thread alone: the machine has other work. */
static double cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* Words of chance: about as compressible as people's mail. */
static void fill(struct buf *b, unsigned seed, size_t bytes)
{
	static const char *const words[] = {"die", "Schule", "und", "Beruf", "Krefeld", "Treffen",
		"am", "Montag", "bitte", "Protokoll", "Ausbildung", "nicht", "wir", "haben",
		"Viersen", "Praktikum", "Kammer", "Termin", "Agentur", "mit", "der", "offen"};

	buf_reset(b);
	buf_addf(b, "Message-ID: <%u@bench>\r\nSubject: Bench %u\r\n\r\n", seed, seed);
	while (b->len + 20 < bytes) {
		seed = seed * 1103515245u + 12345u;
		buf_addz(b, words[(seed >> 16) % array_len(words)]);
		if ((seed >> 8) % 7 == 0)
			buf_addu(b, seed >> 12);
		buf_addz(b, (seed >> 4) % 11 == 0 ? "\r\n" : " ");
	}
}

static void answered(void *arg, const struct store_result *res)
{
	struct poster *p = arg;

	if (res->rc < 0)
		p->refused++;
	pthread_mutex_lock(&p->lock);
	p->out--;
	pthread_cond_signal(&p->fell);
	pthread_mutex_unlock(&p->lock);
}

static void wait_below(struct poster *p, unsigned limit)
{
	pthread_mutex_lock(&p->lock);
	while (p->out >= limit)
		pthread_cond_wait(&p->fell, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

static void post_one(struct poster *p, unsigned i)
{
	static const char over[] = "Re: Bench, eine \xc3\x9c"
				   "berschrift von Menschen\tAnna Beispiel <anna@example.org>\t"
				   "Mon, 23 Nov 2026 10:00:00 +0100\t<12345.6789@bench.example>\t"
				   "<12345.1@bench.example> <12345.2@bench.example>";
	unsigned seed = p->id * 100000000u + i;
	struct store_call c = {.done = answered, .arg = p};
	char mid[64];

	snprintf(mid, sizeof mid, "<%u@bench>", seed);
	struct store_post post = {.mid = slice_str(mid),
		.article = buf_slice(&bodies[seed % BODIES]),
		.overview = slice_str(over),
		.lines = 90,
		.arrived_at = time(NULL),
		.groups = &groups[seed % GROUPS],
		.n_groups = 1};
	wait_below(p, OUTSTANDING);
	p->out++;
	double begun = cpu_us();
	if (store_post(p->s, &post, &c) < 0) {
		p->refused++;
		p->out--;
	}
	p->calling_us += cpu_us() - begun;
}

static void *poster_main(void *arg)
{
	struct poster *p = arg;

	for (unsigned i = 0; i < p->n; i++)
		post_one(p, i);
	wait_below(p, 1);
	return NULL;
}

static void bench_posts(struct store *s, unsigned n)
{
	struct poster posters[THREADS] = {{.s = s}};
	struct store_stats st;
	double begun = now_s(), calling = 0;

	for (unsigned i = 0; i < THREADS; i++) {
		posters[i].s = s;
		posters[i].id = i;
		posters[i].n = n / THREADS;
		pthread_mutex_init(&posters[i].lock, NULL);
		pthread_cond_init(&posters[i].fell, NULL);
		if (pthread_create(&posters[i].thread, NULL, poster_main, &posters[i]) != 0)
			abort();
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(posters[i].thread, NULL);
		calling += posters[i].calling_us;
		if (posters[i].refused)
			printf("%u refused\n", posters[i].refused);
	}
	double took = now_s() - begun;
	store_stats(s, &st);
	printf("post     %8.0f/s  %.1f s, %.1f per commit, %.2f ms a commit, %.1f us calling\n",
		n / took, took, (double)st.n_articles / (double)st.n_commits,
		(double)st.commit_us / 1e3 / (double)st.n_commits, calling / n);
	printf("size     %8.0f bytes an article on disk\n", (double)st.bytes_used / n);
}

/* ---- reads ---- */

static unsigned seen;

static bool row_on(void *arg, const struct row *r)
{
	*(struct row *)arg = *r;
	seen++;
	return true;
}

static void bench_over(
	struct store *s, const char *what, uint32_t group, uint32_t n, enum rows_flags flags)
{
	double begun = cpu_us();
	int rounds = 200;
	struct row last;

	seen = 0;
	for (int i = 0; i < rounds; i++) {
		struct view *v;
		if (view_open(s, &v) < 0 || view_rows(v, group, 1, n, flags, row_on, &last) < 0)
			abort();
		view_close(v);
	}
	double us = (cpu_us() - begun) / rounds;
	printf("%-8s %8.1f us for %u rows\n", what, us, seen / (unsigned)rounds);
}

static void bench_history(struct store *s, unsigned n)
{
	double begun = cpu_us();

	for (unsigned i = 0; i < READS; i++) {
		struct history h;
		struct view *v;
		char mid[64];

		int len = snprintf(mid, sizeof mid, "<%u@bench>", (i * 2654435761u) % (n / 2));
		if (view_open(s, &v) < 0 || view_history(v, slice_of(mid, (size_t)len), &h) < 0)
			abort();
		view_close(v);
	}
	printf("history  %8.2f us\n", (cpu_us() - begun) / READS);
}

static void bench_content(struct store *s, unsigned n)
{
	struct buf b;
	double us = 0;

	buf_init(&b, 1 << 20);
	for (unsigned i = 0; i < READS; i++) {
		struct view *v;

		if (view_open(s, &v) < 0)
			abort();
		double begun = cpu_us();
		buf_reset(&b);
		if (view_content(v, 1 + (i * 2654435761u) % n, 0, &b) < 0)
			abort();
		us += cpu_us() - begun;
		view_close(v);
	}
	printf("content  %8.2f us\n", us / READS);
	buf_fini(&b);
}

/* One group with many rows, for OVER. */
static void fill_group(struct store *s, uint32_t group, unsigned n)
{
	struct poster p = {.s = s, .id = 30};

	groups[0] = group;
	pthread_mutex_init(&p.lock, NULL);
	pthread_cond_init(&p.fell, NULL);
	for (unsigned i = 0; i < n; i++)
		post_one(&p, i * GROUPS + GROUPS - (30 * 100000000u) % GROUPS);
	wait_below(&p, 1);
}

static void group_on(void *arg, const struct store_result *res)
{
	atomic_store((_Atomic uint32_t *)arg, res->id);
}

static uint32_t make_group(struct store *s, const char *name)
{
	static _Atomic uint32_t id;
	struct group_rec g = {.kind = GROUP_FORUM, .cls = CLASS_PUBLIC};
	struct store_call c = {.done = group_on, .arg = (void *)&id};

	id = 0;
	snprintf(g.name, sizeof g.name, "%s", name);
	if (store_group_put(s, &g, &c) < 0)
		abort();
	while (atomic_load(&id) == 0)
		sched_yield();
	return id;
}

int main(int argc, char **argv)
{
	unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 100000;
	size_t bytes = argc > 2 ? (size_t)atoi(argv[2]) : 5800;
	char dir[TMPDIR_PATH], name[32];
	struct store_opts o = {.dir = dir};
	struct store *s;
	struct err err;

	crypto_ossl_install();
	for (unsigned i = 0; i < BODIES; i++) {
		buf_init(&bodies[i], bytes + 4096);
		fill(&bodies[i], i, bytes);
	}
	tmpdir_make(dir);
	if (store_open(&o, &s, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	for (unsigned i = 0; i < GROUPS; i++) {
		snprintf(name, sizeof name, "kk.g%04u", i + 1);
		groups[i] = make_group(s, name);
	}
	bench_posts(s, n);
	bench_history(s, n);
	bench_content(s, n);
	uint32_t big = make_group(s, "kk.over");
	fill_group(s, big, 500);
	bench_over(s, "over", big, 500, ROWS_OVERVIEW);
	bench_over(s, "rows", big, 500, (enum rows_flags)0);
	store_close(s);
	double begun = now_s();
	if (store_open(&o, &s, &err) < 0)
		return 1;
	printf("reopen   %8.1f ms\n", (now_s() - begun) * 1e3);
	store_close(s);
	tmpdir_remove(dir);
	for (unsigned i = 0; i < BODIES; i++)
		buf_fini(&bodies[i]);
	return 0;
}
