/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The crypto table with OpenSSL 3 and libcrypt; libsodium verifies signatures.  Algorithms are
 * fetched once; each thread keeps its own contexts and a block of random bytes, so that sealing a
 * small row costs no allocation and no system call.  What a thread keeps is wiped and freed when it
 * ends.
 */
#include "daemon/crypto_ossl.h"

#include <crypt.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/crypto.h"
#include "proto/base/mem.h"

enum { RANDOM_BLOCK = 4096, RANDOM_DIRECT = 512 };

struct thread_crypto {
	EVP_CIPHER_CTX *cipher;
	EVP_MD_CTX *md;
	size_t random_left; /* unused bytes at the end of `random` */
	uint8_t random[RANDOM_BLOCK];
};

static EVP_CIPHER *aes_gcm;
static EVP_MD *sha256;
static pthread_key_t thread_key;
static _Thread_local struct thread_crypto *mine;

/* The library failed: out of memory or no entropy.  There is no way on. */
static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "crypto: %s failed\n", what);
	abort();
}

static void thread_end(void *arg)
{
	struct thread_crypto *t = arg;

	EVP_CIPHER_CTX_free(t->cipher);
	EVP_MD_CTX_free(t->md);
	OPENSSL_clear_free(t, sizeof *t);
	mine = NULL;
}

static struct thread_crypto *self(void)
{
	if (mine)
		return mine;
	struct thread_crypto *t = OPENSSL_zalloc(sizeof *t);
	must(t != NULL, "allocation");
	t->cipher = EVP_CIPHER_CTX_new();
	t->md = EVP_MD_CTX_new();
	must(t->cipher && t->md, "allocation");
	must(pthread_setspecific(thread_key, t) == 0, "thread key");
	mine = t;
	return t;
}

static void ossl_random(void *out, size_t n)
{
	struct thread_crypto *t = self();

	if (n > RANDOM_DIRECT) {
		must(RAND_bytes(out, (int)n) == 1, "RAND_bytes");
		return;
	}
	if (t->random_left < n) {
		must(RAND_bytes(t->random, RANDOM_BLOCK) == 1, "RAND_bytes");
		t->random_left = RANDOM_BLOCK;
	}
	uint8_t *from = t->random + RANDOM_BLOCK - t->random_left;
	memcpy(out, from, n);
	mem_wipe(from, n);
	t->random_left -= n;
}

static void ossl_sha256(const struct slice *parts, size_t n_parts, uint8_t out[CRYPTO_HASH_LEN])
{
	EVP_MD_CTX *md = self()->md;

	must(EVP_DigestInit_ex2(md, sha256, NULL) == 1, "sha256");
	for (size_t i = 0; i < n_parts; i++)
		must(EVP_DigestUpdate(md, parts[i].p, parts[i].len) == 1, "sha256");
	must(EVP_DigestFinal_ex(md, out, NULL) == 1, "sha256");
}

static void ossl_hmac_sha256(struct slice key, struct slice msg, uint8_t out[CRYPTO_HASH_LEN])
{
	static const uint8_t none;
	const void *k = key.len ? (const void *)key.p : &none;

	must(HMAC(sha256, k, (int)key.len, (const uint8_t *)msg.p, msg.len, out, NULL) != NULL,
		"hmac");
}

/* EVP lengths are int; contents are at most STORE_ARTICLE_MAX, so this holds. */
static int int_len(size_t n)
{
	must(n <= INT32_MAX, "length");
	return (int)n;
}

static void ossl_seal(const uint8_t key[CRYPTO_KEY_LEN], const uint8_t nonce[CRYPTO_NONCE_LEN],
	struct slice aad, struct slice in, uint8_t *out)
{
	EVP_CIPHER_CTX *c = self()->cipher;
	const uint8_t *from = (const uint8_t *)in.p;
	int n = 0, tail = 0;

	must(EVP_EncryptInit_ex2(c, aes_gcm, key, nonce, NULL) == 1, "seal");
	if (aad.len)
		must(EVP_EncryptUpdate(c, NULL, &n, (const uint8_t *)aad.p, int_len(aad.len)) == 1,
			"seal");
	n = 0;
	if (in.len)
		must(EVP_EncryptUpdate(c, out, &n, from, int_len(in.len)) == 1, "seal");
	must(EVP_EncryptFinal_ex(c, out + n, &tail) == 1, "seal");
	must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, CRYPTO_TAG_LEN, out + in.len) == 1,
		"seal");
}

static bool ossl_open(const uint8_t key[CRYPTO_KEY_LEN], const uint8_t nonce[CRYPTO_NONCE_LEN],
	struct slice aad, struct slice in, uint8_t *out)
{
	EVP_CIPHER_CTX *c = self()->cipher;
	const uint8_t *from = (const uint8_t *)in.p;
	uint8_t tag[CRYPTO_TAG_LEN], none[1];
	int n = 0;

