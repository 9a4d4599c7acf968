/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Group commit.  Two queues meet here: jobs come in under one mutex, answers go out with one post
 * per home and batch.
 *
 * A batch is whole or not at all.  When it does not fit (map full, transaction too big, a damaged
 * value) its jobs are run one by one, so that one of them cannot take the others with it.  After a
 * failed commit nothing is written again: what the kernel lost cannot be known.
 */
#include "storage/writer.h"

#include <pthread.h>
#include <time.h>

#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "storage/audit.h"
#include "storage/keyfile.h"

enum { CONFLICTS_MAX = 100 };

struct writer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct list queue;
	size_t n, cost; /* of what is queued, without the store's own jobs */
	size_t n_eager; /* of what is queued: jobs that do not wait for others */
	bool closing;
};

static struct store_job *job_at(struct list *node)
{
	return container_of(node, struct store_job, node);
}

/* ---- jobs ---- */

void job_init(struct store_job *job, size_t cost, const struct store_call *c, struct slice what)
{
	list_init(&job->node);
	job->cost = cost;
	if (!c)
		return;
	job->home = c->home;
	job->done = c->done;
	job->answers = c->done != NULL;
	job->arg = c->arg;
	job->patient = c->can_wait;
	if (c->actor) {
		job->actor = mem_dup(slice_str(c->actor));
		job->what = mem_dup(what);
	}
	if (c->job_out)
		*c->job_out = c->done ? job : NULL;
}

void job_fini(struct store_job *job)
{
	free(job->actor);
	free(job->what);
}

void store_drop(struct store_job *job)
{
	job->done = NULL;
}

/* ---- queue ---- */

/* The lock is held.  A job over the limit is taken when it is alone. */
static int room_in_queue(struct store *s, const struct writer *w, size_t n, size_t cost)
{
	if (w->closing || atomic_load(&s->stopped))
		return KERR_CLOSED;
	if (w->n + n <= QUEUE_JOBS && (w->cost == 0 || w->cost + cost <= QUEUE_COST))
		return 0;
	s->n_busy++;
	return KERR_BUSY;
}

int writer_check(struct store *s, size_t cost)
{
	struct writer *w = s->writer;

	pthread_mutex_lock(&w->lock);
	int rc = room_in_queue(s, w, 1, cost);
	pthread_mutex_unlock(&w->lock);
	return rc;
}

/* Is it time for a commit?  The lock is held. */
static bool is_due(const struct writer *w)
{
	return w->closing || w->n_eager > 0 || w->n >= PATIENT_JOBS;
}

int writer_add(struct store *s, struct list *jobs, bool own)
{
	struct writer *w = s->writer;
	size_t n = 0, cost = 0, n_eager = 0;

	list_each(jobs, it)
	{
		n++;
		n_eager += !job_at(it)->patient;
		cost += job_at(it)->cost;
	}
	pthread_mutex_lock(&w->lock);
	int rc = own ? 0 : room_in_queue(s, w, n, cost);
	if (rc == 0) {
		bool first = list_empty(&w->queue);

		list_splice(&w->queue, jobs);
		w->n += n;
		w->n_eager += n_eager;
		w->cost += cost;
		if (first || is_due(w))
			pthread_cond_signal(&w->filled);
	}
	pthread_mutex_unlock(&w->lock);
	return rc;
}

void job_pass_on(struct store *s, struct store_job *old, struct store_job *next)
{
	struct list jobs;

	old->done = NULL;
	old->answers = false;
	old->actor = old->what = NULL;
	list_init(&next->node);
	list_init(&jobs);
	list_append(&jobs, &next->node);
	if (writer_add(s, &jobs, true) < 0)
		next->release(next);
}

/* Move the next batch to `batch`; the lock is held. */
static void take_batch(struct writer *w, struct list *batch)
{
	size_t n = 0, cost = 0;

	while (!list_empty(&w->queue) && n < BATCH_JOBS) {
		struct store_job *job = job_at(w->queue.next);
		if (n > 0 && cost + job->cost > BATCH_COST)
			break;
		list_remove(&job->node);
		list_append(batch, &job->node);
		n++;
		w->n_eager -= !job->patient;
		cost += job->cost;
	}
	w->n -= n;
	w->cost -= cost;
}

