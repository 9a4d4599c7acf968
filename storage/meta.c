/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Table M: schema, secret, generation, counters, contents that were begun. */
#include "storage/meta.h"

#include "storage/schema.h"
#include "storage/store_fed.h"
#include "storage/store_priv.h"

void meta_key(struct key *k, const char *name)
{
	key_of_name(k, TABLE_META, slice_str(name));
}

void meta_key_big(struct key *k, uint64_t content)
{
	meta_key(k, META_BIG);
	key_u64(k, content);
}

void meta_key_gone(struct key *k, uint32_t group)
{
	meta_key(k, META_GONE);
	key_u32(k, group);
}

void meta_key_copy(struct key *k, uint32_t box, uint64_t id)
{
	meta_key(k, META_COPY);
	key_u32(k, box);
	key_u64(k, id);
}

void meta_counters_put(struct txn *t)
{
	struct buf *v = txn_value(t);
	struct key k;

	meta_key(&k, META_COUNTERS);
	put_u64(v, t->n.seq);
	put_u64(v, t->n.audit);
	put_u32(v, t->n.group);
	put_u32(v, t->n.account);
	put_u32(v, t->n.feed);
	txn_put_value(t, &k);
}

static int get(struct kv_view *v, const char *name, struct dec *d_out)
{
	struct slice value;
	struct key k;

	meta_key(&k, name);
	int rc = kv_get(v, key_slice(&k), &value);
	if (rc == 0)
		*d_out = dec_of(value);
	return rc;
}

int meta_counters_get(struct kv_view *v, struct counters *out)
{
	struct dec d;
	int rc = get(v, META_COUNTERS, &d);

	if (rc < 0)
		return rc;
	*out = (struct counters){0};
	out->seq = take_u64(&d);
	out->audit = take_u64(&d);
	out->group = take_u32(&d);
	out->account = take_u32(&d);
	out->feed = take_u32(&d);
	return d.bad ? KERR_DAMAGED : 0;
}

int meta_get_u32(struct kv_view *v, const char *name, uint32_t *out)
{
	struct dec d;
	int rc = get(v, name, &d);

	if (rc == 0) {
		*out = take_u32(&d);
		rc = d.bad ? KERR_DAMAGED : 0;
	}
	return rc;
}

int meta_get_u64(struct kv_view *v, const char *name, uint64_t *out)
{
	struct dec d;
	int rc = get(v, name, &d);

	if (rc == 0) {
		*out = take_u64(&d);
		rc = d.bad ? KERR_DAMAGED : 0;
	}
	return rc;
}

static bool any_on(void *arg, struct slice key, struct slice value)
{
	(void)key;
	(void)value;
	*(bool *)arg = true;
	return false;
}

int meta_has(struct kv_view *v, const char *prefix)
{
	bool found = false;
	struct key from, to;

	meta_key(&from, prefix);
	struct kv_range r = range_of(&from, &to);
	int rc = kv_scan(v, &r, any_on, &found);
	return rc < 0 || found ? rc : KERR_NOTFOUND;
}

static bool big_on(void *arg, struct slice key, struct slice value)
{
	struct dec d = dec_of(slice_from(key, 1 + sizeof META_BIG - 1));

	(void)value;
	*(uint64_t *)arg = take_u64(&d);
	return false;
}

int meta_first_big(struct kv_view *v, uint64_t *content_out)
{
	struct key from, to;

	meta_key(&from, META_BIG);
	struct kv_range r = range_of(&from, &to);
	*content_out = 0;
	int rc = kv_scan(v, &r, big_on, content_out);
	if (rc < 0)
		return rc;
	return *content_out ? 0 : KERR_NOTFOUND;
}

static int get_or_0(struct view *v, const char *name, uint64_t *out)
{
	int rc = meta_get_u64(v->kv, name, out);

	if (rc == KERR_NOTFOUND)
		*out = 0;
	return rc == KERR_NOTFOUND ? 0 : rc;
}

int view_past(struct view *v, struct store_past *out)
{
	uint32_t n;
	int rc = get_or_0(v, META_LINEAGE, &out->lineage);

	if (rc == 0)
		rc = get_or_0(v, META_REMADE, &out->remade);
	if (rc == 0)
		rc = meta_get_u32(v->kv, META_PUT_BACK, &n);
	out->put_back = rc == 0;
	return rc == KERR_NOTFOUND ? 0 : rc;
}
