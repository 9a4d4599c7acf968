/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Daemons, a federation and a group for tests of records: keys from the daemon's letter, texts put
 * together line by line, so that a test can break any of them.
 *
 * Daemons are 'a', 'b', ...: oid from root key (seed of 32 times the letter), signing key (seed of
 * 32 times the capital letter), name forum.<letter>.example, prefix kreis<letter>.
 */
#ifndef TESTS_RIG_FED_RIG_H
#define TESTS_RIG_FED_RIG_H

#include "proto/fed/fed_record.h"

#define FED_RIG_SALT "AAAAAAAAAAAAAAAAAAAAAA"

struct fed_oid fed_rig_oid(char who);
struct fed_public fed_rig_root(char who);
struct fed_public fed_rig_public(char who); /* signing key */
void fed_rig_seed(char who, uint8_t out[CRYPTO_KEY_LEN]);
struct slice fed_rig_name(char who); /* overwritten by the next call but three */

/*
 * Append text in which @x stands for the oid of x, #x for its signing key, !x for its root key, ~x
 * for its name, and %GID, %FID, %SALT for those of the group kreisa.forum and the federation of a.
 */
void fed_rig_add(struct buf *b, const char *text);

/* Append signatures of all letters: 'A' signs with the signing key of a, 'a' with its root key. */
void fed_rig_sign(struct buf *b, const char *who);

/*
 * A record of such a text with changes, as successor of prev (NULL: the first), signed by `sigs`;
 * it lives in the arena.  edits is "what|by|what|by", in that order; it may be NULL.
 */
struct fed_record *fed_rig_make(struct arena *ar, const char *text, const char *edits,
	const struct fed_record *prev, const char *sigs);

/* Texts with placeholders, serial 1. */
extern const char fed_rig_daemon[], fed_rig_federation[], fed_rig_group[];

#endif
