/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Contents.  A chunk's value is: nonce, codec, dictionary, raw length, sealed bytes; what stands in
 * front of the sealed bytes is bound to them, with content id and chunk number, by the seal.
 * Each thread keeps its zstd contexts and one block of scratch.
 */
#include "storage/content.h"

#include <pthread.h>
#include <zstd.h>

#include "proto/base/coll.h"
#include "proto/base/mem.h"
#include "storage/dict.h"
#include "storage/keyfile.h"
#include "storage/schema.h"
#include "storage/store_priv.h"
#include "storage/txn.h"

enum codec { CODEC_RAW, CODEC_ZSTD, CODEC_LAST = 0x80 };

enum {
	CHUNK_HEAD = CRYPTO_NONCE_LEN + 1 + 4 + 4,
	CHUNK_AAD = 8 + 2 + 1 + 4 + 4,
	CHUNK_SCRATCH = STORE_CHUNK + STORE_CHUNK / 128 + 1024, /* > ZSTD_compressBound */
};

/* ---- what a thread keeps ---- */

struct workshop {
	ZSTD_CCtx *pack;
	ZSTD_DCtx *unpack;
	uint8_t scratch[CHUNK_SCRATCH];
};

static pthread_key_t workshop_key;
static pthread_once_t workshop_once = PTHREAD_ONCE_INIT;

static void workshop_free(void *arg)
{
	struct workshop *w = arg;

	ZSTD_freeCCtx(w->pack);
	ZSTD_freeDCtx(w->unpack);
	mem_wipe(w->scratch, sizeof w->scratch);
	free(w);
}

static void workshop_init(void)
{
	if (pthread_key_create(&workshop_key, workshop_free) != 0)
		abort();
}

static struct workshop *workshop(void)
{
	pthread_once(&workshop_once, workshop_init);
	struct workshop *w = pthread_getspecific(workshop_key);

	if (w)
		return w;
	w = mem_new(struct workshop);
	w->pack = ZSTD_createCCtx();
	w->unpack = ZSTD_createDCtx();
	if (!w->pack || !w->unpack || pthread_setspecific(workshop_key, w) != 0)
		abort();
	return w;
}

/* ---- sealing ---- */

struct chunk_head {
	uint8_t codec;
	uint32_t dictionary, raw_len;
};

/* Content id, chunk, and what stands in clear. */
static struct slice chunk_aad(
	struct key *room, uint64_t id, uint16_t chunk, const struct chunk_head *h)
{
	room->len = 0;
	room->bad = false;
	key_u64(room, id);
	key_u16(room, chunk);
	key_u8(room, h->codec);
	key_u32(room, h->dictionary);
	key_u32(room, h->raw_len);
	return key_slice(room);
}

static struct sealed_chunk *seal_chunk(
	const uint8_t *key, uint64_t id, uint16_t chunk, const struct chunk_head *h, struct slice s)
{
	struct sealed_chunk *c = mem_alloc(sizeof *c + CHUNK_HEAD + s.len + CRYPTO_TAG_LEN);
	struct key room;

	c->len = CHUNK_HEAD + s.len + CRYPTO_TAG_LEN;
	struct slice aad = chunk_aad(&room, id, chunk, h);
	crypto_random(c->bytes, CRYPTO_NONCE_LEN);
	memcpy(c->bytes + CRYPTO_NONCE_LEN, aad.p + CHUNK_AAD - 9, 9);
	crypto->seal(key, c->bytes, aad, s, c->bytes + CHUNK_HEAD);
	return c;
}

/* The first chunk has the head, which the dictionary knows. */
static size_t compress(
	const struct store *s, struct workshop *w, uint32_t dictionary, struct slice raw)
{
	if (dictionary == DICT_BUILT_IN)
		return dict_pack(s->dict, w->pack, raw, w->scratch, sizeof w->scratch);
	return ZSTD_compressCCtx(
		w->pack, w->scratch, sizeof w->scratch, raw.p, raw.len, s->opts.zstd_level);
}

