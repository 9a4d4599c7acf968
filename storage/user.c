/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accounts.  Logins and addresses share one name space, compared without ASCII case; names that an
 * account gives up are free again in the same transaction.
 */
#include "storage/user.h"

#include "proto/base/text.h"
#include "storage/schema.h"
#include "storage/store_priv.h"
#include "storage/txn.h"

enum account_tag {
	TAG_LOGIN = 1,
	TAG_NAME,
	TAG_LANG,
	TAG_HASH,
	TAG_STATE,
	TAG_RIGHTS,
	TAG_CREATED,
	TAG_ADDRESS, /* once for each */
	TAG_LAST = TAG_ADDRESS,
};

static void take_address(struct dec *d, struct slice value, struct account *a)
{
	if (a->n_addresses == STORE_ADDRESSES) {
		d->bad = true;
		return;
	}
	tag_value_str(d, value, a->addresses[a->n_addresses++], sizeof a->addresses[0]);
}

static void take_field(struct dec *d, uint8_t tag, struct slice value, struct account *a)
{
	switch (tag) {
	case TAG_LOGIN:
		tag_value_str(d, value, a->login, sizeof a->login);
		break;
	case TAG_NAME:
		tag_value_str(d, value, a->name, sizeof a->name);
		break;
	case TAG_LANG:
		tag_value_str(d, value, a->lang, sizeof a->lang);
		break;
	case TAG_HASH:
		tag_value_str(d, value, a->hash, sizeof a->hash);
		break;
	case TAG_STATE:
		a->state = (enum account_state)tag_value_u32(d, value);
		break;
	case TAG_RIGHTS:
		a->rights = tag_value_u32(d, value);
		break;
	case TAG_CREATED:
		a->created_at = (int64_t)tag_value_u64(d, value);
		break;
	case TAG_ADDRESS:
		take_address(d, value, a);
		break;
	default: /* of a newer program */
		break;
	}
}

int account_decode(struct slice value, struct account *out)
{
	struct dec d = dec_of(value);
	uint8_t tag;

	while (tag_next(&d, &tag, &value))
		take_field(&d, tag, value, out);
	return d.bad ? KERR_DAMAGED : 0;
}

static void encode(struct buf *v, const struct account *a)
{
	tag_str(v, TAG_LOGIN, a->login);
	tag_str(v, TAG_NAME, a->name);
	tag_str(v, TAG_LANG, a->lang);
	tag_str(v, TAG_HASH, a->hash);
	tag_u32(v, TAG_STATE, (uint32_t)a->state);
	tag_u32(v, TAG_RIGHTS, a->rights);
	tag_u64(v, TAG_CREATED, (uint64_t)a->created_at);
	for (unsigned i = 0; i < a->n_addresses; i++)
		tag_bytes(v, TAG_ADDRESS, slice_str(a->addresses[i]));
}

/* ---- names ---- */

void key_of_login(struct key *k, struct slice name)
{
	key_begin(k, TABLE_LOGIN);
	for (size_t i = 0; i < name.len; i++)
		key_u8(k, (uint8_t)ascii_lower((unsigned char)name.p[i]));
}

/* Name i of an account: 0 is the login, then the addresses; false past the last. */
static bool name_at(const struct account *a, unsigned i, struct slice *out)
{
	if (i > a->n_addresses)
		return false;
	*out = slice_str(i == 0 ? a->login : a->addresses[i - 1]);
	return true;
}

static int names_check(struct txn *t, const struct account *a)
{
	struct slice name, value;
	struct key k;

	for (unsigned i = 0; name_at(a, i, &name); i++) {
		key_of_login(&k, name);
		int rc = txn_get(t, &k, &value);
		if (rc < 0 && rc != KERR_NOTFOUND)
			return rc;
		struct dec d = dec_of(value);
		if (rc == 0 && take_u32(&d) != a->id)
			return KERR_EXISTS;
	}
	return 0;
}

