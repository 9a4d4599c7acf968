/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys made, replaced, and opened with the recovery code; the file is that of fed_keys_file.h. */
#include "daemon/fed_keys.h"

#include <openssl/x509.h>

#include "daemon/fed_cert.h"
#include "daemon/fed_keys_file.h"
#include "proto/base/mem.h"

/* ---- root ---- */

static struct slice root_slice(const struct fed_kept *k)
{
	return slice_of(k->root.b, sizeof k->root.b);
}

static void root_seal(
	struct fed_kept *k, const char digits[FED_CODE_DIGITS], const uint8_t seed[CRYPTO_KEY_LEN])
{
	uint8_t key[CRYPTO_KEY_LEN];

	fed_code_key(digits, key);
	crypto_random(k->sealed, CRYPTO_NONCE_LEN);
	crypto->seal(key, k->sealed, root_slice(k), slice_of(seed, CRYPTO_KEY_LEN),
		k->sealed + CRYPTO_NONCE_LEN);
	mem_wipe(key, sizeof key);
}

int fed_keys_root(
	const char *data_dir, const char *code, uint8_t seed_out[CRYPTO_KEY_LEN], struct err *err)
{
	char digits[FED_CODE_DIGITS];
	uint8_t key[CRYPTO_KEY_LEN];
	struct fed_public root;
	struct fed_kept k;
	int rc;

	if (!fed_code_read(code, digits))
		return err_set(err, KERR_INVALID,
			"the recovery code has a spelling error: 28 letters and digits in groups "
			"of four");
	fed_kept_init(&k);
	rc = fed_kept_load(data_dir, &k, err);
	fed_code_key(digits, key);
	if (rc == 0 &&
		!crypto->open(key, k.sealed, root_slice(&k),
			slice_of(k.sealed + CRYPTO_NONCE_LEN, FED_SEALED_LEN - CRYPTO_NONCE_LEN),
			seed_out))
		rc = err_set(err, KERR_DENIED, "this is not the recovery code of this daemon");
	if (rc == 0) {
		crypto->public_key(seed_out, root.b);
		if (!fed_public_eq(&root, &k.root))
			rc = err_set(err, KERR_INVALID, "the sealed root key is not that of oid");
	}
	mem_wipe(key, sizeof key);
	mem_wipe(digits, sizeof digits);
	fed_kept_fini(&k);
	return rc;
}

/* ---- keys ---- */

void fed_keys_free(struct fed_keys *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->tls);
	X509_free(k->cert);
	mem_wipe(k, sizeof *k);
	free(k);
}

/* What is to come, as far as the record needs it. */
static bool next_of(const struct fed_pair *p, struct fed_keys *out)
{
	struct fed_cert c;

	out->has_next_sign = p->has_sign;
	if (p->has_sign)
		crypto->public_key(p->sign, out->next_sign.b);
	out->has_next_tls = p->tls.len > 0;
	if (!out->has_next_tls)
		return true;
	if (!fed_cert_read(buf_slice(&p->tls), buf_slice(&p->cert), &c))
		return false;
	out->next_spki = c.spki;
	fed_cert_fini(&c);
	return true;
}

static void old_of(const struct fed_kept *k, struct fed_keys *out)
{
	struct fed_public sign;

	out->n_old = k->n_old;
	for (size_t i = 0; i < k->n_old; i++) {
		memcpy(out->old[i].seed, k->old[i], sizeof out->old[i].seed);
		crypto->public_key(out->old[i].seed, sign.b);
		fed_keyid_of(&sign, &out->old[i].id);
	}
}

/* NULL: its TLS keys cannot be read. */
static struct fed_keys *keys_of(const struct fed_kept *k)
{
	struct fed_keys *out = mem_new(struct fed_keys);
	const struct fed_pair *now = &k->pair[0];
	struct fed_cert c = {.cert = NULL};

	if (!next_of(&k->pair[1], out) ||
		!fed_cert_read(buf_slice(&now->tls), buf_slice(&now->cert), &c)) {
		free(out);
		return NULL;
	}
	out->root = k->root;
	fed_oid_of(&out->root, &out->oid);
	memcpy(out->seed, now->sign, sizeof out->seed);
	crypto->public_key(out->seed, out->sign.b);
	fed_keyid_of(&out->sign, &out->keyid);
	out->tls = c.key;
	out->cert = c.cert;
	out->spki = c.spki;
	old_of(k, out);
	return out;
}

static int unreadable(const char *data_dir, struct err *err)
{
	return err_set(err, KERR_INVALID,
		"%s/fed/keys: the TLS key in it cannot be read: put back the copy of your backup",
		data_dir);
}

int fed_keys_load(const char *data_dir, struct fed_keys **out, struct err *err)
{
	struct fed_kept k;
	int rc;

	fed_kept_init(&k);
	rc = fed_kept_load(data_dir, &k, err);
	if (rc == 0) {
		*out = keys_of(&k);
		rc = *out ? 0 : unreadable(data_dir, err);
	}
	fed_kept_fini(&k);
	return rc;
}

