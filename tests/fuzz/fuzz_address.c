/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as an address list: an answer, within bounds, and mailboxes that are read back. */
#include "proto/base/err.h"
#include "proto/msg/address.h"
#include "tests/fuzz/fuzz.h"

enum { MAX = 20 };

static void check_spec(const struct address *a, struct arena *ar)
{
	struct address_list again;
	struct buf b;

	buf_init(&b, 1 << 22);
	address_add_spec(&b, a);
	FUZZ_CHECK(address_parse(buf_slice(&b), MAX, ar, &again) == 0);
	FUZZ_CHECK(again.n == 1 && address_eq(a, again.v));
	buf_fini(&b);
}

/* A group ends before another begins, and has an end unless the list is full. */
static void check_groups(const struct address_list *l)
{
	bool in_group = false;

	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].kind == ADDRESS_MAILBOX)
			continue;
		FUZZ_CHECK(in_group == (l->v[i].kind == ADDRESS_GROUP_END));
		in_group = !in_group;
	}
	FUZZ_CHECK(!in_group || l->n == MAX);
}

/* Broken or not, the groups are balanced, and a good list is told the same way. */
static void check_broken(struct slice in, const struct address_list *good, int rc, struct arena *ar)
{
	struct address_list l;

	address_parse_broken(in, MAX, ar, &l);
	FUZZ_CHECK(l.n <= MAX);
	check_groups(&l);
	FUZZ_CHECK(rc != 0 || l.n == good->n);
	for (size_t i = 0; rc == 0 && i < l.n; i++)
		FUZZ_CHECK(address_eq(&l.v[i], &good->v[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct address_list l;
	struct arena ar;

	arena_init(&ar);
	int rc = address_parse(slice_of(data, size), MAX, &ar, &l);
	FUZZ_CHECK(rc == 0 || rc == KERR_INVALID || rc == KERR_TOOBIG);
	FUZZ_CHECK(l.n <= MAX);
	for (size_t i = 0; i < l.n; i++)
		if (l.v[i].kind == ADDRESS_MAILBOX)
			check_spec(&l.v[i], &ar);
	check_broken(slice_of(data, size), &l, rc, &ar);
	arena_fini(&ar);
	return 0;
}
