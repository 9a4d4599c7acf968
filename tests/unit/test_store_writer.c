/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The writer with its thread: answers on their homes, one post per home and batch, the queue's
 * limit, closing with jobs queued, and two threads that post at once.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "daemon/crypto_ossl.h"
#include "storage/store_priv.h"
#include "storage/writer.h"
#include "tests/rig/tmpdir.h"
#include "tests/rig/unit.h"

enum { PER_THREAD = 400, POSTERS = 2 };

/* A home: what is posted to it runs when its thread says so. */
struct home {
	pthread_mutex_t lock;
	pthread_cond_t filled;

	struct {
		void (*fn)(void *arg);
		void *arg;
	} queue[PER_THREAD * 2];

	unsigned n, n_posts, n_answers, n_ok;
	pthread_t owner;
	bool foreign; /* an answer came on another thread */
};

static _Atomic uint64_t news_seq;
static uint32_t group;

static void home_post(void *home, void (*fn)(void *arg), void *arg)
{
	struct home *h = home;

	pthread_mutex_lock(&h->lock);
	h->queue[h->n].fn = fn;
	h->queue[h->n++].arg = arg;
	h->n_posts++;
	pthread_cond_signal(&h->filled);
	pthread_mutex_unlock(&h->lock);
}

static void home_init(struct home *h)
{
	*h = (struct home){.owner = pthread_self()};
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->filled, NULL);
}

/* Run what was posted, until n answers have come. */
static void home_run(struct home *h, unsigned n)
{
	h->owner = pthread_self();
	while (h->n_answers < n) {
		pthread_mutex_lock(&h->lock);
		while (h->n == 0)
			pthread_cond_wait(&h->filled, &h->lock);
		void (*fn)(void *) = h->queue[0].fn;
		void *arg = h->queue[0].arg;
		memmove(h->queue, h->queue + 1, --h->n * sizeof h->queue[0]);
		pthread_mutex_unlock(&h->lock);
		fn(arg);
	}
}

static void answered(void *arg, const struct store_result *res)
{
	struct home *h = arg;

	h->foreign = h->foreign || !pthread_equal(pthread_self(), h->owner);
	h->n_answers++;
	h->n_ok += res->rc == 0;
	if (res->id)
		group = res->id;
}

static void on_news(void *arg, uint64_t last_seq)
{
	(void)arg;
	atomic_store(&news_seq, last_seq);
}

static struct store *open_it(const char *dir)
{
	struct store_opts o = {.dir = dir, .post = home_post, .news = on_news};
	struct store *s = NULL;

	crypto_ossl_install();
	assert_int_equal(store_open(&o, &s, NULL), 0);
	store_set_watermarks(s, 0, 0);
	return s;
}

static void make_group(struct store *s)
{
	struct group_rec g = {.kind = GROUP_FORUM, .name = "koko.test"};
	struct home h;

	home_init(&h);
	assert_int_equal(store_group_put(s, &g,
				 &(struct store_call){.home = &h, .done = answered, .arg = &h}),
		0);
	home_run(&h, 1);
}

static int post_as(struct store *s, struct store_call c, unsigned n)
{
	char mid[32];

	snprintf(mid, sizeof mid, "<%u@x>", n);
	struct store_post p = {
		.mid = slice_str(mid), .article = lit("x\r\n"), .groups = &group, .n_groups = 1};
	return store_post(s, &p, &c);
}

static int post(struct store *s, struct home *h, unsigned n, struct store_job **job_out)
{
	return post_as(s,
		(struct store_call){.home = h, .done = answered, .arg = h, .job_out = job_out}, n);
}

static int post_patient(struct store *s, struct home *h, unsigned n)
{
	return post_as(
		s, (struct store_call){.home = h, .done = answered, .arg = h, .can_wait = true}, n);
}

static void test_answers(void **state)
{
	struct store *s = open_it(NULL);
	struct store_stats st;
	struct home a, b;

	(void)state;
	make_group(s);
	home_init(&a);
	home_init(&b);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(post(s, i % 2 ? &a : &b, i, NULL), 0);
	home_run(&a, 50);
	home_run(&b, 50);
	assert_int_equal(a.n_ok + b.n_ok, 100);
	assert_false(a.foreign || b.foreign);
	store_stats(s, &st);
	assert_true(a.n_posts <= st.n_commits && b.n_posts <= st.n_commits);
	store_close(s);
	assert_int_equal(atomic_load(&news_seq), st.last_seq);
}

