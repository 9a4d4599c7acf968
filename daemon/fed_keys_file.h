/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What DATA/fed/keys says, byte for byte; struct fed_keys (fed_keys.c) is made of it.  All of it is
 * secret: whoever has one wipes it with fed_kept_fini.  Any thread; reading and writing wait for
 * the disk.
 */
#ifndef DAEMON_FED_KEYS_FILE_H
#define DAEMON_FED_KEYS_FILE_H

#include "daemon/fed_keys.h"
#include "proto/base/buf.h"

enum { FED_SEALED_LEN = CRYPTO_NONCE_LEN + CRYPTO_KEY_LEN + CRYPTO_TAG_LEN };

/* S and T; what is to come may lack either: an empty text. */
struct fed_pair {
	bool has_sign;
	uint8_t sign[CRYPTO_KEY_LEN];
	struct buf tls, cert; /* DER */
};

struct fed_kept {
	struct fed_public root;
	uint8_t sealed[FED_SEALED_LEN];            /* nonce, then R's seed sealed */
	struct fed_pair pair[2];                   /* in use, to come */
	uint8_t old[FED_KEYS_OLD][CRYPTO_KEY_LEN]; /* S that were in use, the last one first */
	size_t n_old;
};

void fed_kept_init(struct fed_kept *k);
void fed_kept_fini(struct fed_kept *k);

/* With what is in it. */
void fed_kept_wipe(struct buf *b);

/* k is set up by fed_kept_init.  As fed_keys_load. */
NODISCARD int fed_kept_load(const char *data_dir, struct fed_kept *k, struct err *err);

/* KERR_FULL, KERR_IO: what was there is there still. */
NODISCARD int fed_kept_save(const char *data_dir, const struct fed_kept *k, struct err *err);

/* Is there a file, whatever it says? */
bool fed_kept_there(const char *data_dir);

#endif
