/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tokens as people paste them, proofs and the numbers; values of another program. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_join.h"
#include "tests/rig/splits.h"

#define A "pwnhljpyvzmagwfbua4kgkol6tzpbspzsp2sv27nqqhebpejauka"
#define B "zu7k2vrmsaaaumfutgyn6zwdygywgsq3xz3wd3i4pkzj7wi6sbwq"
#define FID "domahgkwvl6vrki4agdbc7aw6b"
#define SECRET "abcdefghijklmnopqrstuvwxyz"
#define HEAD "kokod1:forum.a.example:8433:" A
#define TOKEN HEAD ":" FID ":" SECRET ":zuh24534"

static const struct {
	const char *text;
	enum fed_token_fault fault;
} rows[] = {
	{TOKEN,							   FED_TOKEN_OK      },
	{"  " TOKEN "\r\n",					       FED_TOKEN_OK      },
	{HEAD "\r\n  :" FID ":\n" SECRET ":zuh2\t4534",                   FED_TOKEN_OK      }, /* wrapped */
	{"KOKOD1:FORUM.A.EXAMPLE:8433:" A ":" FID ":" SECRET ":ZUH24534", FED_TOKEN_OK      },
	{HEAD ":" FID ":bacdefghijklmnopqrstuvwxyz:zuh24534",             FED_TOKEN_MISSPELT},
	{"kokod1:forum.b.example:8433:" A ":" FID ":" SECRET ":zuh24534", FED_TOKEN_MISSPELT},
	{"kokod1:forum.a.example:8434:" A ":" FID ":" SECRET ":zuh24534", FED_TOKEN_MISSPELT},
	{HEAD ":" FID ":" SECRET ":zuh24535",                             FED_TOKEN_MISSPELT},
	{TOKEN "x",						       FED_TOKEN_MISSPELT},
	{TOKEN ":x",						      FED_TOKEN_CUT     },
	{HEAD ":" FID ":" SECRET ":zuh2453",                              FED_TOKEN_CUT     },
	{HEAD ":" FID ":" SECRET,					 FED_TOKEN_CUT     },
	{HEAD,							    FED_TOKEN_CUT     },
	{"kokod1:",						       FED_TOKEN_CUT     },
	{"kokod2:" A,						     FED_TOKEN_NEWER   },
	{"kokod",							 FED_TOKEN_NONE    },
	{"hallo",							 FED_TOKEN_NONE    },
	{"",							      FED_TOKEN_NONE    },
};

static void tokens(void **state)
{
	struct fed_token t;

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(slice_str(rows[i].text));
		memset(&t, 0, sizeof t);
		enum fed_token_fault f = fed_token_parse(in, &t);
		if (f != rows[i].fault) {
			fprintf(stderr, "%zu: %d\n", i, f);
			fail();
		}
		assert_true(fed_token_fault_text(f)[0] != '\0');
		if (f == FED_TOKEN_OK) {
			assert_string_equal(t.host, "forum.a.example");
			assert_int_equal(t.port, 8433);
			assert_string_equal(t.oid.s, A);
			assert_string_equal(t.fid.s, FID);
			assert_string_equal(t.secret, SECRET);
		}
		splits_free(in);
	}
}

static void writes(void **state)
{
	static const char *const hosts[] = {"forum.a.example", "127.0.0.1", "[2001:db8::1]"};
	struct fed_token t = {.port = 8433, .oid = {A}, .fid = {FID}, .secret = SECRET}, back;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < array_len(hosts); i++) {
		buf_reset(&b);
		snprintf(t.host, sizeof t.host, "%s", hosts[i]);
		fed_token_add(&b, &t);
		if (i == 0)
			assert_buf(&b, TOKEN);
		assert_int_equal(fed_token_parse(buf_slice(&b), &back), FED_TOKEN_OK);
		assert_string_equal(back.host, hosts[i]);
	}
	/* what is right for the checksum and wrong in itself */
	buf_reset(&b);
	snprintf(t.host, sizeof t.host, "a b");
	fed_token_add(&b, &t);
	assert_int_equal(fed_token_parse(buf_slice(&b), &back), FED_TOKEN_MISSPELT);
	buf_fini(&b);
}

/* Every letter mistyped, every place cut. */
static void mistyped(void **state)
{
	char text[] = TOKEN;
	struct fed_token t;

	(void)state;
	for (size_t i = 0; i < sizeof TOKEN - 1; i++) {
		char kept = text[i];
		text[i] = kept == 'a' ? 'b' : 'a';
		assert_int_not_equal(
			fed_token_parse(slice_of(text, sizeof TOKEN - 1), &t), FED_TOKEN_OK);
		text[i] = kept;
		assert_int_not_equal(fed_token_parse(slice_of(text, i), &t), FED_TOKEN_OK);
	}
}

static void huge(void **state)
{
	struct fed_token t;
	struct buf b;

	(void)state;
	buf_init(&b, SIZE_MAX);
	buf_add(&b, lit("kokod1:"));
	for (size_t i = 0; i < 1000; i++)
		buf_addc(&b, 'a');
	assert_int_equal(fed_token_parse(buf_slice(&b), &t), FED_TOKEN_NONE);
	buf_fini(&b);
}

static void secrets_differ(void **state)
{
	char one[FED_SECRET_LEN + 1], two[FED_SECRET_LEN + 1];
	struct fed_gid digits;

	(void)state;
	fed_token_secret(one);
	fed_token_secret(two);
	assert_string_not_equal(one, two);
	assert_true(fed_gid_parse(slice_str(one), &digits));
}

static void proof_and_numbers(void **state)
{
	struct fed_oid a = {A}, b = {B};
	uint8_t exporter[FED_EXPORTER_LEN];
	struct fed_hash proof, other;
	char sas[FED_SAS_LEN + 1], sas2[FED_SAS_LEN + 1];

	(void)state;
	for (size_t i = 0; i < sizeof exporter; i++)
		exporter[i] = (uint8_t)i;
	fed_join_proof(SECRET, exporter, &a, &b, &proof);
	assert_string_equal(proof.s, "9XMyXfZ_96SsCdUfTr56bI4uMTz2Ft3NMLA14NCecMw");
	fed_join_sas(exporter, &a, &b, sas);
	assert_string_equal(sas, "22466 37519");
	assert_true(fed_join_proof_eq(&proof, &proof));

	/* another connection, another side, another secret */
	fed_join_proof(SECRET, exporter, &b, &a, &other);
	assert_false(fed_join_proof_eq(&proof, &other));
	fed_join_proof("bbcdefghijklmnopqrstuvwxyz", exporter, &a, &b, &other);
	assert_false(fed_join_proof_eq(&proof, &other));
	exporter[31] ^= 1;
	fed_join_proof(SECRET, exporter, &a, &b, &other);
	assert_false(fed_join_proof_eq(&proof, &other));
	fed_join_sas(exporter, &a, &b, sas2);
	assert_string_not_equal(sas, sas2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens),
		cmocka_unit_test(writes),
		cmocka_unit_test(mistyped),
		cmocka_unit_test(huge),
		cmocka_unit_test(secrets_differ),
		cmocka_unit_test(proof_and_numbers),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
