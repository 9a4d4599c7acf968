/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit log: written in the transaction of the change it tells of, so neither is without the
 * other. */
#include "storage/audit.h"

#include "storage/schema.h"
#include "storage/store_priv.h"
#include "storage/txn.h"

void audit_append(struct txn *t, struct slice actor, struct slice what)
{
	struct buf *v = txn_value(t);
	struct key k;

	actor = slice_head(actor, UINT8_MAX);
	key_of_u64(&k, TABLE_AUDIT, ++t->n.audit);
	put_u64(v, (uint64_t)t->now_at);
	put_u8(v, (uint8_t)actor.len);
	buf_add(v, actor);
	buf_add(v, what);
	txn_put_value(t, &k);
}

struct walk {
	audit_fn fn;
	void *arg;
	int rc;
};

static bool audit_on(void *arg, struct slice key, struct slice value)
{
	struct walk *w = arg;
	struct dec k = dec_of_key(key, TABLE_AUDIT), d = dec_of(value);
	struct audit_entry e = {.seq = take_u64(&k), .at = (int64_t)take_u64(&d)};

	e.actor = take_bytes(&d, take_u8(&d));
	e.what = d.rest;
	w->rc = k.bad || d.bad ? KERR_DAMAGED : 0;
	return w->rc == 0 && w->fn(w->arg, &e);
}

int view_audit(struct view *v, uint64_t after, audit_fn fn, void *arg)
{
	struct walk w = {fn, arg, 0};
	struct key table, from, to;

	if (after == UINT64_MAX)
		return 0;
	key_begin(&table, TABLE_AUDIT);
	struct kv_range r = range_of(&table, &to);
	key_of_u64(&from, TABLE_AUDIT, after + 1);
	r.from = key_slice(&from);
	int rc = kv_scan(v->kv, &r, audit_on, &w);
	return rc < 0 ? rc : w.rc;
}