	if (in.len < CRYPTO_TAG_LEN)
		return false;
	size_t len = in.len - CRYPTO_TAG_LEN;
	memcpy(tag, from + len, sizeof tag);
	must(EVP_DecryptInit_ex2(c, aes_gcm, key, nonce, NULL) == 1, "open");
	if (aad.len)
		must(EVP_DecryptUpdate(c, NULL, &n, (const uint8_t *)aad.p, int_len(aad.len)) == 1,
			"open");
	if (len)
		must(EVP_DecryptUpdate(c, out, &n, from, int_len(len)) == 1, "open");
	must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, CRYPTO_TAG_LEN, tag) == 1, "open");
	if (EVP_DecryptFinal_ex(c, none, &n) == 1)
		return true;
	if (len)
		mem_wipe(out, len);
	return false;
}

static void ossl_public_key(const uint8_t seed[CRYPTO_KEY_LEN], uint8_t out[CRYPTO_KEY_LEN])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, CRYPTO_KEY_LEN);
	size_t len = CRYPTO_KEY_LEN;

	must(key && EVP_PKEY_get_raw_public_key(key, out, &len) == 1, "public key");
	EVP_PKEY_free(key);
}

static void ossl_sign(
	const uint8_t seed[CRYPTO_KEY_LEN], struct slice msg, uint8_t out[CRYPTO_SIG_LEN])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, CRYPTO_KEY_LEN);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t len = CRYPTO_SIG_LEN;

	must(key && md, "sign");
	must(EVP_DigestSignInit(md, NULL, NULL, NULL, key) == 1, "sign");
	must(EVP_DigestSign(md, out, &len, (const uint8_t *)msg.p, msg.len) == 1, "sign");
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
}

static bool ossl_holds(
	const uint8_t public[CRYPTO_KEY_LEN], struct slice msg, const uint8_t sig[CRYPTO_SIG_LEN])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, CRYPTO_KEY_LEN);
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	must(md != NULL, "allocation");
	bool ok = key && EVP_DigestVerifyInit(md, NULL, NULL, NULL, key) == 1 &&
		  EVP_DigestVerify(md, sig, CRYPTO_SIG_LEN, (const uint8_t *)msg.p, msg.len) == 1;
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	return ok;
}

/*
 * All daemons must come to the same answer for ever, be it about a signature that was made to
 * divide them.  libsodium takes half the time and refuses some that OpenSSL takes (keys of small
 * order, keys in a second spelling), never the reverse; so its yes counts and its no is a question.
 */
static bool sodium_verify(
	const uint8_t public[CRYPTO_KEY_LEN], struct slice msg, const uint8_t sig[CRYPTO_SIG_LEN])
{
	const uint8_t *m = (const uint8_t *)msg.p;

	return crypto_sign_verify_detached(sig, m, msg.len, public) == 0 ||
	       ossl_holds(public, msg, sig);
}

/* crypt(3) into dst; false when libcrypt refuses the setting. */
static bool crypt_with(const char *password, const char *setting, char *dst, size_t size)
{
	struct crypt_data *d = mem_new(struct crypt_data); /* 32 KiB: not for a stack */
	const char *hash = crypt_r(password, setting, d);
	bool ok = hash && hash[0] != '*' && strlen(hash) < size;

	if (ok)
		memcpy(dst, hash, strlen(hash) + 1);
	mem_wipe(d, sizeof *d);
	free(d);
	return ok;
}

static bool make_salt(char *salt, size_t size)
{
	char random[16];

	ossl_random(random, sizeof random);
	return size <= INT_MAX &&
	       crypt_gensalt_rn("$y$", 0, random, sizeof random, salt, (int)size) != NULL;
}

static bool ossl_password_hash(const char *password, char *hash, size_t hash_size)
{
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];

	return make_salt(salt, sizeof salt) && crypt_with(password, salt, hash, hash_size);
}

/* The hash itself is missing: crypt(3) does its work, and the answer is longer. */
static bool ossl_password_none(char *hash, size_t hash_size)
{
	return make_salt(hash, hash_size);
}

static bool ossl_password_check(const char *password, const char *hash)
{
	char again[CRYPT_OUTPUT_SIZE];

	if (!crypt_with(password, hash, again, sizeof again))
		return false;
	bool ok = strlen(again) == strlen(hash) && mem_eq_ct(again, hash, strlen(hash));
	mem_wipe(again, sizeof again);
	return ok;
}

static const struct crypto_ops ossl_ops = {
	.random = ossl_random,
	.sha256 = ossl_sha256,
	.hmac_sha256 = ossl_hmac_sha256,
	.seal = ossl_seal,
	.open = ossl_open,
	.public_key = ossl_public_key,
	.sign = ossl_sign,
	.verify = sodium_verify,
	.password_hash = ossl_password_hash,
	.password_check = ossl_password_check,
	.password_none = ossl_password_none,
};

void crypto_ossl_install(void)
{
	if (crypto)
		return;
	aes_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	must(aes_gcm && sha256, "fetching algorithms");
	must(sodium_init() >= 0, "libsodium");
	must(pthread_key_create(&thread_key, thread_end) == 0, "thread key");
	crypto = &ossl_ops;
}
