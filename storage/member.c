/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memberships, written both ways in one transaction. */
#include "storage/member.h"

#include "storage/group.h"
#include "storage/schema.h"
#include "storage/store_priv.h"
#include "storage/txn.h"
#include "storage/user.h"

/* When did the account join?  A change of role keeps it. */
static int64_t joined_at(struct txn *t, const struct key *k)
{
	struct slice value;

	if (txn_get(t, k, &value) < 0)
		return t->now_at;
	struct dec d = dec_of(value);
	take_u8(&d);
	return (int64_t)take_u64(&d);
}

static void put_both(
	struct txn *t, const struct key *member, const struct key *membership, enum role role)
{
	int64_t joined = joined_at(t, member);
	struct buf *v = txn_value(t);

	put_u8(v, (uint8_t)role);
	put_u64(v, (uint64_t)joined);
	txn_put_value(t, member);
	v = txn_value(t);
	put_u8(v, (uint8_t)role);
	txn_put_value(t, membership);
}

int member_put(struct txn *t, uint32_t group, uint32_t account, enum role role)
{
	struct key member, membership;
	struct group_state st;
	int rc = state_get(t, group, &st);

	if (rc == 0)
		rc = account_exists(t, account);
	if (rc < 0)
		return rc;
	key_of_pair(&member, TABLE_MEMBER, group, account);
	key_of_pair(&membership, TABLE_MEMBERSHIP, account, group);
	if (role == ROLE_NONE) {
		txn_del(t, &member);
		txn_del(t, &membership);
	} else {
		put_both(t, &member, &membership, role);
	}
	return t->rc;
}

/* ---- reading ---- */

static enum role role_of(struct slice value)
{
	struct dec d = dec_of(value);

	return (enum role)take_u8(&d);
}

int view_role(struct view *v, uint32_t group, uint32_t account, enum role *out)
{
	struct slice value;
	struct key k;

	key_of_pair(&k, TABLE_MEMBERSHIP, account, group);
	int rc = kv_get(v->kv, key_slice(&k), &value);
	if (rc == 0)
		*out = role_of(value);
	return rc;
}

struct walk {
	enum table table;
	member_fn fn;
	void *arg;
};

static bool member_on(void *arg, struct slice key, struct slice value)
{
	struct walk *w = arg;
	struct dec d = dec_of_key(key, w->table);
	uint32_t first = take_u32(&d), second = take_u32(&d);

	if (w->table == TABLE_MEMBER)
		return w->fn(w->arg, first, second, role_of(value));
	return w->fn(w->arg, second, first, role_of(value));
}

static int scan(struct view *v, enum table table, uint32_t id, member_fn fn, void *arg)
{
	struct walk w = {table, fn, arg};
	struct key from, to;

	key_of_u32(&from, table, id);
	struct kv_range r = range_of(&from, &to);
	return kv_scan(v->kv, &r, member_on, &w);
}

int view_members(struct view *v, uint32_t group, member_fn fn, void *arg)
{
	return scan(v, TABLE_MEMBER, group, fn, arg);
}

int view_memberships(struct view *v, uint32_t account, member_fn fn, void *arg)
{
	return scan(v, TABLE_MEMBERSHIP, account, fn, arg);
}
