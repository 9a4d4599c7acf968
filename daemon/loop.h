/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One thread with an event_base.  A conn stays on one loop for life; other threads reach it only
 * through loop_post.  A callback never waits: no fsync, no DNS, no hash, no long scan.
 */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include <stdint.h>

struct event_base;
struct loop;

/* index 0.. names it in logs.  The thread starts with loop_start. */
struct loop *loop_new(unsigned index);
void loop_start(struct loop *l);

/* Ask it to end after the current callbacks; loop_join waits for the thread. */
void loop_stop(struct loop *l);
void loop_join(struct loop *l);

/* Run what was posted and has not run yet, on the calling thread; its own has ended. */
void loop_flush(struct loop *l);

/* Runs what was posted and has not run yet, on the calling thread; then frees. */
void loop_free(struct loop *l);

/* Run the loop on the calling thread until loop_stop (the main loop, index 0). */
void loop_run(struct loop *l);

/* Run fn(arg) on l's thread, in order; any thread; never fails, never runs within the call. */
void loop_post(struct loop *l, void (*fn)(void *arg), void *arg);

struct event_base *loop_base(struct loop *l);
unsigned loop_index(const struct loop *l);

/*
 * Seconds since 1970, on any thread; right at once after the clock was set (libevent's own time of
 * day would be 5 s late).
 */
int64_t loop_now_at(void);

/* Milliseconds of a clock that only runs forward; any thread, some ms coarse, no system call. */
int64_t loop_clock_ms(void);

/* The loop of the calling thread, or NULL. */
struct loop *loop_current(void);

#endif
