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

/* The node hears of a record; the one it follows is in `before`. */
static const struct fed_record *hears(const char *edit, const struct fed_record *before)
{
	struct fed_record *next = fed_rig_make(&node_rig.arena, fed_rig_group, edit, before, "A");
	struct err why = {""};

	assert_int_equal(fed_node_give_record(node_rig.node, next->text, &why), FED_REG_TAKEN);
	return next;
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

#define CUT "cut: @b 50 0 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
#define OUT "member: @b rw 1\n|" CUT
#define IN_AGAIN "member: @b rw 1\n|member: @b rw 3\n" CUT

/* Where nothing of a feed was here there is no line, and the record in force says where it ends. */
static void not_drawn(void **state)
{
	struct fed_feed *f = own_feed();

	(void)state;
	const struct fed_record *out = hears(OUT, node_rig.group);
	assert_int_equal(f->end, 0);
	assert_int_equal(node_rig.n_cuts, 0);
	hears(IN_AGAIN, out);
	assert_true(f->end == UINT64_MAX);
}

/* Where something was, it stays: it is gone from the disk. */
static void drawn(void **state)
{
	struct fed_feed *f = own_feed();
	const struct fed_link none = {.n = 0};

	(void)state;
	issued(f, 1);
	const struct fed_record *out = hears(OUT, node_rig.group);
	assert_int_equal(node_rig.n_cuts, 1);
	fed_node_cut(node_rig.node, f, &none);
	hears(IN_AGAIN, out);
	assert_int_equal(f->end, 0);
}

#define NODE_TEST(name) cmocka_unit_test_setup_teardown(name, node_rig_up, node_rig_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(one_after_the_other),
		NODE_TEST(on_the_way),
		NODE_TEST(stored_after_all),
		NODE_TEST(first_of_all),
		NODE_TEST(not_drawn),
		NODE_TEST(drawn),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
