/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control pass: docs/federation.md section 7.1. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "tests/rig/fed_node_rig.h"
#include "tests/rig/fed_rig.h"

enum { NOW = NODE_RIG_NOW };

static struct node_rig_chain c;

/* Five entries, of which the third is a control one. */
static void tell_five(void)
{
	for (uint64_t n = 1; n <= 5; n++)
		node_rig_add(&c, n, NOW, n == 3 ? FED_CONTROL : FED_ARTICLE);
	node_rig_tell(NULL, 1, 5, &c.e[5]);
}

static void tick(int64_t steady_s)
{
	fed_node_now(node_rig.node, NOW, steady_s);
	fed_node_tick(node_rig.node);
}

/* Tags first, then what is control, and content when all have told all. */
static void in_order(void **state)
{
	struct fed_request req;

	(void)state;
	fed_node_catch_up(node_rig.node);
	tell_five();
	assert_true(fed_node_next(node_rig.node, node_rig.peer, &req));
	assert_int_equal(req.kind, FED_REQ_SIGNS);
	assert_int_equal(req.n, 1);
	assert_int_equal(req.upto, 5);
	assert_false(fed_node_next(node_rig.node, node_rig.peer, &(struct fed_request){0}));
	node_rig_answer(&req, &c);
	assert_true(fed_node_next(node_rig.node, node_rig.peer, &req));
	assert_int_equal(req.kind, FED_REQ_ENTRY);
	assert_int_equal(req.n, 3);
	fed_node_told_all(node_rig.node, node_rig.peer);
	tick(1001);
	assert_true(fed_node_catching_up(node_rig.node));
	node_rig_answer(&req, &c);
	node_rig_commit();
	assert_false(fed_node_next(node_rig.node, node_rig.peer, &(struct fed_request){0}));
	tick(1002);
	assert_false(fed_node_catching_up(node_rig.node));
	assert_int_equal(node_rig.n_caught_up, 1);
	node_rig_serve(&c);
	node_rig_holds(NULL, 1, 5, &c.e[5]);
}

/* A neighbour that is silent, or not there, is waited for, but not for ever. */
static void time_goes_by(void **state)
{
	(void)state;
	fed_node_catch_up(node_rig.node);
	tick(1000 + 599);
	assert_true(fed_node_catching_up(node_rig.node));
	tick(1000 + 600);
	assert_false(fed_node_catching_up(node_rig.node));
	fed_node_catch_up(node_rig.node);
	fed_node_down(node_rig.node, node_rig.peer);
	tick(1600 + 29);
	assert_true(fed_node_catching_up(node_rig.node));
	tick(1600 + 30);
	assert_false(fed_node_catching_up(node_rig.node));
	fed_node_catch_up(node_rig.node);
	fed_node_end_catch_up(node_rig.node);
	assert_false(fed_node_catching_up(node_rig.node));
	assert_int_equal(node_rig.n_caught_up, 3);
}

/*
 * What its origin signed ahead of our clock is waited for, if it can be taken before the pass would
 * end.
 */
static void clock_ahead(void **state)
{
	struct fed_request req;

	(void)state;
	fed_node_catch_up(node_rig.node);
	fed_node_told_all(node_rig.node, node_rig.peer);
	node_rig_grow(&c, 1, 1, NOW);
	node_rig_add(&c, 2, NOW + 600, FED_CONTROL);  /* in 300 s */
	node_rig_add(&c, 3, NOW + 7200, FED_CONTROL); /* in two hours */
	node_rig_tell(NULL, 1, 3, &c.e[3]);
	assert_int_equal(node_rig_serve(&c), 1);
	for (int64_t s = 1; s < 300; s++) {
		fed_node_now(node_rig.node, NOW + s, 1000 + s);
		fed_node_tick(node_rig.node);
		assert_true(fed_node_catching_up(node_rig.node));
		assert_false(fed_node_next(node_rig.node, node_rig.peer, &req));
	}
	fed_node_now(node_rig.node, NOW + 300, 1300);
	assert_true(fed_node_next(node_rig.node, node_rig.peer, &req));
	assert_int_equal(req.n, 2);
	node_rig_answer(&req, &c);
	node_rig_commit();
	assert_true(node_rig_find(&req.name, 2) != NULL);
	node_rig_serve(&c);
	fed_node_tick(node_rig.node);
	assert_false(fed_node_catching_up(node_rig.node));
}

/* Somebody who joined later tells of the end alone: the tags before it are looked at all the same.
 */
static void told_the_end(void **state)
{
	struct fed_request req;

	(void)state;
	fed_node_catch_up(node_rig.node);
	for (uint64_t n = 1; n <= 3; n++)
		node_rig_add(&c, n, NOW, n == 1 ? FED_CONTROL : FED_ARTICLE);
	node_rig_tell(NULL, 2, 3, &c.e[3]);
	assert_int_equal(node_rig_serve(&c), 1);
	node_rig_tell(NULL, 1, 3, &c.e[3]);
	assert_true(fed_node_next(node_rig.node, node_rig.peer, &req));
	assert_int_equal(req.kind, FED_REQ_SIGNS);
	assert_int_equal(req.n, 1);
	node_rig_answer(&req, &c);
	assert_true(fed_node_next(node_rig.node, node_rig.peer, &req));
	assert_int_equal(req.kind, FED_REQ_ENTRY);
	assert_int_equal(req.n, 1);
	node_rig_answer(&req, &c);
	node_rig_tell(NULL, 2, 3, &c.e[3]);
	assert_false(fed_node_next(node_rig.node, node_rig.peer, &req));
}

static enum fed_give give(uint64_t n)
{
	const struct fed_feed_name name = node_rig_name(NULL);
	const struct fed_oid a = fed_rig_oid('a');
	char mid[MSGID_MAX + 1];
	enum fed_give what;
	struct buf out;

	buf_init(&out, 4096);
	assert_int_equal(fed_node_give_entry(node_rig.node, &a, &name, n, &out, mid, &what), 0);
	buf_fini(&out);
	return what;
}

/* Others get no content meanwhile, but control entries and stubs. */
static void serving(void **state)
{
	(void)state;
	tell_five();
	node_rig_serve(&c);
	fed_node_catch_up(node_rig.node);
	assert_int_equal(give(1), FED_GIVE_STUB);
	node_rig.content = true;
	assert_int_equal(give(1), FED_GIVE_LATER);
	assert_int_equal(give(3), FED_GIVE_ARTICLE);
	fed_node_end_catch_up(node_rig.node);
	assert_int_equal(give(1), FED_GIVE_ARTICLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(in_order, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(time_goes_by, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(clock_ahead, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(told_the_end, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(serving, node_rig_up, node_rig_down),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