/* ---- a batch ---- */

static void run_job(struct txn *t, struct store_job *job)
{
	job->res = (struct store_result){0};
	job->res.rc = job->run(t, job);
	if (job->res.rc == 0 && job->actor)
		audit_append(t, slice_str(job->actor), slice_str(job->what));
}

/* Run all jobs in one transaction.  A negative result: nothing was changed. */
static int run_once(struct store *s, struct list *jobs)
{
	struct txn t;
	int rc = txn_begin(s->kv, &s->counters, time(NULL), &t);

	if (rc < 0)
		return rc;
	list_each(jobs, it)
	{
		if (t.rc == 0)
			run_job(&t, job_at(it));
	}
	rc = txn_commit(&t);
	if (rc == 0)
		s->counters = t.n;
	return rc;
}

static int run_whole(struct store *s, struct list *jobs)
{
	int rc = KERR_CONFLICT;

	for (int i = 0; rc == KERR_CONFLICT && i < CONFLICTS_MAX; i++)
		rc = run_once(s, jobs);
	return rc == KERR_CONFLICT ? KERR_BUSY : rc;
}

static void answer_all(struct list *jobs, int rc)
{
	list_each(jobs, it)
	{
		job_at(it)->res = (struct store_result){.rc = rc};
	}
}

void writer_stop(struct store *s, int rc)
{
	if (atomic_exchange(&s->stopped, true))
		return;
	log_error("store.stopped", "why=%s", kerr_name(rc));
	if (s->opts.failed)
		s->opts.failed(s->opts.news_arg, rc);
}

/* Can a batch that failed so be tried in smaller parts? */
static bool is_local(int rc)
{
	return rc == KERR_FULL || rc == KERR_TOOBIG || rc == KERR_DAMAGED || rc == KERR_BUSY;
}

static int run_alone(struct store *s, struct store_job *job)
{
	struct list one;

	list_init(&one);
	list_remove(&job->node);
	list_append(&one, &job->node);
	int rc = run_whole(s, &one);
	if (rc < 0)
		answer_all(&one, rc);
	list_remove(&job->node);
	return rc;
}

static void run_singly(struct store *s, struct list *jobs)
{
	struct list done;
	int rc = 0;

	list_init(&done);
	while (!list_empty(jobs) && (rc == 0 || is_local(rc))) {
		struct store_job *job = job_at(jobs->next);
		rc = run_alone(s, job);
		list_append(&done, &job->node);
	}
	if (rc < 0 && !is_local(rc)) {
		answer_all(jobs, KERR_IO);
		writer_stop(s, rc);
	}
	list_splice(&done, jobs);
	list_splice(jobs, &done);
}

static void run_batch(struct store *s, struct list *jobs)
{
	if (atomic_load(&s->stopped)) {
		answer_all(jobs, KERR_CLOSED);
		return;
	}
	int rc = run_whole(s, jobs);
	if (rc == 0)
		return;
	bool alone = jobs->next == jobs->prev;
	if (is_local(rc) && !alone) {
		run_singly(s, jobs);
		return;
	}
	answer_all(jobs, is_local(rc) ? rc : KERR_IO);
	if (!is_local(rc))
		writer_stop(s, rc);
}

/* ---- answers ---- */

struct answers {
	struct list jobs;
};

static void answer(struct list *jobs)
{
	for (struct list *it; (it = list_pop(jobs)) != NULL;) {
		struct store_job *job = job_at(it);
		if (job->done)
			job->done(job->arg, &job->res);
		job->release(job);
	}
}

/* On its home. */
static void on_home(void *arg)
{
	struct answers *a = arg;

	answer(&a->jobs);
	free(a);
}

/* Move the jobs of the first one's home from `jobs` to a block of their own. */
static struct answers *answers_of_one_home(struct list *jobs)
{
	struct answers *a = mem_new(struct answers);
	void *home = job_at(jobs->next)->home;

	list_init(&a->jobs);
	for (struct list *it = jobs->next, *next; it != jobs; it = next) {
		next = it->next;
		if (job_at(it)->home != home)
			continue;
		list_remove(it);
		list_append(&a->jobs, it);
	}
	return a;
}

