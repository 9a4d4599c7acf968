/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries that come to the disk, and a record that cuts their feed at the same time. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "tests/rig/fed_node_rig.h"
#include "tests/rig/fed_rig.h"

/* A feed of our own, b, of which the node has heard nothing yet. */
static struct fed_feed *own_feed(void)
{
	struct fed_feed_name name = node_rig_name(NULL);

	name.oid = fed_rig_oid('b');
	return fed_feeds_make(&node_rig.feeds, &name);
}

static void issued(struct fed_feed *f, uint64_t n)
{
	const struct fed_link l = {.n = n, .r = 1, .t = NODE_RIG_NOW};

	fed_node_issued(node_rig.node, f, &l);
}

/* The group's owner takes us out, with this cut. */
static void take_out(const char *mark)
{
	char edit[200];

	snprintf(edit, sizeof edit, "member: @b rw 1\n|cut: @b %s\n", mark);
	struct fed_record *next =
		fed_rig_make(&node_rig.arena, fed_rig_group, edit, node_rig.group, "A");
	node_rig_give(next);
}

static void one_after_the_other(void **state)
{
	struct fed_feed *f = own_feed();

	(void)state;
	issued(f, 1);
	issued(f, 2);
	assert_int_equal(f->high, 2);
	assert_int_equal(node_rig.n_cuts, 0);
}

/* It was on disk before the cut, and is heard of after it: the store is told again. */
static void on_the_way(void **state)
{
	struct fed_feed *f = own_feed();
	const struct fed_link tip = {.n = 2, .r = 1, .t = NODE_RIG_NOW};

	(void)state;
	issued(f, 1);
	issued(f, 2);
	f->end = 2; /* so the record has it; nothing lies behind it, as far as the node knows */
	issued(f, 3);
	assert_int_equal(node_rig.n_cuts, 1);
	assert_ptr_equal(node_rig.cut_feed, f);
	assert_int_equal(node_rig.cut_at, 2);
	fed_node_cut(node_rig.node, f, &tip);
	issued(f, 4); /* stored before that cut, too */
	assert_int_equal(node_rig.n_cuts, 2);
	assert_int_equal(f->high, 2);
	assert_int_equal(fed_spans_n(&f->ahead), 0);
}

/* One of another daemon that came to the disk behind a cut, as its feed was new there. */
static void stored_after_all(void **state)
{
	const struct fed_feed_name name = node_rig_name(NULL);
	struct fed_feed *f = fed_feeds_make(&node_rig.feeds, &name);
	const struct fed_link l = {.n = 1, .r = 1, .t = NODE_RIG_NOW};

	(void)state;
	f->end = 0;
	fed_node_stored(node_rig.node, f, 1, 0, &l);
	assert_int_equal(node_rig.n_cuts, 1);
	assert_int_equal(node_rig.cut_at, 0);
	assert_int_equal(f->high, 0);
}

/* A post, and the node did not know the feed when it took the record. */
static void first_of_all(void **state)
{
	(void)state;
	take_out("1790000000 0 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	issued(own_feed(), 1);
	assert_int_equal(node_rig.n_cuts, 1);
	assert_int_equal(node_rig.cut_at, 0);
	assert_int_equal(own_feed()->high, 0);
}

#define NODE_TEST(name) cmocka_unit_test_setup_teardown(name, node_rig_up, node_rig_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(one_after_the_other),
		NODE_TEST(on_the_way),
		NODE_TEST(stored_after_all),
		NODE_TEST(first_of_all),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
