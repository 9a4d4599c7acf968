/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps on a kv batch with a sticky rc.  The writer runs many jobs through one of these. */
#include "storage/txn.h"

#include "proto/base/log.h"
#include "storage/meta.h"
#include "storage/numset.h"

int txn_begin(struct kv *kv, const struct counters *n, int64_t now_at, struct txn *t_out)
{
	*t_out = (struct txn){.now_at = now_at, .n = *n, .begun = *n};
	int rc = kv_batch_begin(kv, &t_out->b);

	if (rc < 0)
		return rc;
	states_init(&t_out->states);
	ranges_init(&t_out->absent.nums);
	buf_init(&t_out->value, KV_VALUE_MAX);
	return 0;
}

static void fini(struct txn *t)
{
	states_fini(&t->states);
	ranges_fini(&t->absent.nums);
	buf_fini(&t->value);
	t->b = NULL;
}

int txn_commit(struct txn *t)
{
	absent_flush(t);
	states_flush(t);
	if (t->n.seq != t->begun.seq || t->n.audit != t->begun.audit ||
		t->n.group != t->begun.group || t->n.account != t->begun.account ||
		t->n.feed != t->begun.feed)
		meta_counters_put(t);
	if (t->rc < 0) {
		int rc = t->rc;
		txn_abort(t);
		return rc;
	}
	int rc = kv_batch_commit(t->b);
	fini(t);
	return rc;
}

void txn_abort(struct txn *t)
{
	kv_batch_abort(t->b);
	fini(t);
}

/* KERR_DAMAGED does not stick. */
static int get(struct txn *t, const struct key *k, struct slice *value_out)
{
	if (t->rc < 0)
		return t->rc;
	int rc = k->bad ? KERR_TOOBIG : kv_batch_get(t->b, key_slice(k), value_out);
	if (rc < 0 && rc != KERR_NOTFOUND && rc != KERR_DAMAGED)
		t->rc = rc;
	return rc;
}

int txn_get(struct txn *t, const struct key *k, struct slice *value_out)
{
	int rc = get(t, k, value_out);

	return rc == KERR_DAMAGED && t->rc == 0 ? txn_damaged(t, "value") : rc;
}

int txn_get_sound(struct txn *t, const struct key *k, struct slice *value_out)
{
	int rc = get(t, k, value_out);

	return rc == KERR_DAMAGED && t->rc == 0 ? KERR_NOTFOUND : rc;
}

void txn_put(struct txn *t, const struct key *k, struct slice value)
{
	if (t->rc < 0)
		return;
	if (k->bad || value.len > KV_VALUE_MAX)
		t->rc = KERR_TOOBIG;
	else
		t->rc = kv_put(t->b, key_slice(k), value);
}

void txn_put_u32(struct txn *t, const struct key *k, uint32_t n)
{
	put_u32(txn_value(t), n);
	txn_put_value(t, k);
}

void txn_put_u64(struct txn *t, const struct key *k, uint64_t n)
{
	put_u64(txn_value(t), n);
	txn_put_value(t, k);
}

void txn_del(struct txn *t, const struct key *k)
{
	if (t->rc < 0)
		return;
	int rc = k->bad ? KERR_TOOBIG : kv_del(t->b, key_slice(k));
	if (rc < 0 && rc != KERR_NOTFOUND)
		t->rc = rc;
}

struct buf *txn_value(struct txn *t)
{
	buf_reset(&t->value);
	return &t->value;
}

void txn_put_value(struct txn *t, const struct key *k)
{
	if (t->rc == 0 && t->value.bad)
		t->rc = KERR_TOOBIG;
	txn_put(t, k, buf_slice(&t->value));
}

int txn_damaged(struct txn *t, const char *what)
{
	if (t->rc == 0) {
		log_error("store.damaged", "what=%s", what);
		t->rc = KERR_DAMAGED;
	}
	return t->rc;
}

uint64_t txn_seq(struct txn *t)
{
	return ++t->n.seq;
}
