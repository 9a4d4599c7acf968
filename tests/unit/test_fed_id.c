/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Identifiers of the federation: the values of its test vector, and one spelling for each value. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_id.h"
#include "tests/rig/splits.h"

#define OID "pwnhljpyvzmagwfbua4kgkol6tzpbspzsp2sv27nqqhebpejauka"
#define GID "domahgkwvl6vrki4agdbc7aw6b"
#define KEYID "dxswsokpmlbainx4"
#define HASH "BuS7KC--dJTDaeXsO7t_Im_osmYX-VhwImlJOsFs4h4"
#define SIG "Rjjn4xESOxygYPdUKKOjmrbRnzU3OrosONmNI0mvHFFjhtVXWTOmSKFktGGGEXEcZPS9BAifBeH209JF3azXAA"
#define SALT "AAECAwQFBgcICQoLDA0ODw"

/* docs/federation.md section 14 */
static void vector(void **state)
{
	uint8_t seed[CRYPTO_KEY_LEN];
	struct fed_public key;
	struct fed_keyid keyid;
	struct fed_oid oid;
	struct fed_gid gid;
	char shown[FED_SHOWN_LEN + 1];

	(void)state;
	for (size_t i = 0; i < sizeof seed; i++)
		seed[i] = (uint8_t)i;
	crypto->public_key(seed, key.b);
	fed_oid_of(&key, &oid);
	assert_string_equal(oid.s, OID);
	fed_oid_shown(&oid, shown);
	assert_string_equal(shown, "pwnh ljpy vzma gwfb ua4k");

	for (size_t i = 0; i < sizeof seed; i++)
		seed[i] = (uint8_t)(32 + i);
	crypto->public_key(seed, key.b);
	fed_keyid_of(&key, &keyid);
	assert_string_equal(keyid.s, KEYID);

	fed_gid_of(&oid, lit("kreis.test"), lit("AAAAAAAAAAAAAAAAAAAAAA"), &gid);
	assert_string_equal(gid.s, GID);
}

/* Each parser under one shape: does it take the text? */
static bool takes_oid(struct slice s)
{
	struct fed_oid v = {"x"};
	bool ok = fed_oid_parse(s, &v);

	assert_slice(slice_str(v.s), ok ? v.s : "x");
	return ok && slice_eq(fed_oid_slice(&v), s);
}

static bool takes_gid(struct slice s)
{
	struct fed_gid v;

	return fed_gid_parse(s, &v) && slice_eq(fed_gid_slice(&v), s);
}

static bool takes_keyid(struct slice s)
{
	struct fed_keyid v;

	return fed_keyid_parse(s, &v) && slice_eq(fed_keyid_slice(&v), s);
}

static bool takes_hash(struct slice s)
{
	struct fed_hash v;

	return fed_hash_parse(s, &v) && slice_eq(fed_hash_slice(&v), s);
}

static bool added(struct buf *b, struct slice want)
{
	bool same = slice_eq(buf_slice(b), want);

	buf_fini(b);
	return same;
}

static bool takes_public(struct slice s)
{
	struct fed_public v;
	struct buf b;

	if (!fed_public_parse(s, &v))
		return false;
	buf_init(&b, 100);
	fed_public_add(&b, &v);
	return added(&b, s);
}

static bool takes_sig(struct slice s)
{
	struct fed_sig v;
	struct buf b;

	if (!fed_sig_parse(s, &v))
		return false;
	buf_init(&b, 100);
	fed_sig_add(&b, &v);
	return added(&b, s);
}

static bool takes_salt(struct slice s)
{
	uint8_t v[FED_SALT_BYTES];
	struct buf b;

	if (!fed_salt_parse(s, v))
		return false;
	buf_init(&b, 100);
	fed_salt_add(&b, v);
	return added(&b, s);
}

static bool takes_num(struct slice s)
{
	uint64_t n;

	return fed_num_parse(s, &n);
}

static bool takes_epoch(struct slice s)
{
	struct fed_epoch e;
	struct buf b;

	if (!fed_epoch_parse(s, &e))
		return false;
	buf_init(&b, 100);
	fed_epoch_add(&b, &e);
	return added(&b, s);
}

static bool takes_addr(struct slice s)
{
	struct slice host;
	uint16_t port;

	return fed_addr_parse(s, &host, &port) && port > 0;
}

static bool takes_user(struct slice s)
{
	struct slice user, name;

	return fed_user_parse(s, &user, &name) && user.len + 1 + name.len == s.len;
}

