/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * References to contents.  Articles of groups are not counted: history keeps their contents.  A
 * content has a row here as long as a personal mailbox shows it.
 */
#include "storage/refs.h"

#include "storage/schema.h"
#include "storage/txn.h"

int refs_decode(struct slice value, uint32_t *n_out, bool *by_history_out)
{
	struct dec d = dec_of(value);

	*n_out = take_u32(&d);
	*by_history_out = take_u8(&d) != 0;
	return d.bad ? KERR_DAMAGED : 0;
}

static void put(struct txn *t, const struct key *k, uint32_t n, bool by_history)
{
	put_u32(txn_value(t), n);
	put_u8(&t->value, by_history);
	txn_put_value(t, k);
}

/* How many now; none when there is no row. */
static uint32_t get(struct txn *t, const struct key *k, bool *by_history_out)
{
	struct slice value;
	uint32_t n = 0;

	*by_history_out = false;
	if (txn_get(t, k, &value) == 0 && refs_decode(value, &n, by_history_out) < 0)
		txn_damaged(t, "references");
	return n;
}

void refs_add(struct txn *t, uint64_t content, bool by_history)
{
	bool was;
	struct key k;

	key_of_u64(&k, TABLE_REFS, content);
	uint32_t n = get(t, &k, &was);
	put(t, &k, n + 1, was || by_history);
}

bool refs_drop(struct txn *t, uint64_t content)
{
	bool by_history;
	struct key k;

	key_of_u64(&k, TABLE_REFS, content);
	uint32_t n = get(t, &k, &by_history);
	if (n > 1)
		put(t, &k, n - 1, by_history);
	else
		txn_del(t, &k);
	return n == 1 && !by_history;
}