static void names_del(struct txn *t, const struct account *a)
{
	struct slice name;
	struct key k;

	for (unsigned i = 0; name_at(a, i, &name); i++) {
		key_of_login(&k, name);
		txn_del(t, &k);
	}
}

static void names_put(struct txn *t, const struct account *a)
{
	struct slice name;
	struct key k;

	for (unsigned i = 0; name_at(a, i, &name); i++) {
		key_of_login(&k, name);
		txn_put_u32(t, &k, a->id);
	}
}

/* ---- change ---- */

/* `old`, the record before, is used up before the first put. */
static void write(struct txn *t, const struct account *a, struct slice old)
{
	struct buf *v = txn_value(t);
	struct key k;

	encode(v, a);
	tag_keep(v, old, TAG_LAST);
	key_of_u32(&k, TABLE_ACCOUNT, a->id);
	txn_put_value(t, &k);
}

static int change(struct txn *t, const struct account *a)
{
	struct account before = {.id = a->id};
	struct slice old;
	struct key k;

	key_of_u32(&k, TABLE_ACCOUNT, a->id);
	int rc = txn_get(t, &k, &old);
	if (rc < 0)
		return rc;
	if (account_decode(old, &before) < 0)
		return txn_damaged(t, "account");
	write(t, a, old);
	names_del(t, &before);
	names_put(t, a);
	return t->rc;
}

int account_put(struct txn *t, const struct account *a, uint32_t *id_out)
{
	struct account rec = *a;
	int rc = names_check(t, a);

	if (rc < 0)
		return rc;
	if (rec.id == 0) {
		rec.id = ++t->n.account;
		write(t, &rec, lit(""));
		names_put(t, &rec);
	} else {
		rc = change(t, &rec);
	}
	*id_out = rec.id;
	return rc < 0 ? rc : t->rc;
}

int account_exists(struct txn *t, uint32_t account)
{
	struct slice value;
	struct key k;

	key_of_u32(&k, TABLE_ACCOUNT, account);
	return txn_get(t, &k, &value);
}

/* ---- reading ---- */

static int get_account(struct slice value, uint32_t id, struct account *out)
{
	*out = (struct account){.id = id};
	return account_decode(value, out);
}

int view_account(struct view *v, uint32_t account, struct account *out)
{
	struct slice value;
	struct key k;

	key_of_u32(&k, TABLE_ACCOUNT, account);
	int rc = kv_get(v->kv, key_slice(&k), &value);
	return rc < 0 ? rc : get_account(value, account, out);
}

int view_account_named(struct view *v, struct slice name, struct account *out)
{
	struct slice value;
	struct key k;

	key_of_login(&k, name);
	int rc = k.bad ? KERR_NOTFOUND : kv_get(v->kv, key_slice(&k), &value);
	if (rc < 0)
		return rc;
	struct dec d = dec_of(value);
	uint32_t id = take_u32(&d);
	key_of_u32(&k, TABLE_ACCOUNT, id);
	rc = view_get_more(v, &k, &value);
	return rc < 0 ? rc : get_account(value, id, out);
}

struct walk {
	account_fn fn;
	void *arg;
	int rc;
};

static bool account_on(void *arg, struct slice key, struct slice value)
{
	struct walk *w = arg;
	struct dec d = dec_of_key(key, TABLE_ACCOUNT);
	struct account a;

	w->rc = get_account(value, take_u32(&d), &a);
	return w->rc == 0 && w->fn(w->arg, &a);
}

int view_accounts(struct view *v, uint32_t after, account_fn fn, void *arg)
{
	struct walk w = {fn, arg, 0};
	struct key table, from, to;

	if (after == UINT32_MAX)
		return 0;
	key_begin(&table, TABLE_ACCOUNT);
	struct kv_range r = range_of(&table, &to);
	key_of_u32(&from, TABLE_ACCOUNT, after + 1);
	r.from = key_slice(&from);
	int rc = kv_scan(v->kv, &r, account_on, &w);
	return rc < 0 ? rc : w.rc;
}