static const struct row {
	bool (*takes)(struct slice s);
	const char *in;
	bool ok;
} rows[] = {
	{takes_oid,       OID,						    true },
	{takes_oid,       "pwnhljpyvzmagwfbua4kgkol6tzpbspzsp2sv27nqqhebpejaukq", true },
	{takes_oid,       "pwnhljpyvzmagwfbua4kgkol6tzpbspzsp2sv27nqqhebpejaukb", false}, /* stray bit */
	{takes_oid,       "Pwnhljpyvzmagwfbua4kgkol6tzpbspzsp2sv27nqqhebpejauka", false},
	{takes_oid,       "1wnhljpyvzmagwfbua4kgkol6tzpbspzsp2sv27nqqhebpejauka", false},
	{takes_oid,       OID "=",						false},
	{takes_oid,       OID "a",						false},
	{takes_oid,       "",						     false},
	{takes_gid,       GID,						    true },
	{takes_gid,       GID "a",						false},
	{takes_gid,       "domahgkwvl6vrki4agdbc7aw6",                            false},
	{takes_gid,       "domahgkwvl6vrki4agdbc7aw68",                           false},
	{takes_keyid,     KEYID,						  true },
	{takes_keyid,     "DXSWSOKPMLBAINX4",                                     false},
	{takes_keyid,     "dxswsokpmlbainx",                                      false},
	{takes_hash,      HASH,						   true },
	{takes_hash,      "BuS7KC--dJTDaeXsO7t_Im_osmYX-VhwImlJOsFs4h5",          false}, /* stray bit */
	{takes_hash,      "BuS7KC++dJTDaeXsO7t/Im/osmYX+VhwImlJOsFs4h4",          false},
	{takes_hash,      HASH "=",					       false},
	{takes_public,    HASH,						   true },
	{takes_public,    "BuS7KC--dJTDaeXsO7t_Im_osmYX-VhwImlJOsFs4h5",          false},
	{takes_public,    "BuS7KC--dJTDaeXsO7t_Im_osmYX-VhwImlJOsFs4h",           false},
	{takes_sig,       SIG,						    true },
	{takes_sig,       SIG "==",					       false},
	{takes_sig,       SIG "A",						false},
	{takes_salt,      SALT,						   true },
	{takes_salt,      "AAECAwQFBgcICQoLDA0OD",                                false},
	{takes_salt,      "AAECAwQFBgcICQoLDA0ODx",                               false}, /* stray bit */
	{takes_num,       "0",						    true },
	{takes_num,       "9007199254740992",                                     true }, /* 2^53 */
	{takes_num,       "9007199254740993",                                     false},
	{takes_num,       "18446744073709551617",                                 false},
	{takes_num,       "007",						  false},
	{takes_num,       "00",						   false},
	{takes_num,       "-1",						   false},
	{takes_num,       "+1",						   false},
	{takes_num,       " 1",						   false},
	{takes_num,       "1 ",						   false},
	{takes_num,       "",						     false},
	{takes_epoch,     "1790000000",					   true },
	{takes_epoch,     "1790000000~BuS7KC--",                                  true },
	{takes_epoch,     "1790000000~",					  false},
	{takes_epoch,     "1790000000~BuS7KC-",                                   false},
	{takes_epoch,     "1790000000~BuS7KC--d",                                 false},
	{takes_epoch,     "1790000000~BuS7KC+-",                                  false},
	{takes_epoch,     "~BuS7KC--",					    false},
	{fed_name_valid,  "forum.a.example",                                      true },
	{fed_name_valid,  "a.b",						  true },
	{fed_name_valid,  "xn--mnchen-3ya.example",                               true },
	{fed_name_valid,  "Forum.a.example",                                      false},
	{fed_name_valid,  "forum",						false},
	{fed_name_valid,  "forum.a.example.",                                     false},
	{fed_name_valid,  ".example",					     false},
	{fed_name_valid,  "a..example",					   false},
	{fed_name_valid,  "-a.example",					   false},
	{fed_name_valid,  "a-.example",					   false},
	{fed_name_valid,  "a_b.example",					  false},
	{fed_name_valid,  "192.0.2.1",					    false},
	{fed_name_valid,  "m\xc3\xbc.example",                                    false},
	{fed_name_valid,  "a.example\n",					  false},
	{takes_addr,      "forum.a.example:8433",                                 true },
	{takes_addr,      "localhost:1",					  true },
	{takes_addr,      "127.0.0.1:65535",                                      true },
	{takes_addr,      "[2001:db8::1]:8433",                                   true },
	{takes_addr,      "2001:db8::1:8433",                                     false},
	{takes_addr,      "forum.a.example",                                      false},
	{takes_addr,      "forum.a.example:",                                     false},
	{takes_addr,      "forum.a.example:0",                                    false},
	{takes_addr,      "forum.a.example:65536",                                false},
	{takes_addr,      "forum.a.example:08433",                                false},
	{takes_addr,      "256.0.0.1:1",					  false},
	{takes_addr,      "1.2.3:1",					      false},
	{takes_addr,      "[]:1",						 false},
	{takes_addr,      ":1",						   false},
	{takes_user,      "u1@forum.a.example",                                   true },
	{takes_user,      "a.b-c_d@a.example",                                    true },
	{takes_user,      "u1@forum",					     false},
	{takes_user,      "U1@forum.a.example",                                   false},
	{takes_user,      "u1",						   false},
	{takes_user,      "@forum.a.example",                                     false},
	{takes_user,      "u 1@forum.a.example",                                  false},
	{takes_user,      "u1@x@forum.a.example",                                 false},
	{takes_user,      ".u1@forum.a.example",                                  false},
	{takes_user,      "u..1@forum.a.example",                                 false},
	{takes_user,      "<u1@forum.a.example>",                                 false},
	{fed_title_valid, "Stadt M\xc3\xb6nchengladbach",                         true },
	{fed_title_valid, "",						     false},
	{fed_title_valid, " x",						   false},
	{fed_title_valid, "x ",						   false},
	{fed_title_valid, "a\tb",						 false},
	{fed_title_valid, "a\x7f",						false},
	{fed_title_valid, "a\xc3",						false},
};

