/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The federation's keys on disk: made once, read again, refused when damaged or open to others. */
#include "tests/rig/unit.h"

#include <openssl/x509.h>
#include <sys/stat.h>

#include "daemon/crypto_ossl.h"
#include "daemon/fed_keys.h"
#include "proto/base/mem.h"
#include "tests/rig/tmpdir.h"

#define NAME "forum.a.example"

static char dir[TMPDIR_PATH], folder[TMPDIR_PATH + 8], path[TMPDIR_PATH + 16];
static char code[FED_CODE_LEN + 1];
static uint8_t root_seed[CRYPTO_KEY_LEN];
static struct fed_keys *keys;

static int set_up(void **state)
{
	struct err err = {""};

	(void)state;
	tmpdir_make(dir);
	snprintf(folder, sizeof folder, "%s/fed", dir);
	snprintf(path, sizeof path, "%s/keys", folder);
	return fed_keys_create(dir, NAME, code, root_seed, &keys, &err);
}

static int tear_down(void **state)
{
	(void)state;
	fed_keys_free(keys);
	keys = NULL;
	tmpdir_remove(folder);
	tmpdir_remove(dir);
	return 0;
}

static void assert_same(const struct fed_keys *a, const struct fed_keys *b)
{
	assert_string_equal(a->oid.s, b->oid.s);
	assert_memory_equal(a->root.b, b->root.b, sizeof a->root.b);
	assert_memory_equal(a->seed, b->seed, sizeof a->seed);
	assert_memory_equal(a->sign.b, b->sign.b, sizeof a->sign.b);
	assert_string_equal(a->keyid.s, b->keyid.s);
	assert_string_equal(a->spki.s, b->spki.s);
	assert_int_equal(EVP_PKEY_eq(a->tls, b->tls), 1);
	assert_int_equal(X509_cmp(a->cert, b->cert), 0);
	assert_int_equal(a->has_next_sign, b->has_next_sign);
	assert_int_equal(a->has_next_tls, b->has_next_tls);
}

static struct fed_keys *load(void)
{
	struct fed_keys *k = NULL;
	struct err err = {""};

	if (fed_keys_load(dir, &k, &err) < 0)
		fail_msg("%s", err.text);
	return k;
}