/* Compressed when that saves bytes. */
static struct sealed_chunk *make_chunk(
	const struct store *s, const struct sealed *c, uint16_t chunk, struct slice raw)
{
	struct workshop *w = workshop();
	struct chunk_head h = {
		CODEC_ZSTD, chunk == 0 ? DICT_BUILT_IN : DICT_NONE, (uint32_t)raw.len};
	size_t n = compress(s, w, h.dictionary, raw);
	struct slice packed = slice_of(w->scratch, n);

	if (ZSTD_isError(n) || n >= raw.len) {
		h.codec = CODEC_RAW;
		h.dictionary = DICT_NONE;
		packed = raw;
	}
	if (chunk + 1u == c->n_chunks)
		h.codec |= CODEC_LAST;
	return seal_chunk(c->key, c->id, chunk, &h, packed);
}

/* A key that is lost is drawn anew. */
static int take_key(struct store *s, uint64_t id, uint64_t *id_out)
{
	if (id == CONTENT_ID_NONE)
		return keyfile_take(s->keys, id_out);
	*id_out = id;
	return keyfile_get(s->keys, id) ? 0 : keyfile_renew(s->keys, id);
}

int content_seal(struct store *s, uint64_t id, struct slice article, struct sealed *out)
{
	int rc = take_key(s, id, &out->id);

	if (rc < 0)
		return rc;
	out->key = keyfile_get(s->keys, out->id);
	out->n_chunks = article.len > 0 ? (article.len + STORE_CHUNK - 1) / STORE_CHUNK : 1;
	out->chunks = mem_array(out->n_chunks, sizeof(void *));
	out->bytes = 0;
	for (size_t i = 0; i < out->n_chunks; i++) {
		struct slice raw = slice_head(slice_from(article, i * STORE_CHUNK), STORE_CHUNK);
		out->chunks[i] = make_chunk(s, out, (uint16_t)i, raw);
		out->bytes += out->chunks[i]->len;
	}
	return 0;
}

void content_free(struct sealed *s)
{
	for (size_t i = 0; i < s->n_chunks; i++)
		free(s->chunks[i]);
	free(s->chunks);
	s->chunks = NULL;
	s->n_chunks = 0;
}

void content_put(struct txn *t, const struct sealed *s, size_t from, size_t to)
{
	struct key k;

	for (size_t i = from; i < to; i++) {
		key_of_chunk(&k, s->id, (uint16_t)i);
		txn_put(t, &k, slice_of(s->chunks[i]->bytes, s->chunks[i]->len));
	}
}

struct del_walk {
	struct vec keys;
	size_t max;
};

static bool del_on(void *arg, struct slice key, struct slice value)
{
	struct del_walk *w = arg;

	(void)value;
	key_begin(vec_push(&w->keys), TABLE_CONTENT);
	key_bytes(vec_at(&w->keys, w->keys.n - 1), slice_from(key, 1));
	return w->keys.n < w->max;
}

size_t content_del(struct txn *t, uint64_t id, size_t max)
{
	struct del_walk w = {.max = max};
	struct key from, to;

	if (t->rc < 0)
		return 0;
	vec_init(&w.keys, sizeof(struct key));
	key_of_u64(&from, TABLE_CONTENT, id);
	struct kv_range r = range_of(&from, &to);
	t->rc = kv_batch_scan(t->b, &r, del_on, &w);
	for (size_t i = 0; i < w.keys.n; i++)
		txn_del(t, vec_at(&w.keys, i));
	size_t n = w.keys.n;
	vec_fini(&w.keys);
	return n;
}

/* ---- rows ---- */

static struct slice row_aad(struct key *room, uint64_t id)
{
	room->len = 0;
	room->bad = false;
	key_u64(room, id);
	key_bytes(room, lit("row"));
	return key_slice(room);
}

void content_seal_row(const uint8_t *key, uint64_t id, struct slice plain, struct buf *out)
{
	uint8_t nonce[CRYPTO_NONCE_LEN];
	struct key room;

	crypto_random(nonce, sizeof nonce);
	buf_add(out, slice_of(nonce, sizeof nonce));
	char *p = buf_room(out, plain.len + CRYPTO_TAG_LEN);
	if (!p)
		return;
	crypto->seal(key, nonce, row_aad(&room, id), plain, (uint8_t *)p);
	buf_commit(out, plain.len + CRYPTO_TAG_LEN);
}

