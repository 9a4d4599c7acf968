/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread with an event_base and a queue of posts from other threads.  The queue is a list under a
 * mutex; an eventfd is written only when it was empty, and one wake-up takes all that is there, so
 * a thousand answers of one commit cost one system call.
 */
#include "daemon/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/log.h"
#include "proto/base/mem.h"

struct post {
	struct post *next;
	void (*fn)(void *arg);
	void *arg;
};

struct loop {
	unsigned index;
	struct event_base *base;
	struct event on_posts;
	int wake_fd;
	pthread_t thread;
	pthread_mutex_t lock; /* of first, last */
	struct post *first, **last;
};

static _Thread_local struct loop *current;

static struct post *take_posts(struct loop *l)
{
	pthread_mutex_lock(&l->lock);
	struct post *all = l->first;
	l->first = NULL;
	l->last = &l->first;
	pthread_mutex_unlock(&l->lock);
	return all;
}

static void run_posts(struct post *p)
{
	while (p) {
		struct post *next = p->next;

		p->fn(p->arg);
		free(p);
		p = next;
	}
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	eventfd_t n;

	(void)what;
	(void)eventfd_read(fd, &n);
	run_posts(take_posts(l));
}

void loop_post(struct loop *l, void (*fn)(void *arg), void *arg)
{
	struct post *p = mem_new(struct post);

	p->fn = fn;
	p->arg = arg;
	pthread_mutex_lock(&l->lock);
	bool was_empty = l->first == NULL;
	*l->last = p;
	l->last = &p->next;
	pthread_mutex_unlock(&l->lock);
	if (was_empty)
		(void)eventfd_write(l->wake_fd, 1);
}

/* epoll is all we want; the base stays on its thread, so it needs no locks. */
static struct event_base *base_new(void)
{
	struct event_config *cfg = event_config_new();
	struct event_base *base = NULL;

	if (cfg) {
		event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
		base = event_base_new_with_config(cfg);
		event_config_free(cfg);
	}
	return base;
}

struct loop *loop_new(unsigned index)
{
	struct loop *l = mem_new(struct loop);

	l->index = index;
	l->last = &l->first;
	pthread_mutex_init(&l->lock, NULL);
	l->base = base_new();
	l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (!l->base || l->wake_fd < 0) {
		log_error("loop.new", "loop=%u cannot make an event base", index);
		abort();
	}
	event_assign(&l->on_posts, l->base, l->wake_fd, EV_READ | EV_PERSIST, on_wake, l);
	event_add(&l->on_posts, NULL);
	return l;
}

void loop_run(struct loop *l)
{
	current = l;
	event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);
	current = NULL;
}

static void *thread_main(void *arg)
{
	struct loop *l = arg;
	char name[16];

	snprintf(name, sizeof name, "loop%u", l->index % 1000);
	pthread_setname_np(pthread_self(), name);
	loop_run(l);
	return NULL;
}

/* Signals are for the main thread. */
void loop_start(struct loop *l)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&l->thread, NULL, thread_main, l) != 0) {
		log_error("loop.start", "loop=%u cannot start a thread", l->index);
		abort();
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void stop_here(void *arg)
{
	struct loop *l = arg;

	event_base_loopbreak(l->base);
}

void loop_stop(struct loop *l)
{
	loop_post(l, stop_here, l);
}

void loop_join(struct loop *l)
{
	pthread_join(l->thread, NULL);
}

void loop_flush(struct loop *l)
{
	current = l;
	for (struct post *p = take_posts(l); p; p = take_posts(l))
		run_posts(p);
	current = NULL;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	loop_flush(l);
	event_del(&l->on_posts);
	event_base_free(l->base);
	close(l->wake_fd);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

struct event_base *loop_base(struct loop *l)
{
	return l->base;
}

unsigned loop_index(const struct loop *l)
{
	return l->index;
}

int64_t loop_now_at(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME_COARSE, &ts);
	return ts.tv_sec;
}

int64_t loop_clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct loop *loop_current(void)
{
	return current;
}