static void assert_refused(int want, const char *part)
{
	struct fed_keys *k = NULL;
	struct err err = {""};

	assert_int_equal(fed_keys_load(dir, &k, &err), want);
	if (!strstr(err.text, part))
		fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

static void test_create_and_load(void **state)
{
	struct fed_keys *k, *other = NULL;
	struct err err = {""};
	struct fed_public root;
	struct fed_keyid id;
	struct stat st;

	(void)state;
	k = load();
	assert_same(keys, k);
	fed_keys_free(k);
	crypto->public_key(root_seed, root.b);
	assert_memory_equal(root.b, keys->root.b, sizeof root.b);
	fed_keyid_of(&keys->sign, &id);
	assert_string_equal(id.s, keys->keyid.s);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* once in the life of a daemon */
	assert_int_equal(fed_keys_create(dir, NAME, code, root_seed, &other, &err), KERR_EXISTS);
	k = load();
	assert_same(keys, k);
	fed_keys_free(k);
}

static void test_none_yet(void **state)
{
	(void)state;
	tmpdir_remove(folder);
	assert_refused(KERR_NOTFOUND, "");
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_refused(KERR_NOTFOUND, "");
}

/* The root key stands nowhere in the file as it is. */
static void test_root_is_sealed(void **state)
{
	uint8_t seed[CRYPTO_KEY_LEN];
	char text[FED_CODE_LEN * 3];
	struct err err = {""};
	size_t n = 0;

	(void)state;
	assert_int_equal(strlen(code), FED_CODE_LEN);
	assert_int_equal(fed_keys_root(dir, code, seed, &err), 0);
	assert_memory_equal(seed, root_seed, sizeof seed);
	/* as people type it */
	for (const char *p = code; *p; p++) {
		if (*p == '-')
			text[n++] = ' ';
		else
			text[n++] = (char)(*p >= 'a' ? *p - 32 : *p);
		if (n % 7 == 0)
			text[n++] = '\n';
	}
	text[n] = '\0';
	memset(seed, 0, sizeof seed);
	assert_int_equal(fed_keys_root(dir, text, seed, &err), 0);
	assert_memory_equal(seed, root_seed, sizeof seed);
}

static void test_wrong_code(void **state)
{
	char other[FED_CODE_LEN + 1], wrong[FED_CODE_LEN + 1];
	uint8_t seed[CRYPTO_KEY_LEN];
	struct fed_keys *k = NULL;
	struct err err = {""};
	char away[TMPDIR_PATH], away_folder[TMPDIR_PATH + 8];

	(void)state;
	memcpy(wrong, code, sizeof wrong);
	wrong[7] = wrong[7] == 'a' ? 'b' : 'a';
	assert_int_equal(fed_keys_root(dir, wrong, seed, &err), KERR_INVALID);
	assert_non_null(strstr(err.text, "spelling error"));
	assert_int_equal(fed_keys_root(dir, "", seed, &err), KERR_INVALID);
	code[FED_CODE_LEN - 1] = '\0';
	assert_int_equal(fed_keys_root(dir, code, seed, &err), KERR_INVALID);

	tmpdir_make(away);
	snprintf(away_folder, sizeof away_folder, "%s/fed", away);
	assert_int_equal(fed_keys_create(away, NAME, other, seed, &k, &err), 0);
	fed_keys_free(k);
	tmpdir_remove(away_folder);
	tmpdir_remove(away);
	assert_int_equal(fed_keys_root(dir, other, seed, &err), KERR_DENIED);
	assert_non_null(strstr(err.text, "not the recovery code"));
}

static void test_modes(void **state)
{
	(void)state;
	assert_int_equal(chmod(path, 0640), 0);
	assert_refused(KERR_INVALID, "others can read the keys (mode 640): chmod 600");
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(chmod(folder, 0711), 0);
	assert_refused(KERR_INVALID, "others can read the keys (mode 711): chmod 700");
	assert_int_equal(chmod(folder, 0700), 0);
	fed_keys_free(load());
}

static void put(const char *text, size_t n)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static size_t get(char *text, size_t size)
{
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	size_t n = fread(text, 1, size, f);
	assert_int_equal(fclose(f), 0);
	return n;
}

/* A file that ends anywhere, or has a byte more, is none. */
static void test_cut_files(void **state)
{
	static char text[16 * 1024];
	size_t n = get(text, sizeof text - 1);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		put(text, i);
		assert_refused(KERR_INVALID, "damaged or not whole");
	}
	text[n] = '\n';
	put(text, n + 1);
	assert_refused(KERR_INVALID, "damaged or not whole");
	put(text, n);
	fed_keys_free(load());
}

/* Nor is one in which a byte was changed. */
static void test_changed_files(void **state)
{
	static char text[16 * 1024];
	size_t n = get(text, sizeof text);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		char was = text[i];

		text[i] = was == 'A' ? 'B' : 'A';
		put(text, n);
		assert_refused(KERR_INVALID, "damaged or not whole");
		text[i] = was;
	}
}

/* ---- rotation ---- */

static void test_renew_sign(void **state)
{
	struct fed_daemon own = {.n_sign = 1, .n_tls = 1};
	struct fed_keys *k;
	struct err err = {""};
	struct fed_public old = keys->sign, next;

	(void)state;
	own.sign[0] = keys->sign;
	own.tls[0] = keys->spki;
	assert_int_equal(fed_keys_renew(dir, NAME, FED_KEYS_SIGN, keys, &err), 0);
	assert_true(keys->has_next_sign);
	assert_false(keys->has_next_tls);
	next = keys->next_sign;
	/* once more, as after a crash: the same */
	k = load();
	assert_same(keys, k);
	assert_int_equal(fed_keys_renew(dir, NAME, FED_KEYS_SIGN, k, &err), 0);
	assert_memory_equal(k->next_sign.b, next.b, sizeof next.b);
	fed_keys_free(k);
	/* the record is not there yet */
	assert_int_equal(fed_keys_settle(dir, &own, keys, &err), 0);
	assert_memory_equal(keys->sign.b, old.b, sizeof old.b);
	own.sign[0] = next;
	own.sign[1] = old;
	own.n_sign = 2;
	assert_int_equal(fed_keys_settle(dir, &own, keys, &err), FED_KEYS_SIGN);
	assert_memory_equal(keys->sign.b, next.b, sizeof next.b);
	assert_false(keys->has_next_sign);
	k = load();
	assert_same(keys, k);
	fed_keys_free(k);
	assert_int_equal(fed_keys_settle(dir, &own, keys, &err), 0);
}

