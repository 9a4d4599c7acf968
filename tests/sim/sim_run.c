/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs of the simulation:
 *
 *   sim_run [-v] [-d DAEMONS] [-s STEPS] [-o KIND=PERCENT]... FIRST-SEED [COUNT]
 *
 * A run that breaks a promise prints its seed and what was broken; the same seed does it again.
 * Without -d a seed has 3 to 7 daemons; -o sets how often a kind of step comes (partition, crash,
 * restore, snapshot, equivocate, membership, clock, night, rot, forkrecord, shatter; liars, hidden:
 * how many daemons are).  Exit status 1 when any run failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/sim/sim_world.h"

enum { STEPS = 60 };

/* "crash=20"; false: there is no such kind. */
static bool set_chance(struct sim_opts *o, const char *text)
{
	const struct {
		const char *name;
		unsigned *to;
	} kinds[] = {
		{"partition",  &o->partition },
                {"crash",      &o->crash     },
                {"restore",    &o->restore   },
		{"snapshot",   &o->snapshot  },
                {"equivocate", &o->equivocate},
		{"membership", &o->membership},
                {"clock",      &o->clock     },
                {"night",      &o->night     },
		{"rot",        &o->rot       },
                {"forkrecord", &o->forkrecord},
                {"shatter",    &o->shatter   },
		{"liars",      &o->liars     },
                {"hidden",     &o->hidden    }
        };

	for (size_t i = 0; i < array_len(kinds); i++) {
		size_t len = strlen(kinds[i].name);

		if (strncmp(text, kinds[i].name, len) == 0 && text[len] == '=') {
			*kinds[i].to = (unsigned)strtoul(text + len + 1, NULL, 10);
			return true;
		}
	}
	return false;
}

/* What the command line asks of every run. */
struct wishes {
	unsigned daemons, steps;
	bool verbose;
	const char *chances[8];
	size_t n_chances;
};

static struct sim_opts opts_of(uint64_t seed, const struct wishes *wish)
{
	struct sim_rand r = {seed * 77 + 1};
	struct sim_opts o = {.seed = seed,
		.n_daemons = wish->daemons ? wish->daemons : 3 + sim_draw(&r, 5),
		.n_groups = 1 + sim_draw(&r, 3),
		.n_steps = wish->steps,
		.partition = 8,
		.crash = 8,
		.restore = sim_draw(&r, 3) == 0 ? 3 : 0,
		.membership = sim_draw(&r, 3) == 0 ? 4 : 0,
		.clock = 3,
		.night = 1,
		.liars = sim_draw(&r, 3) == 0 ? 30 : 0,
		.verbose = wish->verbose};

	if (sim_draw(&r, 3) == 0) { /* two continuations, of which nobody loses one */
		o.equivocate = 2;
		o.restore = o.liars = 0;
	}

	/* where no copy goes but by rot, one is always left */
	if (o.restore == 0 && o.equivocate == 0 && o.membership == 0)
		o.rot = 3;
	if (sim_draw(&r, 3) == 0)
		o.hidden = 50;
	if (o.restore == 0 && o.equivocate == 0 && o.membership == 0 && sim_draw(&r, 2) == 0)
		o.forkrecord = 3;
	for (size_t i = 0; i < wish->n_chances; i++)
		(void)set_chance(&o, wish->chances[i]); /* main has looked at it */
	return o;
}

/* shattered: grows by how often each daemon was alone. */
static bool run(uint64_t seed, const struct wishes *wish, uint64_t *shattered)
{
	struct sim_opts o = opts_of(seed, wish);
	struct sim_world *w = sim_world_new(&o);
	struct sim_figures n;
	const char *why = sim_run(w) ? sim_check(w) : "it does not become quiet";

	sim_figures(w, &n);
	*shattered += n.shattered;
	if (why || o.verbose)
		printf("seed %llu: %u daemons, %u groups, %llu posts, %llu acknowledged, %llu "
		       "events, %llu forks: %s\n",
			(unsigned long long)seed, o.n_daemons, o.n_groups,
			(unsigned long long)n.posts, (unsigned long long)n.acked,
			(unsigned long long)n.events, (unsigned long long)n.forks,
			why ? why : "well");
	sim_world_free(w);
	return !why;
}

static int usage(void)
{
	fprintf(stderr,
		"sim_run [-v] [-d DAEMONS] [-s STEPS] [-o KIND=PERCENT]... FIRST-SEED [COUNT]\n");
	return 2;
}

/* False: it cannot be. */
static bool take_options(int argc, char **argv, struct wishes *wish)
{
	struct sim_opts trial;
	int c;

	while ((c = getopt(argc, argv, "vd:s:o:")) != -1) {
		if (c == 'v')
			wish->verbose = true;
		else if (c == 'd')
			wish->daemons = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 's')
			wish->steps = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'o' && wish->n_chances < array_len(wish->chances) &&
			 set_chance(&trial, optarg))
			wish->chances[wish->n_chances++] = optarg;
		else
			return false;
	}
	return optind < argc && wish->daemons <= SIM_DAEMONS_MAX;
}

int main(int argc, char **argv)
{
	struct wishes wish = {.steps = STEPS};
	unsigned failed = 0;
	uint64_t shattered = 0;

	if (!take_options(argc, argv, &wish))
		return usage();
	uint64_t first = strtoull(argv[optind], NULL, 10);
	uint64_t count = optind + 1 < argc ? strtoull(argv[optind + 1], NULL, 10) : 1;
	for (uint64_t seed = first; seed < first + count; seed++)
		failed += !run(seed, &wish, &shattered);
	if (shattered > 0)
		printf("%llu times each was alone\n", (unsigned long long)shattered);
	printf("%llu passed, %u failed, 0 skipped\n", (unsigned long long)(count - failed), failed);
	return failed > 0;
}
