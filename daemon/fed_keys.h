/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The daemon's keys on disk: R, S and T of docs/federation.md section 2, in DATA/fed/keys.
 *
 * The file is one text, written under another name, synced and renamed, so there is always a whole
 * one.  R lies in it sealed under a recovery code, which the admin is shown once and keeps on
 * paper: with it a stolen S or T is replaced.  A key that is to come in force lies beside the one
 * in use until the daemon record that says so is kept (fed_keys_settle); so a crash in between
 * leaves no record without its key.
 *
 * Any thread, one at a time; everything but fed_keys_free waits for the disk.
 */
#ifndef DAEMON_FED_KEYS_H
#define DAEMON_FED_KEYS_H

#include <openssl/types.h>

#include "daemon/fed_code.h"
#include "proto/base/err.h"
#include "proto/fed/fed_record.h"

enum { FED_KEYS_OLD = 4 };

/* S of before. */
struct fed_old_key {
	uint8_t seed[CRYPTO_KEY_LEN];
	struct fed_keyid id;
};

struct fed_keys {
	struct fed_oid oid;
	struct fed_public root;
	uint8_t seed[CRYPTO_KEY_LEN]; /* of S */
	struct fed_public sign;
	struct fed_keyid keyid; /* of S */
	EVP_PKEY *tls;
	X509 *cert;
	struct fed_hash spki;
	/* Made, and in force when the record that has them is kept. */
	bool has_next_sign, has_next_tls;
	struct fed_public next_sign;
	struct fed_hash next_spki;
	/* The last one first.  Others go by it when a record comes in force again that names it. */
	struct fed_old_key old[FED_KEYS_OLD];
	size_t n_old;
};

/*
 * KERR_NOTFOUND: there are none yet.  KERR_INVALID: others can read the file, or it is damaged:
 * *err says what to do.  KERR_IO.
 */
NODISCARD int fed_keys_load(const char *data_dir, struct fed_keys **out, struct err *err);

/*
 * Make R, S and T, once in the life of a daemon.
 *
 * name           of the daemon, for the certificate
 * code_out       the recovery code; it is kept nowhere
 * root_seed_out  of R, to sign the first record with; the caller wipes both
 *
 * KERR_EXISTS: there are keys; KERR_IO, KERR_FULL.
 */
NODISCARD int fed_keys_create(const char *data_dir, const char *name,
	char code_out[FED_CODE_LEN + 1], uint8_t root_seed_out[CRYPTO_KEY_LEN],
	struct fed_keys **out, struct err *err);

/*
 * R by its recovery code, which is read with or without hyphens and blanks, in capitals too; the
 * caller wipes seed_out.  KERR_INVALID: it has a spelling error; KERR_DENIED: it is another one;
 * and as fed_keys_load.
 */
NODISCARD int fed_keys_root(
	const char *data_dir, const char *code, uint8_t seed_out[CRYPTO_KEY_LEN], struct err *err);

enum fed_keys_which { FED_KEYS_SIGN = 1, FED_KEYS_TLS = 2 };

/*
 * Make a new S, T or both (a set of bits) beside those in use; k->next_* are what the next record
 * must have first.  What was made before and is not in force yet is kept.
 */
NODISCARD int fed_keys_renew(const char *data_dir, const char *name, unsigned which,
	struct fed_keys *k, struct err *err);

/*
 * Put in force what our record, which is kept, has first; an old T is dropped, an old S stays among
 * the last FED_KEYS_OLD.  At the start too, as a crash may have come in between.
 *
 * A set of fed_keys_which: these have changed in *k; 0: none.
 */
NODISCARD int fed_keys_settle(
	const char *data_dir, const struct fed_daemon *own, struct fed_keys *k, struct err *err);

/* No record of before can come in force again: drop each old S. */
NODISCARD int fed_keys_forget(const char *data_dir, struct fed_keys *k, struct err *err);

/* Wipes the secrets; NULL is allowed. */
void fed_keys_free(struct fed_keys *k);

#endif