/* Every input lies in a block of its size, and no prefix of one reads beyond itself. */
static void prefix(void *arg, struct slice in)
{
	const struct row *r = arg;
	bool ok = r->takes(in);

	if (in.len == strlen(r->in) && ok != r->ok) {
		fprintf(stderr, "\"%s\"\n", r->in);
		fail();
	}
}

static void one_spelling(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_len(rows); i++)
		splits_prefixes(prefix, (void *)&rows[i], slice_str(rows[i].in));
}

/* Any other byte in any place of an id is refused or makes another id. */
static void other_bytes(void **state)
{
	char text[] = OID;

	(void)state;
	for (size_t i = 0; i < FED_OID_LEN; i++) {
		char kept = text[i];
		for (int c = 0; c < 256; c++) {
			struct fed_oid oid;

			text[i] = (char)(unsigned char)c;
			if (fed_oid_parse(slice_of(text, FED_OID_LEN), &oid))
				assert_int_equal(strcmp(oid.s, OID) == 0, text[i] == kept);
		}
		text[i] = kept;
	}
}

static void long_names(void **state)
{
	char name[FED_NAME_MAX + 2];

	(void)state;
	memset(name, 'a', sizeof name);
	for (size_t i = FED_LABEL_MAX; i < sizeof name; i += FED_LABEL_MAX + 1)
		name[i] = '.';
	assert_true(fed_name_valid(slice_of(name, FED_NAME_MAX)));
	assert_false(fed_name_valid(slice_of(name, FED_NAME_MAX + 1)));
	name[FED_LABEL_MAX] = 'a';
	assert_false(fed_name_valid(slice_of(name, FED_NAME_MAX)));
	snprintf(name, sizeof name, "%0*d@b.c", FED_USER_MAX, 1);
	assert_true(takes_user(slice_str(name)));
	snprintf(name, sizeof name, "%0*d@b.c", FED_USER_MAX + 1, 1);
	assert_false(takes_user(slice_str(name)));
	memset(name, 'a', sizeof name);
	assert_true(fed_title_valid(slice_of(name, 250)));
}

static void epochs_and_prefixes(void **state)
{
	struct fed_epoch a, b;
	struct fed_hash h;

	(void)state;
	assert_true(fed_epoch_parse(lit("9"), &a));
	assert_true(fed_epoch_parse(lit("10"), &b));
	assert_true(fed_epoch_cmp(&a, &b) < 0 && fed_epoch_cmp(&b, &a) > 0);
	assert_true(fed_hash_parse(lit(HASH), &h));
	fed_branch_of(9, &h, &b);
	assert_string_equal(b.branch, "BuS7KC--");
	assert_true(fed_epoch_cmp(&a, &b) < 0);
	assert_int_equal(fed_epoch_cmp(&b, &b), 0);

	assert_true(fed_prefix_has(lit("nrw.koko"), lit("nrw.koko.forum")));
	assert_true(fed_prefix_has(lit("nrw.koko"), lit("nrw.koko")));
	assert_false(fed_prefix_has(lit("nrw.koko"), lit("nrw.kokod")));
	assert_false(fed_prefix_has(lit("nrw.koko"), lit("nrw.kok")));
}

static void addresses(void **state)
{
	struct slice host;
	uint16_t port;

	(void)state;
	assert_true(fed_addr_parse(lit("[2001:db8::1]:8433"), &host, &port));
	assert_slice(host, "2001:db8::1");
	assert_int_equal(port, 8433);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vector),
		cmocka_unit_test(one_spelling),
		cmocka_unit_test(other_bytes),
		cmocka_unit_test(long_names),
		cmocka_unit_test(epochs_and_prefixes),
		cmocka_unit_test(addresses),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
