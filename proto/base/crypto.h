/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cryptography as a table of functions, so that proto/ and storage/ link without OpenSSL.
 * daemon/crypto_ossl.c fills it; programs and tests call crypto_ossl_install() first.
 *
 * All functions are thread-safe.  Failure of the library (out of memory, no entropy) aborts.
 */
#ifndef PROTO_BASE_CRYPTO_H
#define PROTO_BASE_CRYPTO_H

#include <stdint.h>

#include "proto/base/slice.h"

enum {
	CRYPTO_HASH_LEN = 32, /* SHA-256 */
	CRYPTO_KEY_LEN = 32,  /* AES-256-GCM key, Ed25519 seed, HMAC key */
	CRYPTO_NONCE_LEN = 12,
	CRYPTO_TAG_LEN = 16,
	CRYPTO_SIG_LEN = 64, /* Ed25519 */
};

struct crypto_ops {
	void (*random)(void *out, size_t n);
	void (*sha256)(const struct slice *parts, size_t n_parts, uint8_t out[CRYPTO_HASH_LEN]);
	void (*hmac_sha256)(struct slice key, struct slice msg, uint8_t out[CRYPTO_HASH_LEN]);
	/* out gets in.len + CRYPTO_TAG_LEN bytes; must not overlap in */
	void (*seal)(const uint8_t key[CRYPTO_KEY_LEN], const uint8_t nonce[CRYPTO_NONCE_LEN],
		struct slice aad, struct slice in, uint8_t *out);
	/* out gets in.len - CRYPTO_TAG_LEN bytes; false when the tag does not verify */
	bool (*open)(const uint8_t key[CRYPTO_KEY_LEN], const uint8_t nonce[CRYPTO_NONCE_LEN],
		struct slice aad, struct slice in, uint8_t *out);
	/* Ed25519, RFC 8032: the public key of a seed, signing, verifying */
	void (*public_key)(const uint8_t seed[CRYPTO_KEY_LEN], uint8_t out[CRYPTO_KEY_LEN]);
	void (*sign)(
		const uint8_t seed[CRYPTO_KEY_LEN], struct slice msg, uint8_t out[CRYPTO_SIG_LEN]);
	bool (*verify)(const uint8_t public[CRYPTO_KEY_LEN], struct slice msg,
		const uint8_t sig[CRYPTO_SIG_LEN]);
	/* crypt(3) with yescrypt: hash gets a NUL-terminated string; 30 ms, so in the pool only */
	bool (*password_hash)(const char *password, char *hash, size_t hash_size);
	bool (*password_check)(const char *password, const char *hash);
	/* what no password fits, and takes as long to check as a hash; made at once */
	bool (*password_none)(char *hash, size_t hash_size);
};

extern const struct crypto_ops *crypto;

static inline void crypto_random(void *out, size_t n)
{
	crypto->random(out, n);
}

static inline void crypto_sha256(struct slice s, uint8_t out[CRYPTO_HASH_LEN])
{
	crypto->sha256(&s, 1, out);
}

#endif
