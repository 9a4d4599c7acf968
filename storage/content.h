/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Table c: an article's bytes under a content id, in chunks that are compressed and sealed each by
 * itself.  Sealing needs no transaction and runs on the thread that posts.
 */
#ifndef STORAGE_CONTENT_H
#define STORAGE_CONTENT_H

#include "proto/base/crypto.h"
#include "storage/store.h"

struct dict;
struct keyfile;
struct txn;

enum {
	CONTENT_ID_NONE = 0,
	SEAL_EXTRA = CRYPTO_NONCE_LEN + CRYPTO_TAG_LEN, /* what sealing adds to bytes */
};

/* One value of the table, ready to be put. */
struct sealed_chunk {
	size_t len;
	uint8_t bytes[];
};

struct sealed {
	uint64_t id;
	const uint8_t *key; /* in the key file */
	size_t n_chunks;
	size_t bytes; /* of all chunks */
	struct sealed_chunk **chunks;
};

/*
 * Compress and seal article under a fresh id (CONTENT_ID_NONE), or again under the one it had.
 * KERR_FULL, KERR_IO: no key could be had.
 */
NODISCARD int content_seal(struct store *s, uint64_t id, struct slice article, struct sealed *out);
void content_free(struct sealed *s);

/* Put chunks from..to-1 of s. */
void content_put(struct txn *t, const struct sealed *s, size_t from, size_t to);

/* Delete at most `max` chunks of a content; how many there were. */
size_t content_del(struct txn *t, uint64_t id, size_t max);

/* What derives from an article is sealed under its key too: nonce, bytes, tag are appended. */
void content_seal_row(const uint8_t *key, uint64_t id, struct slice plain, struct buf *out);
/* plain_out gets sealed.len - SEAL_EXTRA bytes.  KERR_DAMAGED. */
NODISCARD int content_open_row(
	const uint8_t *key, uint64_t id, struct slice sealed, uint8_t *plain_out);

/* Decode one chunk and append it; *last_out: none follows.  KERR_NOTFOUND: erased. */
NODISCARD int content_open(const struct store *s, uint64_t id, uint32_t chunk, struct slice value,
	struct buf *out, bool *last_out);

#endif
