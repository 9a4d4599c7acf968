/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/sim_crypto.h"

#include "daemon/crypto_ossl.h"
#include "proto/base/coll.h"
#include "proto/base/crypto.h"
#include "proto/base/mem.h"

static struct crypto_ops ops;
static struct sim_rand *source;
static struct map *seeds; /* public key -> seed */

static void random_bytes(void *out, size_t n)
{
	uint8_t *to = out;

	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)sim_next(source);
}

static void public_key(const uint8_t seed[CRYPTO_KEY_LEN], uint8_t out[CRYPTO_KEY_LEN])
{
	const struct slice parts[] = {lit("public"), slice_of(seed, CRYPTO_KEY_LEN)};
	struct slice key = slice_of(out, CRYPTO_KEY_LEN);

	ops.sha256(parts, array_len(parts), out);
	if (!map_get(seeds, key))
		map_put(seeds, key, mem_dup(slice_of(seed, CRYPTO_KEY_LEN)));
}

static void sign(const uint8_t seed[CRYPTO_KEY_LEN], struct slice msg, uint8_t out[CRYPTO_SIG_LEN])
{
	const struct slice parts[] = {slice_of(seed, CRYPTO_KEY_LEN), msg};

	ops.sha256(parts, array_len(parts), out);
	memset(out + CRYPTO_HASH_LEN, 0, CRYPTO_SIG_LEN - CRYPTO_HASH_LEN);
}

static bool verify(
	const uint8_t public[CRYPTO_KEY_LEN], struct slice msg, const uint8_t sig[CRYPTO_SIG_LEN])
{
	const uint8_t *seed = map_get(seeds, slice_of(public, CRYPTO_KEY_LEN));
	uint8_t want[CRYPTO_SIG_LEN];

	if (!seed)
		return false;
	sign(seed, msg, want);
	return memcmp(want, sig, sizeof want) == 0;
}

void sim_crypto_install(struct sim_rand *r)
{
	static const uint8_t hash_key[16] = {1};

	if (!seeds) {
		hash_set_key(hash_key); /* or it would be drawn, once, from the first run's seed */
		crypto_ossl_install();
		ops = *crypto;
		ops.random = random_bytes;
		ops.public_key = public_key;
		ops.sign = sign;
		ops.verify = verify;
		crypto = &ops;
		seeds = map_new();
	}
	source = r;
}

static void free_seed(void *arg, struct slice key, void *value)
{
	(void)arg;
	(void)key;
	free(value);
}

void sim_crypto_reset(void)
{
	map_each(seeds, free_seed, NULL);
	map_free(seeds);
	seeds = map_new();
}
