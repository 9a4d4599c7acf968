/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An origin that signed two entries with one number: docs/federation.md section 7.4. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "tests/rig/fed_node_rig.h"
#include "tests/rig/fed_rig.h"

static struct node_rig_chain one, two;

/* Ours is 1..7; two leaves it behind 3. */
static void hold_one(void)
{
	node_rig_grow(&one, 1, 7, NODE_RIG_NOW);
	two = one;
	node_rig_grow(&two, 4, 8, NODE_RIG_NOW + 1);
	node_rig_tell(NULL, 1, 7, &one.e[7]);
	node_rig_serve(&one);
	node_rig_holds(NULL, 1, 7, &one.e[7]);
}

/* ---- cases ---- */

/* A head that ends in another entry: the first that differs is found, both are held. */
static void by_head(void **state)
{
	(void)state;
	hold_one();
	node_rig_tell(NULL, 1, 6, &two.e[6]);
	assert_int_equal(node_rig_serve(&two), 2); /* halves of six */
	assert_int_equal(node_rig.n_forks, 1);
	assert_int_equal(node_rig.n_proofs, 1);
	node_rig_holds(NULL, 1, 3, &one.e[3]);
	node_rig_holds(&one.e[4], 4, 7, &one.e[7]);
	node_rig_tell(NULL, 1, 6, &two.e[6]); /* it knows of no branch: what it has is found */
	node_rig_serve(&two);
	node_rig_holds(&two.e[4], 4, 6, &two.e[6]);
	node_rig_tell(&two.e[4], 4, 8, &two.e[8]); /* now it does */
	node_rig_serve(&two);
	node_rig_holds(&two.e[4], 4, 8, &two.e[8]);
	assert_int_equal(node_rig.n_forks, 1);
}

/* An entry that does not follow is not kept, nor is what comes behind it. */
static void by_entry(void **state)
{
	(void)state;
	hold_one();
	node_rig_tell(NULL, 1, 8, &two.e[8]);
	node_rig_serve(&two);
	assert_int_equal(node_rig.n_forks, 1);
	node_rig_holds(NULL, 1, 3, &one.e[3]);
	node_rig_holds(&one.e[4], 4, 7, &one.e[7]);
	node_rig_tell(NULL, 1, 8, &two.e[8]);
	node_rig_serve(&two);
	node_rig_holds(&two.e[4], 4, 8, &two.e[8]);
}

/* A neighbour that knows more says what branches there are: they are looked at, not believed. */
static void by_branch(void **state)
{
	const struct fed_hash none = fed_hash_none;

	(void)state;
	hold_one();
	node_rig_tell(&one.e[4], 4, 7, &one.e[7]); /* ours, and of the other nothing is known yet */
	assert_null(node_rig_feed(&one.e[4]));
	node_rig_tell(&none, 4, 9, &one.e[7]); /* there is no such entry */
	node_rig_serve(&two);
	assert_int_equal(node_rig.n_forks, 0);
	node_rig_holds(NULL, 1, 7, &one.e[7]);
	node_rig_tell(&two.e[4], 4, 8, &two.e[8]);
	node_rig_serve(&two);
	assert_int_equal(node_rig.n_forks, 1);
	node_rig_tell(&two.e[4], 4, 8, &two.e[8]);
	node_rig_serve(&two);
	node_rig_holds(NULL, 1, 3, &one.e[3]);
	node_rig_holds(&one.e[4], 4, 7, &one.e[7]);
	node_rig_holds(&two.e[4], 4, 8, &two.e[8]);
}

/* Entries first..last of ours are asked for and do not come yet; all others of 1..7 do. */
static void hold_but(uint64_t first, uint64_t last, struct fed_request *late)
{
	struct fed_request req;

	node_rig_grow(&one, 1, 7, NODE_RIG_NOW);
	two = one;
	node_rig_grow(&two, 4, 8, NODE_RIG_NOW + 1);
	node_rig_tell(NULL, 1, 7, &one.e[7]);
	while (fed_node_next(node_rig.node, node_rig.peer, &req)) {
		if (req.n >= first && req.n <= last)
			late[req.n - first] = req;
		else
			node_rig_answer(&req, &one);
		node_rig_commit();
	}
	node_rig_holds(NULL, 1, first - 1, &one.e[first - 1]);
}

