/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Table M: what the store knows about itself. */
#ifndef STORAGE_META_H
#define STORAGE_META_H

#include "storage/kv.h"
#include "storage/txn.h"

#define META_SCHEMA "schema"         /* u32 */
#define META_SUMMING "summing"       /* key: those below it have sums; migrate.c */
#define META_SECRET "secret"         /* 32 random bytes */
#define META_GENERATION "generation" /* u64 */
#define META_LINEAGE "lineage"       /* u64: random, another one after each restore */
#define META_PUT_BACK "put-back"     /* u32: restored, and nobody has dealt with it */
#define META_REMADE "remade"         /* u64: random, another one after each feed made anew */
#define META_RENUMBER "renumber"     /* u32: groups up to this one are renumbered */
#define META_COUNTERS "counters"     /* seq u64, audit u64, group u32, account u32 */
#define META_KEYS "keys"             /* u64: mark of the file of content keys */
#define META_PRUNED "pruned"         /* u64: removals up to this sequence are forgotten */
#define META_GONE "gone/"            /* + group u32 -> owner u32: removed, not cleaned up */
#define META_COPY                                                                                  \
	"copy/"         /* + box u32, id u64, first u32 -> last u32: put by a copy not yet whole */
#define META_BIG "big/" /* + content u64: begun, not yet referred to */

void meta_key(struct key *k, const char *name);
void meta_key_big(struct key *k, uint64_t content);
void meta_key_gone(struct key *k, uint32_t group);
void meta_key_copy(struct key *k, uint32_t box, uint64_t id);

/* Bytes of a META_COPY key before the box. */
enum { META_COPY_PREFIX = sizeof META_COPY };

void meta_counters_put(struct txn *t);
NODISCARD int meta_counters_get(struct kv_view *v, struct counters *out);

/* KERR_NOTFOUND: not set; KERR_DAMAGED: not of that size. */
NODISCARD int meta_get_u32(struct kv_view *v, const char *name, uint32_t *out);
NODISCARD int meta_get_u64(struct kv_view *v, const char *name, uint64_t *out);

/* Is there a row whose name begins so?  0, KERR_NOTFOUND. */
NODISCARD int meta_has(struct kv_view *v, const char *prefix);

/* One content that was begun and not finished.  KERR_NOTFOUND: none. */
NODISCARD int meta_first_big(struct kv_view *v, uint64_t *content_out);

#endif
