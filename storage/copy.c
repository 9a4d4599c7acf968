/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An online copy.  When it is whole the store turns to a new generation, so that the copy, put
 * back, is known for what it is even if this life ends in a crash.
 */
#include <pthread.h>

#include "proto/base/mem.h"
#include "storage/generation.h"
#include "storage/writer.h"

struct turn_job {
	struct store_job job;
	struct store *s;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool over;
	int rc;
};

static struct turn_job *turn_of(struct store_job *job)
{
	return container_of(job, struct turn_job, job);
}

static int turn_run(struct txn *t, struct store_job *job)
{
	generation_turn(turn_of(job)->s, t);
	return t->rc;
}

static void turn_after(struct store *s, struct store_job *job)
{
	turn_of(job)->rc = job->res.rc < 0 ? job->res.rc : generation_turned(s, NULL);
}

/* The last touch: whoever waits owns the memory. */
static void turn_release(struct store_job *job)
{
	struct turn_job *t = turn_of(job);

	pthread_mutex_lock(&t->lock);
	t->over = true;
	pthread_cond_signal(&t->ended);
	pthread_mutex_unlock(&t->lock);
}

static void wait_for(struct store *s, struct turn_job *t)
{
	while (s->opts.manual && !t->over && store_run(s) > 0)
		;
	pthread_mutex_lock(&t->lock);
	while (!t->over)
		pthread_cond_wait(&t->ended, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

static int turn(struct store *s)
{
	struct turn_job t = {.s = s};
	struct list jobs;

	pthread_mutex_init(&t.lock, NULL);
	pthread_cond_init(&t.ended, NULL);
	job_init(&t.job, JOB_COST, NULL, lit(""));
	t.job.run = turn_run;
	t.job.after = turn_after;
	t.job.release = turn_release;
	list_init(&jobs);
	list_append(&jobs, &t.job.node);
	int rc = writer_add(s, &jobs, false);
	if (rc == 0) {
		wait_for(s, &t);
		rc = t.rc;
	}
	pthread_cond_destroy(&t.ended);
	pthread_mutex_destroy(&t.lock);
	return rc;
}

int store_copy(struct store *s, const char *dir, struct err *err)
{
	int rc = kv_copy(s->kv, dir, err);

	if (rc < 0)
		return rc;
	rc = turn(s);
	return rc < 0 ? err_set(err, rc, "copy to %s: the store cannot note it: %s", dir,
				kerr_name(rc))
		      : 0;
}