static void both_are_here(void)
{
	node_rig_tell(NULL, 1, 3, &one.e[3]);
	node_rig_tell(&one.e[4], 4, 7, &one.e[7]);
	node_rig_serve(&one);
	node_rig_tell(&two.e[4], 4, 8, &two.e[8]);
	node_rig_serve(&two);
	node_rig_holds(NULL, 1, 3, &one.e[3]);
	node_rig_holds(&one.e[4], 4, 7, &one.e[7]);
	node_rig_holds(&two.e[4], 4, 8, &two.e[8]);
	assert_int_equal(node_rig.n_forks, 1);
}

/* The entry that both follow is missing: that of ours behind it says which one it is. */
static void behind_a_gap(void **state)
{
	struct fed_request late[1];

	(void)state;
	hold_but(3, 3, late);
	node_rig_tell(&two.e[4], 4, 8, &two.e[8]);
	node_rig_serve(&two);
	assert_int_equal(node_rig.n_forks, 1);
	node_rig_holds(&one.e[4], 4, 7, &one.e[7]);
	both_are_here();
}

/* The branch is told first, then that of the common part there is nothing new. */
static void told_before_its_parent(void **state)
{
	(void)state;
	node_rig_grow(&one, 1, 3, NODE_RIG_NOW);
	node_rig_tell(NULL, 1, 3, &one.e[3]);
	node_rig_serve(&one);
	two = one;
	node_rig_grow(&two, 4, 8, NODE_RIG_NOW + 1);
	node_rig_tell(&two.e[4], 4, 8, &two.e[8]);
	node_rig_tell(NULL, 1, 3, &one.e[3]);
	node_rig_serve(&two);
	node_rig_holds(NULL, 1, 4, &two.e[4]);
}

/* What a branch follows is not here, and nothing says which entry that is: it is seen later. */
static void parent_comes_later(void **state)
{
	struct fed_request late[2];

	(void)state;
	hold_but(3, 4, late);
	node_rig_tell(&two.e[4], 4, 8, &two.e[8]);
	node_rig_serve(&two);
	assert_int_equal(node_rig.n_forks, 0);
	node_rig_answer(&late[0], &one);
	node_rig_commit();
	assert_int_equal(node_rig.n_forks, 1);
	both_are_here();
}

/* A branch that would fill a gap: not when what is beyond the gap is of another, or may be. */
static void not_into_a_gap(void **state)
{
	struct fed_request late[2], req;

	(void)state;
	hold_but(4, 5, late);
	node_rig_tell(&two.e[4], 4, 8, &two.e[8]); /* ours is another: entry 6 says so */
	assert_true(fed_node_next(node_rig.node, node_rig.peer, &req));
	assert_int_equal(req.kind, FED_REQ_SIGNS);
	assert_int_equal(req.n, 6);
	node_rig_answer(&req, &two);
	assert_true(fed_node_next(node_rig.node, node_rig.peer, &req));
	assert_int_equal(req.n, 4);
	assert_true(req.name.epoch.branch[0] != '\0');
	node_rig_answer(&req, &two);
	node_rig_commit();
	node_rig_answer(&late[0], &one);
	node_rig_commit();
	both_are_here();
}