static int make_tls(struct fed_pair *p, const char *name, struct err *err)
{
	struct fed_cert c = {.cert = NULL};
	int rc = fed_cert_make(slice_str(name), &c, err);

	if (rc < 0)
		return rc;
	fed_cert_write(&c, &p->tls, &p->cert);
	fed_cert_fini(&c);
	return p->tls.bad || p->cert.bad ? err_set(err, KERR_IO, "OpenSSL cannot write a TLS key")
					 : 0;
}

static void make_sign(struct fed_pair *p)
{
	crypto_random(p->sign, sizeof p->sign);
	p->has_sign = true;
}

int fed_keys_create(const char *data_dir, const char *name, char code_out[FED_CODE_LEN + 1],
	uint8_t root_seed_out[CRYPTO_KEY_LEN], struct fed_keys **out, struct err *err)
{
	char digits[FED_CODE_DIGITS];
	struct fed_kept k;
	int rc;

	if (fed_kept_there(data_dir))
		return err_set(err, KERR_EXISTS, "%s/fed/keys: there are keys", data_dir);
	fed_kept_init(&k);
	crypto_random(root_seed_out, CRYPTO_KEY_LEN);
	crypto->public_key(root_seed_out, k.root.b);
	fed_code_make(digits);
	root_seal(&k, digits, root_seed_out);
	make_sign(&k.pair[0]);
	rc = make_tls(&k.pair[0], name, err);
	if (rc == 0)
		rc = fed_kept_save(data_dir, &k, err);
	if (rc == 0) {
		fed_code_show(digits, code_out);
		*out = keys_of(&k);
		rc = *out ? 0 : unreadable(data_dir, err);
	}
	mem_wipe(digits, sizeof digits);
	fed_kept_fini(&k);
	return rc;
}

int fed_keys_renew(const char *data_dir, const char *name, unsigned which, struct fed_keys *keys,
	struct err *err)
{
	struct fed_kept k;
	int rc;

	fed_kept_init(&k);
	rc = fed_kept_load(data_dir, &k, err);
	if (rc == 0 && (which & FED_KEYS_SIGN) != 0 && !k.pair[1].has_sign)
		make_sign(&k.pair[1]);
	if (rc == 0 && (which & FED_KEYS_TLS) != 0 && k.pair[1].tls.len == 0)
		rc = make_tls(&k.pair[1], name, err);
	if (rc == 0)
		rc = fed_kept_save(data_dir, &k, err);
	if (rc == 0 && !next_of(&k.pair[1], keys))
		rc = unreadable(data_dir, err);
	fed_kept_fini(&k);
	return rc;
}

/* What of the pair to come does the record have first? */
static unsigned in_force(const struct fed_daemon *own, const struct fed_keys *k)
{
	unsigned which = 0;

	if (k->has_next_sign && own->n_sign > 0 && fed_public_eq(&own->sign[0], &k->next_sign))
		which |= FED_KEYS_SIGN;
	if (k->has_next_tls && own->n_tls > 0 && fed_hash_eq(&own->tls[0], &k->next_spki))
		which |= FED_KEYS_TLS;
	return which;
}

static void move_on(struct fed_kept *k, unsigned which)
{
	struct fed_pair *now = &k->pair[0], *next = &k->pair[1];

	if ((which & FED_KEYS_SIGN) != 0) {
		if (k->n_old < FED_KEYS_OLD)
			k->n_old++;
		memmove(k->old[1], k->old[0], (k->n_old - 1) * sizeof k->old[0]);
		memcpy(k->old[0], now->sign, sizeof k->old[0]);
		memcpy(now->sign, next->sign, sizeof now->sign);
		next->has_sign = false;
	}
	if ((which & FED_KEYS_TLS) != 0) {
		fed_kept_wipe(&now->tls);
		fed_kept_wipe(&now->cert);
		buf_move(&now->tls, &next->tls);
		buf_move(&now->cert, &next->cert);
	}
}

static int take_over(
	const char *data_dir, const struct fed_kept *k, struct fed_keys *keys, struct err *err)
{
	struct fed_keys *fresh = keys_of(k), old = *keys;

	if (!fresh)
		return unreadable(data_dir, err);
	*keys = *fresh;
	*fresh = old; /* to be wiped */
	fed_keys_free(fresh);
	return 0;
}

int fed_keys_settle(
	const char *data_dir, const struct fed_daemon *own, struct fed_keys *keys, struct err *err)
{
	unsigned which = in_force(own, keys);
	struct fed_kept k;
	int rc;

	if (which == 0)
		return 0;
	fed_kept_init(&k);
	rc = fed_kept_load(data_dir, &k, err);
	if (rc == 0) {
		move_on(&k, which);
		rc = fed_kept_save(data_dir, &k, err);
	}
	if (rc == 0)
		rc = take_over(data_dir, &k, keys, err);
	fed_kept_fini(&k);
	return rc < 0 ? rc : (int)which;
}

int fed_keys_forget(const char *data_dir, struct fed_keys *keys, struct err *err)
{
	struct fed_kept k;
	int rc;

	if (keys->n_old == 0)
		return 0;
	fed_kept_init(&k);
	rc = fed_kept_load(data_dir, &k, err);
	if (rc == 0) {
		k.n_old = 0;
		rc = fed_kept_save(data_dir, &k, err);
	}
	if (rc == 0) {
		mem_wipe(keys->old, sizeof keys->old);
		keys->n_old = 0;
	}
	fed_kept_fini(&k);
	return rc;
}