/* Those whom nobody waits for end here: what others refer to is then released in queue order. */
static void release_silent(struct list *jobs)
{
	for (struct list *it = jobs->next, *next; it != jobs; it = next) {
		struct store_job *job = job_at(it);
		next = it->next;
		if (job->answers)
			continue;
		list_remove(it);
		job->release(job);
	}
}

static void send_answers(struct store *s, struct list *jobs)
{
	release_silent(jobs);
	if (!s->opts.post) {
		answer(jobs);
		return;
	}
	while (!list_empty(jobs)) {
		struct answers *a = answers_of_one_home(jobs);
		s->opts.post(job_at(a->jobs.next)->home, on_home, a);
	}
}

static void count(struct store *s, struct list *jobs)
{
	list_each(jobs, it)
	{
		struct store_job *job = job_at(it);

		s->n_jobs++;
		if (job->res.rc == KERR_EXISTS)
			s->n_duplicates++;
		else if (job->res.rc < 0)
			s->n_refused++;
		if (job->after)
			job->after(s, job);
	}
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* One batch, from its jobs to the news. */
static void do_batch(struct store *s, struct list *jobs)
{
	uint64_t begun = now_us(), seq = s->counters.seq;

	if (room_tend(&s->room) < 0)
		answer_all(jobs, KERR_FULL);
	else
		run_batch(s, jobs);
	s->n_commits++;
	s->commit_us += now_us() - begun;
	atomic_store(&s->last_seq, s->counters.seq);
	count(s, jobs);
	send_answers(s, jobs);
	if (s->counters.seq != seq && s->opts.news)
		s->opts.news(s->opts.news_arg, s->counters.seq);
	if (!atomic_load(&s->stopped) && keyfile_ahead(s->keys) == KERR_IO)
		writer_stop(s, KERR_IO);
}

/* ---- the thread ---- */

/* Until others have come that share the commit, if all that is there can wait; the lock is held. */
static void wait_more(struct writer *w)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += PATIENCE_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (rc == 0 && !is_due(w))
		rc = pthread_cond_timedwait(&w->filled, &w->lock, &until);
}

/* The next batch; false: closing, and nothing is left. */
static bool wait_batch(struct writer *w, struct list *batch)
{
	pthread_mutex_lock(&w->lock);
	while (list_empty(&w->queue) && !w->closing)
		pthread_cond_wait(&w->filled, &w->lock);
	if (!is_due(w))
		wait_more(w);
	take_batch(w, batch);
	pthread_mutex_unlock(&w->lock);
	return !list_empty(batch);
}

static void *writer_main(void *arg)
{
	struct store *s = arg;
	struct list batch;

	pthread_setname_np(pthread_self(), "writer");
	list_init(&batch);
	while (wait_batch(s->writer, &batch))
		do_batch(s, &batch);
	return NULL;
}

size_t store_run(struct store *s)
{
	struct writer *w = s->writer;
	struct list batch;
	size_t n = 0;

	list_init(&batch);
	pthread_mutex_lock(&w->lock);
	take_batch(w, &batch);
	pthread_mutex_unlock(&w->lock);
	list_each(&batch, it)
	{
		n++;
	}
	if (n > 0)
		do_batch(s, &batch);
	return n;
}

int writer_open(struct store *s)
{
	struct writer *w = mem_new(struct writer);
	pthread_condattr_t steady;

	s->writer = w;
	list_init(&w->queue);
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&w->filled, &steady);
	pthread_condattr_destroy(&steady);
	if (!s->opts.manual && pthread_create(&w->thread, NULL, writer_main, s) != 0) {
		s->opts.manual = true; /* there is nothing to join */
		return KERR_IO;
	}
	return 0;
}

void writer_close(struct store *s)
{
	struct writer *w = s->writer;

	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->closing = true;
	pthread_cond_signal(&w->filled);
	pthread_mutex_unlock(&w->lock);
	if (!s->opts.manual)
		pthread_join(w->thread, NULL);
	while (s->opts.manual && store_run(s) > 0)
		;
	pthread_cond_destroy(&w->filled);
	pthread_mutex_destroy(&w->lock);
	free(w);
	s->writer = NULL;
}