/* ... but when it is of the same. */
static void into_its_gap(void **state)
{
	struct fed_request late[2], req;

	(void)state;
	hold_but(4, 5, late);
	fed_node_down(node_rig.node, node_rig.peer);
	fed_node_free(node_rig.node);
	node_rig_start();
	node_rig_grow(&one, 8, 8, NODE_RIG_NOW);
	node_rig_tell(&one.e[4], 4, 8, &one.e[8]);
	assert_true(fed_node_next(node_rig.node, node_rig.peer, &req));
	assert_int_equal(req.kind, FED_REQ_SIGNS);
	node_rig_answer(&req, &one);
	assert_true(fed_node_next(node_rig.node, node_rig.peer, &req));
	assert_int_equal(req.n, 4);
	assert_true(req.name.epoch.branch[0] == '\0' && req.as.branch[0] != '\0');
}

/* What comes before the branch is missing as well: what lies behind says whose it is. */
static void into_a_later_gap(void **state)
{
	struct fed_request late[4], req;

	(void)state;
	hold_but(2, 5, late); /* 1, 6 and 7 are here */
	node_rig_tell(&two.e[4], 4, 8, &two.e[8]);
	assert_true(fed_node_next(node_rig.node, node_rig.peer, &req));
	assert_int_equal(req.kind, FED_REQ_SIGNS);
	assert_int_equal(req.n, 6);
	node_rig_answer(&req, &two);
	assert_true(fed_node_next(node_rig.node, node_rig.peer, &req));
	assert_int_equal(req.n, 4);
	assert_true(req.name.epoch.branch[0] != '\0');
	fed_node_got_none(node_rig.node, node_rig.peer, &req, false);
	node_rig_tell(&one.e[4], 4, 7, &one.e[7]); /* it ends in our last entry */
	assert_true(fed_node_next(node_rig.node, node_rig.peer, &req));
	assert_int_equal(req.n, 4);
	assert_true(req.name.epoch.branch[0] == '\0' && req.as.branch[0] != '\0');
}

/* A branch that is known by hearsay: its first entry proves it, then all of it is asked for. */
static void heard_then_proven(void **state)
{
	struct fed_request req;
	bool heads = false;

	(void)state;
	node_rig_grow(&one, 1, 3, NODE_RIG_NOW);
	two = one;
	node_rig_grow(&two, 4, 8, NODE_RIG_NOW + 1);
	node_rig_tell(&two.e[4], 4, 8, &two.e[8]);
	assert_false(fed_node_next(node_rig.node, node_rig.peer, &req));
	fed_node_now(node_rig.node, NODE_RIG_NOW, 1000 + FED_GUESS_S);
	node_rig_tell(&two.e[4], 4, 8, &two.e[8]); /* nobody has what it follows */
	assert_true(fed_node_next(node_rig.node, node_rig.peer, &req));
	assert_int_equal(req.n, 4);
	node_rig_answer(&req, &two);
	node_rig_commit();
	node_rig_holds(&two.e[4], 4, 4, &two.e[4]);
	while (fed_node_next(node_rig.node, node_rig.peer, &req))
		heads = heads || req.kind == FED_REQ_HEADS;
	assert_true(heads);
	node_rig_tell(&two.e[4], 4, 8, &two.e[8]);
	node_rig_serve(&two);
	node_rig_holds(&two.e[4], 4, 8, &two.e[8]);
}

/* Nobody tells what is beyond the gap: it is waited for a while before it goes there. */
static void guessed(void **state)
{
	struct fed_request late[2], req;

	(void)state;
	hold_but(4, 5, late);
	fed_node_free(node_rig.node);
	node_rig_start();
	node_rig_tell(&two.e[4], 4, 4, &two.e[4]);
	assert_false(fed_node_next(node_rig.node, node_rig.peer, &req));
	fed_node_now(node_rig.node, NODE_RIG_NOW, 1000 + FED_GUESS_S);
	node_rig_tell(&two.e[4], 4, 4, &two.e[4]);
	assert_true(fed_node_next(node_rig.node, node_rig.peer, &req));
	assert_int_equal(req.n, 4);
}

