/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mail that was delivered lately.  The day stands first in the key, so the oldest rows are the
 * first of the table: each new row takes some of them away, and the table stays as long as it must
 * be.
 */
#include "storage/sent.h"

#include "storage/numset.h"
#include "storage/schema.h"
#include "storage/store_priv.h"
#include "storage/txn.h"

enum {
	DAY_S = 24 * 3600,
	FORGET = 4, /* rows that one new row takes away */
};

static uint32_t day_of(int64_t at)
{
	return at > 0 ? (uint32_t)(at / DAY_S) : 0;
}

static void key_of_sent(
	struct key *k, uint32_t day, uint32_t account, const uint8_t hash[STORE_MID_HASH])
{
	key_of_pair(k, TABLE_SENT, day, account);
	key_bytes(k, slice_of(hash, STORE_MID_HASH));
}

/* The key for a day that is `back` days ago. */
static void key_back(struct key *k, unsigned back, uint32_t account,
	const uint8_t hash[STORE_MID_HASH], int64_t now_at)
{
	uint32_t day = day_of(now_at);

	key_of_sent(k, day > back ? day - back : 0, account, hash);
}

int sent_get(struct txn *t, uint32_t account, const uint8_t hash[STORE_MID_HASH], int64_t now_at)
{
	int rc = KERR_NOTFOUND;

	for (unsigned back = 0; rc == KERR_NOTFOUND && back <= STORE_SENT_DAYS; back++) {
		struct slice unused;
		struct key k;

		key_back(&k, back, account, hash, now_at);
		rc = txn_get(t, &k, &unused);
	}
	return rc;
}

void sent_put(struct txn *t, uint32_t account, const uint8_t hash[STORE_MID_HASH], int64_t now_at)
{
	uint32_t day = day_of(now_at);
	struct key k, from, to;

	key_of_sent(&k, day, account, hash);
	txn_put(t, &k, lit(""));
	if (day <= STORE_SENT_DAYS)
		return;
	key_begin(&from, TABLE_SENT);
	key_of_u32(&to, TABLE_SENT, day - STORE_SENT_DAYS);
	range_del(t, &(struct kv_range){key_slice(&from), key_slice(&to), false}, FORGET);
}

int view_sent(struct view *v, uint32_t account, const uint8_t hash[STORE_MID_HASH], int64_t now_at)
{
	int rc = KERR_NOTFOUND;

	for (unsigned back = 0; rc == KERR_NOTFOUND && back <= STORE_SENT_DAYS; back++) {
		struct slice unused;
		struct key k;

		key_back(&k, back, account, hash, now_at);
		rc = kv_get(v->kv, key_slice(&k), &unused);
	}
	return rc;
}
