/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heartbeats, and who is late: docs/federation.md section 7.6. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "tests/rig/fed_node_rig.h"
#include "tests/rig/fed_rig.h"

enum { NOW = NODE_RIG_NOW, DAY = 24 * 3600 };

static unsigned n_found;
static int64_t late_by;

static void on_beat(void *arg, struct fed_feed *f)
{
	*(struct fed_feed **)arg = f;
	n_found++;
}

static void on_late(void *arg, const struct fed_oid *who, int64_t late)
{
	const struct fed_oid a = fed_rig_oid('a');

	(void)arg;
	assert_true(fed_oid_eq(who, &a));
	late_by = late;
	n_found++;
}

static unsigned silent(int64_t now_at)
{
	n_found = 0;
	fed_node_now(node_rig.node, now_at, 1000);
	fed_node_silent(node_rig.node, on_late, NULL);
	return n_found;
}

/* An article on the first day, then heartbeats: silence is told 48 h after the last of them. */
static void origins(void **state)
{
	struct node_rig_chain c;

	(void)state;
	assert_int_equal(silent(NOW + 100 * DAY), 0);
	node_rig_add(&c, 1, NOW, FED_ARTICLE);
	node_rig_grow(&c, 2, 2, NOW);
	node_rig_tell(NULL, 1, 2, &c.e[2]);
	node_rig_serve(&c);
	assert_int_equal(silent(NOW + 2 * DAY - 1), 0);
	assert_int_equal(silent(NOW + 2 * DAY), 1);
	assert_int_equal(late_by, 2 * DAY);
	assert_int_equal(silent(NOW + 30 * DAY - 1), 1);
	assert_int_equal(silent(NOW + 30 * DAY), 0); /* it owes none any more */
	fed_node_now(node_rig.node, NOW + 29 * DAY, 1000);
	node_rig_grow(&c, 3, 3, NOW + 29 * DAY);
	node_rig_tell(NULL, 1, 3, &c.e[3]);
	node_rig_serve(&c);
	assert_int_equal(silent(NOW + 29 * DAY), 0);
}

/* Which of our own feeds owe one: here a's are ours. */
static void own(void **state)
{
	struct node_rig_chain c;
	struct fed_feed *due = NULL;

	(void)state;
	node_rig_add(&c, 1, NOW, FED_ARTICLE);
	node_rig_tell(NULL, 1, 1, &c.e[1]);
	node_rig_serve(&c);
	fed_node_free(node_rig.node);
	node_rig_start_as('a');
	n_found = 0;
	fed_node_now(node_rig.node, NOW + DAY - 1, 1000);
	fed_node_beats(node_rig.node, on_beat, &due);
	assert_int_equal(n_found, 0);
	fed_node_now(node_rig.node, NOW + DAY, 1000);
	fed_node_beats(node_rig.node, on_beat, &due);
	assert_int_equal(n_found, 1);
	assert_ptr_equal(due, node_rig_feed(NULL));
	fed_node_now(node_rig.node, NOW + 30 * DAY, 1000);
	fed_node_beats(node_rig.node, on_beat, &due);
	assert_int_equal(n_found, 1);
}

static void tell_beyond(const struct fed_hash *e, uint64_t from)
{
	const struct fed_feed_name name = node_rig_name(NULL);
	struct fed_holding h = {.low = 1, .high = 1};

	fed_spans_init(&h.ahead);
	fed_spans_init(&h.stubs);
	fed_spans_add(&h.ahead, from, from);
	fed_node_told_head(node_rig.node, node_rig.peer, &name, &h, e);
	fed_spans_fini(&h.ahead);
}

/* Others have more of it than we, be it behind a gap: its end is not here. */
static void own_behind(void **state)
{
	struct node_rig_chain c;

	(void)state;
	node_rig_grow(&c, 1, 4, NOW);
	node_rig_tell(NULL, 1, 2, &c.e[2]);
	node_rig_serve(&c);
	fed_node_free(node_rig.node);
	node_rig_start_as('a');
	node_rig_tell(NULL, 1, 2, &c.e[2]);
	assert_int_equal(node_rig.n_behind, 0);
	tell_beyond(&c.e[1], 4);
	assert_int_equal(node_rig.n_behind, 1);
	node_rig_tell(NULL, 1, 4, &c.e[4]);
	assert_int_equal(node_rig.n_behind, 1); /* said already */
}

static unsigned behind(int64_t steady_s)
{
	n_found = 0;
	fed_node_now(node_rig.node, NOW, steady_s);
	fed_node_behind(node_rig.node, on_late, NULL);
	return n_found;
}

/* A neighbour that said what it had when asked, and does not get what we have. */
static void neighbours(void **state)
{
	struct node_rig_chain c;

	(void)state;
	node_rig_grow(&c, 1, 4, NOW);
	node_rig_tell(NULL, 1, 2, &c.e[2]);
	node_rig_serve(&c);
	assert_int_equal(behind(1000 + FED_BEHIND_S), 1); /* it never told 2 again */
	node_rig_tell(NULL, 1, 2, &c.e[2]);
	assert_int_equal(behind(1000 + 2 * FED_BEHIND_S), 0);
	assert_int_equal(behind(1000 + 3 * FED_BEHIND_S), 0);
	node_rig_tell(NULL, 1, 3, &c.e[3]);
	node_rig_serve(&c);
	node_rig_tell(NULL, 1, 3, &c.e[3]);
	assert_int_equal(behind(1000 + 5 * FED_BEHIND_S), 0);
}

/* ---- who stands in ---- */

static bool count_on(void *arg, const struct fed_oid *oid)
{
	if (n_found++ == 0)
		*(struct fed_oid *)arg = *oid; /* of the control group: it has twenty */
	return true;
}

static unsigned n_neighbours(struct fed_oid *first)
{
	n_found = 0;
	fed_node_neighbours(node_rig.node, count_on, first);
	return n_found;
}

/* Twenty daemons: for one that is out of reach another is dialled, until it is back. */
static void stand_in(void **state)
{
	struct buf edits;
	struct fed_oid one, other;
	struct err why;

	(void)state;
	buf_init(&edits, 8192);
	buf_addz(&edits, "daemon: @a active ~a kreisa\n|");
	for (int c = 'a'; c < 'a' + 20; c++)
		buf_addf(&edits, "daemon: @%c active ~%c kreis%c\n", c, c, c);
	struct fed_record *rec = fed_rig_make(
		&node_rig.arena, fed_rig_federation, buf_cstr(&edits), node_rig.federation, "A");
	buf_fini(&edits);
	assert_int_equal(fed_node_give_record(node_rig.node, rec->text, &why), FED_REG_TAKEN);
	unsigned some = n_neighbours(&one);
	assert_in_range(some, 4, 18);
	fed_node_unreachable(node_rig.node, &one, true);
	fed_node_unreachable(node_rig.node, &one, true);
	assert_int_equal(n_neighbours(&other), some + 1);
	fed_node_unreachable(node_rig.node, &one, false);
	assert_int_equal(n_neighbours(&other), some);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(origins, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(own_behind, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(own, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(neighbours, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(stand_in, node_rig_up, node_rig_down),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