/* Where in a gap the chains part nobody tells: another may, so it is not guessed at once. */
static void fork_in_a_gap(void **state)
{
	struct fed_request late[2];

	(void)state;
	hold_but(4, 5, late);
	fed_node_free(node_rig.node);
	node_rig_start();
	node_rig_tell(NULL, 1, 5, &two.e[5]);
	node_rig_serve(&two);
	assert_int_equal(node_rig.n_forks, 0);
	fed_node_now(node_rig.node, NODE_RIG_NOW, 1000 + FED_GUESS_S);
	node_rig_tell(NULL, 1, 5, &two.e[5]);
	node_rig_serve(&two);
	assert_int_equal(node_rig.n_forks, 1);
}

/*
 * Who is asked where the chains part takes its own feed apart meanwhile, and has what was asked for
 * by another name: that it does not have it says nothing.
 */
static void asked_takes_apart(void **state)
{
	struct fed_request late[5], req;

	(void)state;
	hold_but(2, 6, late); /* 6 is known by what is behind it */
	fed_node_free(node_rig.node);
	node_rig_start();
	for (unsigned i = 0; i < 2; i++) { /* the first time begins the two minutes */
		node_rig_tell(NULL, 1, 8, &two.e[8]);
		assert_true(fed_node_next(node_rig.node, node_rig.peer, &req));
		assert_int_equal(req.kind, FED_REQ_SIGNS);
		assert_int_equal(req.n, 7);
		node_rig_answer(&req, &two);
		assert_true(fed_node_next(node_rig.node, node_rig.peer, &req));
		assert_int_equal(req.kind, FED_REQ_SIGNS);
		assert_int_equal(req.n, 6);
		if (i > 0)
			node_rig_tell(NULL, 1, 3, &two.e[3]);
		fed_node_got_none(node_rig.node, node_rig.peer, &req, false);
		assert_int_equal(node_rig.n_forks, 0);
		fed_node_now(node_rig.node, NODE_RIG_NOW, 1000 + FED_GUESS_S);
	}
}

/* Who told of a branch is put back before its first entry came, and tells of the epoch alone. */
static void told_no_more(void **state)
{
	const struct fed_oid a = fed_rig_oid('a');

	(void)state;
	hold_one();
	node_rig_tell(&two.e[4], 4, 8, &two.e[8]);
	fed_node_down(node_rig.node, node_rig.peer);
	node_rig.peer = (unsigned)fed_node_up(node_rig.node, &a);
	node_rig_tell(NULL, 1, 6, &two.e[6]);
	node_rig_serve(&two);
	assert_int_equal(node_rig.n_forks, 1);
	node_rig_holds(&one.e[4], 4, 7, &one.e[7]);
	node_rig_holds(&two.e[4], 4, 4, &two.e[4]);
}

/* The other entry names a record that is not here: it cannot be kept, so nothing is taken apart. */
static void cannot_be_kept(void **state)
{
	struct fed_request req;
	uint8_t seed[CRYPTO_KEY_LEN];

	(void)state;
	hold_one();
	fed_rig_seed('a', seed);
	two.sign[4].r = 9;
	fed_sign_make(&two.sign[4], seed);
	fed_sign_hash(&two.sign[4], &two.e[4]);
	node_rig_tell(NULL, 1, 4, &two.e[4]);
	while (fed_node_next(node_rig.node, node_rig.peer, &req)) {
		if (req.kind == FED_REQ_SIGNS)
			node_rig_answer(&req, &two);
		else if (req.kind != FED_REQ_HEADS)
			fed_node_got_none(node_rig.node, node_rig.peer, &req, true);
		node_rig_commit();
	}
	assert_int_equal(node_rig.n_forks, 0);
	node_rig_holds(NULL, 1, 7, &one.e[7]);
}

static void load(void)
{
	struct fed_feed_name plain = node_rig_name(NULL), branch = node_rig_name(&two.e[4]);
	struct fed_feed *f = fed_feeds_make(&node_rig.feeds, &plain);

	f->high = 7;
	f->tip = node_rig_find(&plain, 7)->link;
	f = fed_feeds_make(&node_rig.feeds, &branch);
	f->low = 4;
	f->high = 8;
	f->tip = node_rig_find(&branch, 8)->link;
}

