/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The crypto table against published vectors, and what must not verify. */
#include "tests/rig/unit.h"

#include <stdlib.h>
#include <time.h>

#include "daemon/crypto_ossl.h"
#include "proto/base/crypto.h"
#include "proto/base/text.h"

static void assert_hex(const uint8_t *p, size_t n, const char *want)
{
	struct buf b;

	buf_init(&b, 1024);
	hex_add(&b, slice_of(p, n));
	assert_buf(&b, want);
	buf_fini(&b);
}

/* FIPS 180-4 examples */
static void sha256(void **state)
{
	uint8_t out[CRYPTO_HASH_LEN];
	const struct slice parts[] = {lit("a"), lit(""), lit("bc")};

	(void)state;
	crypto->sha256(parts, array_len(parts), out);
	assert_hex(out, sizeof out,
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	crypto_sha256(lit(""), out);
	assert_hex(out, sizeof out,
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* RFC 4231 section 4.3 */
static void hmac(void **state)
{
	uint8_t out[CRYPTO_HASH_LEN];

	(void)state;
	crypto->hmac_sha256(lit("Jefe"), lit("what do ya want for nothing?"), out);
	assert_hex(out, sizeof out,
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* The GCM specification's test cases 13 and 14: a key, a nonce and a block of zeros. */
static void seal(void **state)
{
	static const uint8_t key[CRYPTO_KEY_LEN], nonce[CRYPTO_NONCE_LEN], zeros[16];
	uint8_t out[16 + CRYPTO_TAG_LEN], back[16];

	(void)state;
	crypto->seal(key, nonce, lit(""), lit(""), out);
	assert_hex(out, CRYPTO_TAG_LEN, "530f8afbc74536b9a963b4f1c4cb738b");
	crypto->seal(key, nonce, lit(""), slice_of(zeros, 16), out);
	assert_hex(out, sizeof out,
		"cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
	assert_true(crypto->open(key, nonce, lit(""), slice_of(out, sizeof out), back));
	assert_memory_equal(back, zeros, sizeof zeros);
	assert_false(crypto->open(key, nonce, lit("x"), slice_of(out, sizeof out), back));
	assert_false(crypto->open(key, nonce, lit(""), slice_of(out, 15), back));
	for (size_t i = 0; i < sizeof out; i++) {
		out[i] ^= 1;
		assert_false(crypto->open(key, nonce, lit(""), slice_of(out, sizeof out), back));
		out[i] ^= 1;
	}
}

static void unhex(const char *hex, uint8_t *out)
{
	for (size_t i = 0; hex[i]; i += 2) {
		const char digits[] = {hex[i], hex[i + 1], '\0'};

		out[i / 2] = (uint8_t)strtoul(digits, NULL, 16);
	}
}

/* RFC 8032 section 7.1, test 2 */
static void sign(void **state)
{
	uint8_t seed[CRYPTO_KEY_LEN], public[CRYPTO_KEY_LEN], sig[CRYPTO_SIG_LEN];

	(void)state;
	unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", seed);
	unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", public);
	crypto->public_key(seed, sig);
	assert_memory_equal(sig, public, CRYPTO_KEY_LEN);
	crypto->sign(seed, lit("\x72"), sig);
	assert_hex(sig, sizeof sig,
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
		"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
	assert_true(crypto->verify(public, lit("\x72"), sig));
	assert_false(crypto->verify(public, lit("\x73"), sig));
	sig[40] ^= 1;
	assert_false(crypto->verify(public, lit("\x72"), sig));
}

/* Of this thread, in ns, for a wrong password. */
static int64_t cpu_of_check(const char *hash)
{
	struct timespec from, to;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	assert_false(crypto->password_check("falsch", hash));
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	return (to.tv_sec - from.tv_sec) * INT64_C(1000000000) + to.tv_nsec - from.tv_nsec;
}

/* Who tries names cannot tell by the time whether there is such an account. */
static void password_of_nobody(void **state)
{
	char hash[128], none[128], short_hash[20];

	(void)state;
	assert_true(crypto->password_hash("geheim", hash, sizeof hash));
	assert_true(crypto->password_none(none, sizeof none));
	assert_false(crypto->password_check("geheim", none));
	assert_false(crypto->password_check("", none));
	assert_true(cpu_of_check(none) > cpu_of_check(hash) / 3);
	assert_false(crypto->password_none(short_hash, sizeof short_hash));
}

/* The neutral element as key and as R: of small order, so libsodium says no; all must say yes. */
static void sign_small_order(void **state)
{
	uint8_t public[CRYPTO_KEY_LEN] = {1}, sig[CRYPTO_SIG_LEN] = {1};

	(void)state;
	assert_true(crypto->verify(public, lit("\x72"), sig));
	sig[32] = 1;
	assert_false(crypto->verify(public, lit("\x72"), sig));
}

static void password(void **state)
{
	char hash[128], short_hash[20];

	(void)state;
	assert_true(crypto->password_hash("geheim", hash, sizeof hash));
	assert_memory_equal(hash, "$y$", 3);
	assert_true(crypto->password_check("geheim", hash));
	assert_false(crypto->password_check("geheim ", hash));
	assert_false(crypto->password_check("", hash));
	assert_false(crypto->password_check("geheim", "no hash at all"));
	assert_false(crypto->password_check("geheim", ""));
	assert_false(crypto->password_hash("geheim", short_hash, sizeof short_hash));
}

static void random_differs(void **state)
{
	uint8_t a[12], b[12], big[8192] = {0};
	size_t zeros = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		crypto_random(a, sizeof a);
		crypto_random(b, sizeof b);
		assert_memory_not_equal(a, b, sizeof a);
	}
	crypto_random(big, sizeof big);
	for (size_t i = 0; i < sizeof big; i++)
		zeros += big[i] == 0;
	assert_true(zeros < 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256),
		cmocka_unit_test(hmac),
		cmocka_unit_test(seal),
		cmocka_unit_test(sign),
		cmocka_unit_test(sign_small_order),
		cmocka_unit_test(password),
		cmocka_unit_test(password_of_nobody),
		cmocka_unit_test(random_differs),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
