/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs of the simulation:
 *
 *   sim_run [-v] [-d DAEMONS] [-s STEPS] FIRST-SEED [COUNT]
 *
 * A run that breaks a promise prints its seed and what was broken; the same seed does it again.
 * Without -d a seed has 3 to 7 daemons.  Exit status 1 when any run failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/log.h"
#include "tests/sim/sim_world.h"

enum { STEPS = 60 };

static void silent(void *arg, enum log_level level, struct slice line)
{
	(void)arg;
	(void)level;
	(void)line;
}

static struct sim_opts opts_of(uint64_t seed, unsigned daemons, unsigned steps, bool verbose)
{
	struct sim_rand r = {seed * 77 + 1};
	struct sim_opts o = {.seed = seed,
		.n_daemons = daemons ? daemons : 3 + sim_draw(&r, 5),
		.n_groups = 1 + sim_draw(&r, 3),
		.n_steps = steps,
		.partition = 8,
		.crash = 8,
		.restore = sim_draw(&r, 3) == 0 ? 3 : 0,
		.membership = sim_draw(&r, 3) == 0 ? 4 : 0,
		.clock = 3,
		.verbose = verbose};

	return o;
}

static bool run(uint64_t seed, unsigned daemons, unsigned steps, bool verbose)
{
	struct sim_opts o = opts_of(seed, daemons, steps, verbose);
	struct sim_world *w = sim_world_new(&o);
	struct sim_figures n;
	const char *why = sim_run(w) ? sim_check(w) : "it does not become quiet";

	sim_figures(w, &n);
	if (why || verbose)
		printf("seed %llu: %u daemons, %u groups, %llu posts, %llu acknowledged, %llu "
		       "events: %s\n",
			(unsigned long long)seed, o.n_daemons, o.n_groups,
			(unsigned long long)n.posts, (unsigned long long)n.acked,
			(unsigned long long)n.events, why ? why : "well");
	sim_world_free(w);
	return !why;
}

static int usage(void)
{
	fprintf(stderr, "sim_run [-v] [-d DAEMONS] [-s STEPS] FIRST-SEED [COUNT]\n");
	return 2;
}

int main(int argc, char **argv)
{
	unsigned daemons = 0, steps = STEPS, failed = 0;
	bool verbose = false;
	int c;

	while ((c = getopt(argc, argv, "vd:s:")) != -1) {
		if (c == 'v')
			verbose = true;
		else if (c == 'd')
			daemons = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 's')
			steps = (unsigned)strtoul(optarg, NULL, 10);
		else
			return usage();
	}
	if (optind >= argc || daemons > SIM_DAEMONS_MAX)
		return usage();
	uint64_t first = strtoull(argv[optind], NULL, 10);
	uint64_t count = optind + 1 < argc ? strtoull(argv[optind + 1], NULL, 10) : 1;
	if (!verbose)
		log_set_sink(silent, NULL);
	for (uint64_t seed = first; seed < first + count; seed++)
		failed += !run(seed, daemons, steps, verbose);
	printf("%llu passed, %u failed, 0 skipped\n", (unsigned long long)(count - failed), failed);
	return failed > 0;
}