/* The parts are found again from what the store has: entries did not move. */
static void after_a_start(void **state)
{
	struct fed_feed_name plain;

	by_branch(state);
	plain = node_rig_name(NULL);
	assert_non_null(node_rig_find(&plain, 7)); /* under the name that it came by */
	fed_node_free(node_rig.node);
	fed_feeds_fini(&node_rig.feeds);
	fed_feeds_init(&node_rig.feeds);
	load();
	node_rig_start();
	node_rig_holds(NULL, 1, 3, &one.e[3]);
	node_rig_holds(&one.e[4], 4, 7, &one.e[7]);
	node_rig_holds(&two.e[4], 4, 8, &two.e[8]);
	node_rig_grow(&one, 8, 8, NODE_RIG_NOW);
	node_rig_tell(&one.e[4], 4, 8, &one.e[8]);
	node_rig_serve(&one);
	node_rig_holds(&one.e[4], 4, 8, &one.e[8]);
	assert_non_null(node_rig_find(&plain, 8));
}

/* A disk has the branch, and of the epoch itself what comes before: the rest comes later. */
static void after_a_restore(void **state)
{
	struct fed_feed_name branch;
	struct fed_feed *f;

	by_branch(state);
	branch = node_rig_name(&two.e[4]);
	fed_node_free(node_rig.node);
	fed_feeds_fini(&node_rig.feeds);
	fed_feeds_init(&node_rig.feeds);
	node_rig_lose(NULL);
	f = fed_feeds_make(&node_rig.feeds, &branch);
	f->low = 4;
	f->high = 8;
	f->tip = node_rig_find(&branch, 8)->link;
	node_rig_start();
	node_rig_tell(NULL, 1, 7, &one.e[7]);
	node_rig_serve(&one);
	for (unsigned i = 0; i < 2; i++) { /* its first entry, then the others */
		node_rig_tell(&one.e[4], 4, 7, &one.e[7]);
		node_rig_serve(&one);
	}
	node_rig_holds(NULL, 1, 3, &one.e[3]);
	node_rig_holds(&one.e[4], 4, 7, &one.e[7]);
	node_rig_holds(&two.e[4], 4, 8, &two.e[8]);
}

/* After four branches further ones are void. */
static void too_many(void **state)
{
	struct node_rig_chain c;

	(void)state;
	hold_one();
	for (unsigned i = 1; i <= 6; i++) {
		c = one;
		node_rig_grow(&c, 4, 5, NODE_RIG_NOW + i);
		node_rig_tell(&c.e[4], 4, 5, &c.e[5]);
		node_rig_serve(&c);
		assert_true(i > 4 || node_rig_feed(&c.e[4]));
	}
	assert_null(node_rig_feed(&c.e[4]));
}

/* A neighbour may say what it likes: without a signature there is no fork. */
static void lies(void **state)
{
	(void)state;
	hold_one();
	two.sign[5].s.b[0] ^= 1;
	two.sign[4].s.b[0] ^= 1;
	two.sign[3].s.b[0] ^= 1;
	node_rig_tell(NULL, 1, 6, &two.e[6]);
	node_rig_serve(&two);
	assert_int_equal(node_rig.n_forks, 0);
	node_rig_holds(NULL, 1, 7, &one.e[7]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(by_head, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(by_entry, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(by_branch, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(behind_a_gap, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(told_before_its_parent, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(parent_comes_later, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(not_into_a_gap, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(into_its_gap, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(into_a_later_gap, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(heard_then_proven, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(guessed, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(fork_in_a_gap, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(asked_takes_apart, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(told_no_more, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(cannot_be_kept, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(after_a_start, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(after_a_restore, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(too_many, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(lies, node_rig_up, node_rig_down),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
