/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * History.  The key is a hash, so that no id can be read from it, and random, so that each entry
 * touches a page of its own: the dearest part of a commit (docs/store.md).
 */
#include "storage/history.h"

#include "proto/base/crypto.h"
#include "storage/schema.h"
#include "storage/store_priv.h"
#include "storage/txn.h"

enum history_tag { TAG_ENTRY = 1 };

void store_mid_hash(struct slice mid, uint8_t out[STORE_MID_HASH])
{
	uint8_t hash[CRYPTO_HASH_LEN];

	crypto_sha256(mid, hash);
	memcpy(out, hash, STORE_MID_HASH);
}

static void take_tail(struct dec *d, struct history *out)
{
	struct slice value;
	uint8_t tag;

	out->feed = 0;
	out->n = 0;
	while (tag_next(d, &tag, &value)) {
		struct dec e = dec_of(value);

		if (tag != TAG_ENTRY)
			continue;
		out->feed = take_u32(&e);
		out->n = take_u64(&e);
		d->bad = d->bad || e.bad;
	}
}

int history_decode(struct slice value, struct history *out)
{
	struct dec d = dec_of(value);

	out->state = (enum history_state)take_u8(&d);
	out->content = take_u64(&d);
	out->n_places = take_u8(&d);
	if (out->n_places > STORE_PLACES)
		return KERR_DAMAGED;
	for (unsigned i = 0; i < out->n_places; i++) {
		out->places[i].group = take_u32(&d);
		out->places[i].num = take_u32(&d);
	}
	take_tail(&d, out);
	return d.bad ? KERR_DAMAGED : 0;
}

int history_get(struct txn *t, const uint8_t mid[STORE_MID_HASH], struct history *out)
{
	struct slice value;
	struct key k;

	key_of_hash(&k, mid);
	int rc = txn_get(t, &k, &value);
	if (rc < 0)
		return rc;
	return history_decode(value, out) < 0 ? txn_damaged(t, "history") : 0;
}

void history_put(struct txn *t, const uint8_t mid[STORE_MID_HASH], const struct history *h)
{
	struct buf *v = txn_value(t);
	struct key k;

	key_of_hash(&k, mid);
	put_u8(v, (uint8_t)h->state);
	put_u64(v, h->content);
	put_u8(v, (uint8_t)h->n_places);
	for (unsigned i = 0; i < h->n_places; i++) {
		put_u32(v, h->places[i].group);
		put_u32(v, h->places[i].num);
	}
	if (h->feed != 0) {
		put_u8(v, TAG_ENTRY);
		put_u32(v, sizeof h->feed + sizeof h->n);
		put_u32(v, h->feed);
		put_u64(v, h->n);
	}
	txn_put_value(t, &k);
}

void alias_put(struct txn *t, uint32_t account, struct slice old_mid, struct slice mid)
{
	uint8_t hash[STORE_MID_HASH];
	struct key k;

	store_mid_hash(old_mid, hash);
	key_of_alias(&k, account, hash);
	txn_put(t, &k, mid);
}

int view_history(struct view *v, struct slice mid, struct history *out)
{
	uint8_t hash[STORE_MID_HASH];
	struct slice value;
	struct key k;

	store_mid_hash(mid, hash);
	key_of_hash(&k, hash);
	int rc = kv_get(v->kv, key_slice(&k), &value);
	return rc < 0 ? rc : history_decode(value, out);
}

int view_alias(struct view *v, uint32_t account, struct slice old_mid, struct buf *out)
{
	uint8_t hash[STORE_MID_HASH];
	struct slice value;
	struct key k;

	store_mid_hash(old_mid, hash);
	key_of_alias(&k, account, hash);
	int rc = kv_get(v->kv, key_slice(&k), &value);
	if (rc < 0)
		return rc;
	buf_add(out, value);
	return out->bad ? KERR_TOOBIG : 0;
}
