/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store in memory or in a directory, run by hand: each helper queues one job and runs it. */
#ifndef TESTS_RIG_STORE_RIG_H
#define TESTS_RIG_STORE_RIG_H

#include "storage/store.h"
#include "tests/rig/tmpdir.h"
#include "tests/rig/unit.h"

struct store_rig {
	struct store *s;
	char dir[TMPDIR_PATH];   /* "" in memory */
	struct store_result res; /* of the last job answered */
	unsigned n_answers;
	int64_t now_at;
};

void rig_open_mem(struct store_rig *r);
void rig_open_dir(struct store_rig *r); /* a fresh directory */
void rig_reopen(struct store_rig *r);
void rig_close(struct store_rig *r); /* and remove the directory */

/* Fixtures of cmocka: *state is a rig, in memory or in a fresh directory. */
int rig_begin_mem(void **state);
int rig_begin_dir(void **state);
int rig_end(void **state);

/* A row of the table of tests; BOTH are two rows. */
#define RIG_ON(test, where)                                                                        \
	{                                                                                          \
#test " " #where, test, rig_begin_##where, rig_end, NULL                           \
	}
#define RIG_BOTH(test) RIG_ON(test, mem), RIG_ON(test, dir)

/* done and arg of a job whose answer shall stand in r->res */
struct store_call rig_call(struct store_rig *r);

/* Run the queue; the result of the last job answered. */
int rig_run(struct store_rig *r);

uint32_t rig_group(struct store_rig *r, const char *name);
uint32_t rig_account(struct store_rig *r, const char *login, const char *address);

/* Post a small article with that Message-ID into groups (0-terminated); the answer's rc. */
int rig_post(struct store_rig *r, const char *mid, const uint32_t *groups);
/* The same into one group. */
int rig_post1(struct store_rig *r, const char *mid, uint32_t group);

/* Cancel target by a control article, or by an article in group that replaces it; the answer's rc.
 */
int rig_post_cancel(
	struct store_rig *r, const char *mid, const char *target, bool control, uint32_t group);

struct view *rig_view(struct store_rig *r); /* to be closed */
struct group_state rig_state(struct store_rig *r, uint32_t group);

/* store_check finds nothing. */
void rig_assert_clean(struct store_rig *r);

#endif
