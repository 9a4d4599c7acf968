/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of our own others have not got yet: proto/fed/fed_node_ahead.c. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "tests/rig/fed_node_rig.h"
#include "tests/rig/fed_rig.h"

enum { NOW = NODE_RIG_NOW, N = 5 };

static struct node_rig_chain c;

/* Our node is a, which has written five entries; b is the neighbour. */
static int up(void **state)
{
	node_rig_up(state);
	node_rig_grow(&c, 1, N, NOW);
	node_rig_tell(NULL, 1, N, &c.e[N]);
	node_rig_serve(&c);
	node_rig_holds(NULL, 1, N, &c.e[N]);
	fed_node_free(node_rig.node);
	node_rig_start_as('a');
	return 0;
}

static void tick(int64_t steady_s)
{
	fed_node_now(node_rig.node, NOW, steady_s);
	fed_node_tick(node_rig.node);
}

static void assert_ahead(char who, bool known, uint64_t n, int64_t seconds)
{
	const struct fed_oid oid = fed_rig_oid(who);
	uint64_t ahead = 99;
	int64_t since = 99;

	assert_int_equal(fed_node_ahead(node_rig.node, &oid, &ahead, &since), known);
	assert_int_equal(ahead, n);
	assert_int_equal(since, seconds);
}

/* It holds 1..high, and from..N beyond a gap; from 0: nothing beyond. */
static void tell(uint64_t high, uint64_t from)
{
	const struct fed_feed_name name = node_rig_name(NULL);
	struct fed_holding h = {.low = 1, .high = high};

	fed_spans_init(&h.ahead);
	fed_spans_init(&h.stubs);
	if (from > 0)
		fed_spans_add(&h.ahead, from, N);
	fed_node_told_head(node_rig.node, node_rig.peer, &name, &h, &c.e[high]);
	fed_spans_fini(&h.ahead);
	fed_spans_fini(&h.stubs);
}

/* Who has told nothing is not known; his silence after all was told says that he has nothing. */
static void unknown_at_first(void **state)
{
	(void)state;
	tick(1001);
	assert_ahead('b', false, 0, 0);
	fed_node_told_all(node_rig.node, node_rig.peer);
	assert_ahead('b', true, 0, 0); /* until the next tick */
	tick(1002);
	assert_ahead('b', true, N, 0);
	tick(1062);
	assert_ahead('b', true, N, 60);
	assert_ahead('c', false, 0, 0);
}

static void counts_what_is_missing(void **state)
{
	(void)state;
	tell(2, 0);
	fed_node_told_all(node_rig.node, node_rig.peer);
	tick(1001);
	assert_ahead('b', true, 3, 0);
	tell(2, 4); /* 4 and 5 beyond a gap are there */
	tick(1011);
	assert_ahead('b', true, 1, 10);
	tell(N, 0);
	tick(1021);
	assert_ahead('b', true, 0, 0);
	tell(3, 0); /* it was set back: the time begins anew */
	tick(1031);
	assert_ahead('b', true, 2, 0);
}

/* A neighbour that goes is behind all the longer; another life of ours knows nothing of it. */
static void it_goes(void **state)
{
	(void)state;
	tell(4, 0);
	fed_node_told_all(node_rig.node, node_rig.peer);
	tick(1001);
	fed_node_down(node_rig.node, node_rig.peer);
	tick(1101);
	assert_ahead('b', true, 1, 100);
	fed_node_free(node_rig.node);
	node_rig_start_as('a');
	tick(1102);
	assert_ahead('b', false, 0, 0);
}

/* What b has of its own feeds, or of those of others, is not ours. */
static void feeds_of_others(void **state)
{
	(void)state;
	fed_node_free(node_rig.node);
	node_rig_start_as('b');
	node_rig_tell(NULL, 1, 2, &c.e[2]);
	fed_node_told_all(node_rig.node, node_rig.peer);
	tick(1001);
	assert_ahead('a', true, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(unknown_at_first, up, node_rig_down),
		cmocka_unit_test_setup_teardown(counts_what_is_missing, up, node_rig_down),
		cmocka_unit_test_setup_teardown(it_goes, up, node_rig_down),
		cmocka_unit_test_setup_teardown(feeds_of_others, up, node_rig_down),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
