/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signatures that cost a hash instead of a curve, so that thousands of runs fit in a minute. Nobody
 * can make one without the seed: a verifier looks the seed up under the public key.  SHA-256 stays.
 */
#ifndef TESTS_SIM_SIM_CRYPTO_H
#define TESTS_SIM_SIM_CRYPTO_H

#include "tests/sim/sim_rand.h"

/* Install it; random bytes come from r from then on. */
void sim_crypto_install(struct sim_rand *r);

/* Forget the keys of the run before. */
void sim_crypto_reset(void);

#endif