static void test_renew_both(void **state)
{
	struct fed_daemon own = {.n_sign = 1, .n_tls = 1};
	struct fed_hash old = keys->spki;
	uint8_t seed[CRYPTO_KEY_LEN];
	struct fed_keys *k;
	struct err err = {""};

	(void)state;
	assert_int_equal(fed_keys_renew(dir, NAME, FED_KEYS_SIGN | FED_KEYS_TLS, keys, &err), 0);
	assert_true(keys->has_next_sign && keys->has_next_tls);
	assert_string_not_equal(keys->next_spki.s, old.s);
	own.sign[0] = keys->next_sign;
	own.tls[0] = keys->next_spki;
	k = load();
	assert_int_equal(fed_keys_settle(dir, &own, k, &err), FED_KEYS_SIGN | FED_KEYS_TLS);
	assert_string_equal(k->spki.s, keys->next_spki.s);
	assert_memory_equal(k->sign.b, keys->next_sign.b, sizeof k->sign.b);
	fed_keys_free(k);
	/* the code is as it was */
	assert_int_equal(fed_keys_root(dir, code, seed, &err), 0);
	assert_memory_equal(seed, root_seed, sizeof seed);
}

/* The last ones that were in use stay, until no record that names them can come in force. */
static void test_old_keys(void **state)
{
	struct fed_public was[FED_KEYS_OLD + 2];
	struct fed_daemon own = {.n_sign = 1};
	struct err err = {""};
	struct stat st;

	(void)state;
	assert_int_equal(keys->n_old, 0);
	for (size_t i = 0; i < FED_KEYS_OLD + 2; i++) {
		was[i] = keys->sign;
		assert_int_equal(fed_keys_renew(dir, NAME, FED_KEYS_SIGN, keys, &err), 0);
		own.sign[0] = keys->next_sign;
		assert_int_equal(fed_keys_settle(dir, &own, keys, &err), FED_KEYS_SIGN);
		assert_int_equal(keys->n_old, i < FED_KEYS_OLD ? i + 1 : FED_KEYS_OLD);
	}
	struct fed_keys *k = load();
	assert_same(keys, k);
	assert_int_equal(k->n_old, FED_KEYS_OLD);
	for (size_t i = 0; i < FED_KEYS_OLD; i++) {
		struct fed_public sign;
		struct fed_keyid id;

		crypto->public_key(k->old[i].seed, sign.b);
		assert_memory_equal(sign.b, was[FED_KEYS_OLD + 1 - i].b, sizeof sign.b);
		fed_keyid_of(&sign, &id);
		assert_true(fed_keyid_eq(&id, &k->old[i].id));
	}
	fed_keys_free(k);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(fed_keys_forget(dir, keys, &err), 0);
	assert_int_equal(keys->n_old, 0);
	k = load();
	assert_int_equal(k->n_old, 0);
	assert_same(keys, k);
	fed_keys_free(k);
}

/* A name that no common name has room for. */
static void test_long_name(void **state)
{
	char name[FED_NAME_MAX + 1];
	struct err err = {""};

	(void)state;
	for (size_t i = 0; i < FED_NAME_MAX; i++)
		name[i] = i % 32 == 31 ? '.' : 'a';
	name[FED_NAME_MAX] = '\0';
	assert_int_equal(fed_keys_renew(dir, name, FED_KEYS_TLS, keys, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_create_and_load, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_none_yet, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_root_is_sealed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong_code, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_modes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_changed_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_renew_sign, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_renew_both, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_old_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_name, set_up, tear_down),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
