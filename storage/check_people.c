/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit of people, of who is in which group, and of the peers. */
#include <inttypes.h>

#include "storage/check_priv.h"
#include "storage/peerpos.h"
#include "storage/schema.h"
#include "storage/user.h"

static bool has_name(const struct account *a, struct slice lower)
{
	bool found = slice_eq_ci(slice_str(a->login), lower);

	for (unsigned i = 0; i < a->n_addresses; i++)
		found = found || slice_eq_ci(slice_str(a->addresses[i]), lower);
	return found;
}

void check_account(struct check *c, struct slice key, struct slice value)
{
	struct dec d = dec_of_key(key, TABLE_ACCOUNT);
	struct account a = {.id = take_u32(&d)};
	struct key k;

	c->out->n_accounts++;
	if (account_decode(value, &a) < 0) {
		check_fault(c, "account %" PRIu32 ": record damaged", a.id);
		return;
	}
	for (unsigned i = 0; i <= a.n_addresses; i++) {
		const char *name = i == 0 ? a.login : a.addresses[i - 1];
		key_of_login(&k, slice_str(name));
		d = dec_of(check_get(c, &k, &value) ? value : lit(""));
		if (take_u32(&d) != a.id)
			check_fault(c, "account %" PRIu32 ": %s does not lead to it", a.id, name);
	}
}

void check_login(struct check *c, struct slice key, struct slice value)
{
	struct dec d = dec_of(value);
	struct account a = {.id = take_u32(&d)};
	struct slice name = slice_from(key, 1);
	struct key k;

	key_of_u32(&k, TABLE_ACCOUNT, a.id);
	if (!check_get(c, &k, &value) || account_decode(value, &a) < 0 || !has_name(&a, name))
		check_fault(c, "login %.*s: leads to account %" PRIu32 ", which has it not",
			SLICE_ARG(name), a.id);
}

/* Both ways, with one role. */
static void check_pair(struct check *c, struct slice key, struct slice value, enum table other)
{
	struct dec d = dec_of(slice_from(key, 1));
	uint32_t first = take_u32(&d), second = take_u32(&d);
	struct slice back;
	struct key k;

	key_of_pair(&k, other, second, first);
	if (!check_get(c, &k, &back) || back.len == 0 || value.len == 0 || back.p[0] != value.p[0])
		check_fault(c,
			"membership %c %" PRIu32 "/%" PRIu32 ": not the same the other way round",
			key.p[0], first, second);
}

void check_member(struct check *c, struct slice key, struct slice value)
{
	check_pair(c, key, value, TABLE_MEMBERSHIP);
}

void check_membership(struct check *c, struct slice key, struct slice value)
{
	check_pair(c, key, value, TABLE_MEMBER);
}

void check_peer(struct check *c, struct slice key, struct slice value)
{
	struct slice name = slice_from(key, 1);
	struct peer_rec p;
	struct key k;

	key_of_name(&k, TABLE_CURSOR, name);
	if (peer_decode(value, &p) < 0 || !check_get(c, &k, &value))
		check_fault(c, "peer %.*s: damaged, or without a cursor", SLICE_ARG(name));
}
