/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bounded queue, and threads that take from its front. */
#include "daemon/pool.h"

#include <pthread.h>
#include <signal.h>

#include "daemon/loop.h"
#include "proto/base/coll.h"
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

struct task {
	struct list node;
	struct loop *home;
	void (*work)(void *arg);
	void (*done)(void *arg);
	void *arg;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct list queue;
	size_t n_queued, queue_max;
	bool ending;
	unsigned n_threads;
	pthread_t *threads;
};

/* The next task; NULL when the pool ends. */
static struct task *take(struct pool *p)
{
	struct list *n = NULL;

	pthread_mutex_lock(&p->lock);
	while (!p->ending && list_empty(&p->queue))
		pthread_cond_wait(&p->more, &p->lock);
	if (!p->ending) {
		n = list_pop(&p->queue);
		p->n_queued--;
	}
	pthread_mutex_unlock(&p->lock);
	return n ? container_of(n, struct task, node) : NULL;
}

static void finish(struct task *t)
{
	loop_post(t->home, t->done, t->arg);
	free(t);
}

static void *thread_main(void *arg)
{
	struct pool *p = arg;

	pthread_setname_np(pthread_self(), "pool");
	for (struct task *t = take(p); t; t = take(p)) {
		t->work(t->arg);
		finish(t);
	}
	return NULL;
}

struct pool *pool_new(unsigned n_threads, size_t queue_max)
{
	struct pool *p = mem_new(struct pool);
	sigset_t all, old;

	list_init(&p->queue);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	p->queue_max = queue_max;
	p->threads = mem_array(n_threads, sizeof *p->threads);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (p->n_threads < n_threads &&
		pthread_create(&p->threads[p->n_threads], NULL, thread_main, p) == 0)
		p->n_threads++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (p->n_threads == 0) {
		log_error("pool.new", "cannot start a thread");
		abort();
	}
	return p;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n_threads; i++)
		pthread_join(p->threads[i], NULL);
	for (struct list *n = list_pop(&p->queue); n; n = list_pop(&p->queue))
		finish(container_of(n, struct task, node));
	pthread_cond_destroy(&p->more);
	pthread_mutex_destroy(&p->lock);
	free(p->threads);
	free(p);
}

static struct task *task_new(
	struct loop *home, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
	struct task *t = mem_new(struct task);

	t->home = home;
	t->work = work;
	t->done = done;
	t->arg = arg;
	return t;
}

int pool_run(struct pool *p, struct loop *home, void (*work)(void *arg), void (*done)(void *arg),
	void *arg)
{
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	if (p->ending || p->n_queued >= p->queue_max) {
		rc = KERR_BUSY;
	} else {
		list_append(&p->queue, &task_new(home, work, done, arg)->node);
		p->n_queued++;
		pthread_cond_signal(&p->more);
	}
	pthread_mutex_unlock(&p->lock);
	return rc;
}

size_t pool_queued(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	size_t n = p->n_queued;
	pthread_mutex_unlock(&p->lock);
	return n;
}
