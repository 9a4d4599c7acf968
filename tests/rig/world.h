/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The world of tests/script/README over the real forum: a store in memory behind daemon/forum.c. */
#ifndef TESTS_RIG_WORLD_H
#define TESTS_RIG_WORLD_H

#include "tests/rig/fake_forum.h"
#include "tests/rig/town.h"

struct world {
	struct town town;
	struct slice domain;
};

/* Take over people, groups and articles of `like`, so that there is one place where they stand. */
void world_build(struct world *w, const struct fake_forum *like);
void world_fini(struct world *w);

/* Every n-th read of the store answers KERR_WAIT; 0: none. */
void world_set_waits(struct world *w, uint64_t every);

#endif
