/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A federation in one process: daemons with the real node (proto/fed/), a network, a clock and
 * disks that a seed decides.  The same seed gives the same run, event by event.
 *
 * What travels is delayed, cut, and overtaken by what goes over another connection; a daemon stops
 * between any two events, with or without what it had queued for its disk.
 */
#ifndef TESTS_SIM_SIM_WORLD_H
#define TESTS_SIM_SIM_WORLD_H

#include "tests/sim/sim_disk.h"
#include "tests/sim/sim_rand.h"

enum {
	SIM_DAEMONS_MAX = 400,
	SIM_GROUPS_MAX = 64,
	SIM_START_AT = 1795309201, /* seconds since 1970 when a run begins */
};

struct sim_opts {
	uint64_t seed;
	unsigned n_daemons, n_groups, n_steps;
	/* chance of each kind of step, per cent; what is left posts */
	unsigned partition, crash, restore, snapshot, equivocate, membership, clock, night;
	unsigned forkrecord; /* an owner signs two records with one serial */
	unsigned shatter;    /* each daemon is alone; then they find each other, two parts a time */
	unsigned rot;        /* an article that another daemon has too is damaged on a disk */
	unsigned liars;      /* daemons, per cent, that change what they relay */
	unsigned hidden;     /* ... that cannot be dialled; the first one always can */
	bool verbose;
};

struct sim_world;

struct sim_world *sim_world_new(const struct sim_opts *o);
void sim_world_free(struct sim_world *w);

/* All steps, then healing, then quiet; false: it did not become quiet in time. */
bool sim_run(struct sim_world *w);

/* The promises of docs/federation.md section 13; NULL when they hold, else what does not. */
const char *sim_check(struct sim_world *w);

/* For the tests of single situations. */
struct sim_figures {
	uint64_t put_back; /* machines that were put back and could not know it */
	uint64_t early;    /* content that was taken in a control pass */
	uint64_t late;     /* control entries that were not, though a neighbour had them */
	uint64_t passes;
	uint64_t rivals, settled; /* pairs of records with one serial that were signed; decided */
	uint64_t shattered;
	uint64_t posts, acked, beats, rotten, mended, forks, record_forks, intruders, leaks, lies,
		faults, events;
	uint64_t slanders; /* intruders that a record had taken in, as was known */
};

void sim_figures(const struct sim_world *w, struct sim_figures *out);

#endif