static void test_close_drains(void **state)
{
	struct store *s = open_it(NULL);
	struct home h;

	(void)state;
	make_group(s);
	home_init(&h);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(post(s, &h, i, NULL), 0);
	store_close(s);
	home_run(&h, 50); /* answers outlive the store */
	assert_int_equal(h.n_ok, 50);
}

/* Dropped after the answer was sent, before it is run: it stays silent. */
static void test_drop_late(void **state)
{
	struct store *s = open_it(NULL);
	struct store_job *job = NULL;
	struct home h;

	(void)state;
	make_group(s);
	home_init(&h);
	assert_int_equal(post(s, &h, 1, &job), 0);
	store_close(s);
	store_drop(job);
	h.queue[0].fn(h.queue[0].arg);
	assert_int_equal(h.n_answers, 0);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A job that can wait does, but not for ever; with others it has one commit. */
static void test_patience(void **state)
{
	struct store *s = open_it(NULL);
	struct store_stats before, after;
	int64_t begun_ms;
	struct home h;

	(void)state;
	make_group(s);
	home_init(&h);
	begun_ms = now_ms();
	assert_int_equal(post_patient(s, &h, 0), 0);
	home_run(&h, 1);
	assert_true(now_ms() - begun_ms >= PATIENCE_MS - 1);
	store_stats(s, &before);
	for (unsigned i = 1; i <= 100; i++)
		assert_int_equal(post_patient(s, &h, i), 0);
	assert_int_equal(post(s, &h, 101, NULL), 0);
	home_run(&h, 102);
	assert_int_equal(h.n_ok, 102);
	store_stats(s, &after);
	assert_true(after.n_commits - before.n_commits < 20);
	for (unsigned i = 102; i < 102 + PATIENT_JOBS; i++)
		assert_int_equal(post_patient(s, &h, i), 0);
	store_close(s);
	home_run(&h, 102 + PATIENT_JOBS);
	assert_int_equal(h.n_ok, 102 + PATIENT_JOBS);
}

/* The queue has a limit; what is over it is refused at once, the rest is done. */
static void test_busy(void **state)
{
	struct store_opts o = {.manual = true};
	struct store *s = NULL;
	struct home h;
	unsigned n = 0;
	int rc;

	(void)state;
	crypto_ossl_install();
	home_init(&h);
	assert_int_equal(store_open(&o, &s, NULL), 0);
	while ((rc = store_peer_del(
			s, lit("nobody"), &(struct store_call){.done = answered, .arg = &h})) == 0)
		n++;
	assert_int_equal(rc, KERR_BUSY);
	assert_int_equal(n, QUEUE_JOBS);
	assert_int_equal(store_run(s), BATCH_JOBS);
	while (store_run(s) > 0)
		;
	assert_int_equal(h.n_answers, n);
	store_close(s);
}

struct poster {
	pthread_t thread;
	struct store *s;
	struct home home;
	unsigned first;
};

static void *poster_main(void *arg)
{
	struct poster *p = arg;

	for (unsigned i = 0; i < PER_THREAD; i++)
		if (post(p->s, &p->home, p->first + i, NULL) < 0)
			return NULL;
	home_run(&p->home, PER_THREAD);
	return p;
}

/* Half of the ids are posted by both: each is taken once. */
static void test_two_threads(void **state)
{
	static struct poster posters[POSTERS];
	struct check_report report;
	struct group_state st;
	struct view *v;
	char dir[TMPDIR_PATH];
	void *ok;

	(void)state;
	tmpdir_make(dir);
	struct store *s = open_it(dir);
	make_group(s);
	for (unsigned i = 0; i < POSTERS; i++) {
		home_init(&posters[i].home);
		posters[i].s = s;
		posters[i].first = i * PER_THREAD / 2;
		assert_int_equal(
			pthread_create(&posters[i].thread, NULL, poster_main, &posters[i]), 0);
	}
	for (unsigned i = 0; i < POSTERS; i++) {
		pthread_join(posters[i].thread, &ok);
		assert_non_null(ok);
	}
	assert_int_equal(posters[0].home.n_ok + posters[1].home.n_ok, PER_THREAD + PER_THREAD / 2);
	assert_int_equal(view_open(s, &v), 0);
	assert_int_equal(view_group_state(v, group, &st), 0);
	view_close(v);
	assert_int_equal(st.count, PER_THREAD + PER_THREAD / 2);
	assert_int_equal(store_check(s, &report), 0);
	assert_int_equal(report.n_faults, 0);
	buf_fini(&report.lines);
	store_close(s);
	tmpdir_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_close_drains),
		cmocka_unit_test(test_drop_late),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