int content_open_row(const uint8_t *key, uint64_t id, struct slice sealed, uint8_t *plain_out)
{
	struct key room;

	if (sealed.len < SEAL_EXTRA)
		return KERR_DAMAGED;
	bool ok = crypto->open(key, (const uint8_t *)sealed.p, row_aad(&room, id),
		slice_from(sealed, CRYPTO_NONCE_LEN), plain_out);
	return ok ? 0 : KERR_DAMAGED;
}

/* ---- opening ---- */

static bool decompress(const struct store *s, struct workshop *w, const struct chunk_head *h,
	struct slice packed, char *to)
{
	size_t n;

	if (h->dictionary == DICT_BUILT_IN)
		n = dict_unpack(s->dict, w->unpack, packed, to, h->raw_len);
	else
		n = ZSTD_decompressDCtx(w->unpack, to, h->raw_len, packed.p, packed.len);
	return n == h->raw_len;
}

/* From sealed bytes to raw ones, into exactly raw_len bytes at `to`. */
static bool open_chunk(const struct store *s, const uint8_t *key, struct slice nonce,
	struct slice aad, const struct chunk_head *h, struct slice sealed, char *to)
{
	struct workshop *w = workshop();
	size_t n = sealed.len - CRYPTO_TAG_LEN;
	const uint8_t *nonce_bytes = (const uint8_t *)nonce.p;

	if ((h->codec & ~CODEC_LAST) == CODEC_RAW)
		return n == h->raw_len &&
		       crypto->open(key, nonce_bytes, aad, sealed, (uint8_t *)to);
	if ((h->codec & ~CODEC_LAST) != CODEC_ZSTD || h->dictionary > DICT_BUILT_IN ||
		n > sizeof w->scratch)
		return false;
	return crypto->open(key, nonce_bytes, aad, sealed, w->scratch) &&
	       decompress(s, w, h, slice_of(w->scratch, n), to);
}

int content_open(const struct store *s, uint64_t id, uint32_t chunk, struct slice value,
	struct buf *out, bool *last_out)
{
	const uint8_t *key = keyfile_get(s->keys, id);
	struct dec d = dec_of(value);
	struct chunk_head h;
	struct key room;

	if (!key)
		return KERR_NOTFOUND;
	struct slice nonce = take_bytes(&d, CRYPTO_NONCE_LEN);
	h.codec = take_u8(&d);
	h.dictionary = take_u32(&d);
	h.raw_len = take_u32(&d);
	if (d.bad || h.raw_len > STORE_CHUNK || d.rest.len < CRYPTO_TAG_LEN)
		return KERR_DAMAGED;
	char *to = buf_room(out, h.raw_len);
	if (!to)
		return KERR_TOOBIG;
	struct slice aad = chunk_aad(&room, id, (uint16_t)chunk, &h);
	if (!open_chunk(s, key, nonce, aad, &h, d.rest, to))
		return KERR_DAMAGED;
	buf_commit(out, h.raw_len);
	*last_out = (h.codec & CODEC_LAST) != 0;
	return 0;
}

/* ---- reading ---- */

static int get_chunk(struct view *v, uint64_t content, uint32_t chunk, struct slice *value_out)
{
	struct key k;

	if (chunk > UINT16_MAX)
		return KERR_NOTFOUND;
	key_of_chunk(&k, content, (uint16_t)chunk);
	return chunk == 0 ? kv_get(v->kv, key_slice(&k), value_out)
			  : view_get_more(v, &k, value_out);
}

int view_content(struct view *v, uint64_t content, uint32_t chunk, struct buf *out)
{
	struct slice value;
	struct key k;
	bool last;

	if (chunk > UINT16_MAX)
		return KERR_NOTFOUND;
	key_of_chunk(&k, content, (uint16_t)chunk);
	int rc = kv_get(v->kv, key_slice(&k), &value);
	return rc < 0 ? rc : content_open(v->store, content, chunk, value, out, &last);
}

int view_content_all(struct view *v, uint64_t content, struct buf *out)
{
	bool last = false;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && !last; i++) {
		struct slice value;

		rc = get_chunk(v, content, i, &value);
		if (rc == 0)
			rc = content_open(v->store, content, i, value, out, &last);
		else if (rc == KERR_NOTFOUND && i > 0)
			rc = KERR_DAMAGED; /* a chunk that must be there */
	}
	return rc;
}
