/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random numbers that a seed repeats exactly (splitmix64). */
#ifndef TESTS_SIM_SIM_RAND_H
#define TESTS_SIM_SIM_RAND_H

#include <stdbool.h>
#include <stdint.h>

struct sim_rand {
	uint64_t state;
};

static inline uint64_t sim_next(struct sim_rand *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 .. below - 1; 0 when below is */
static inline uint32_t sim_draw(struct sim_rand *r, uint32_t below)
{
	uint64_t n = sim_next(r);

	return below == 0 ? 0 : (uint32_t)(n % below);
}

static inline bool sim_chance(struct sim_rand *r, uint32_t percent)
{
	return sim_draw(r, 100) < percent;
}

#endif
