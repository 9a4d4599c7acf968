/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drafts of group records: as test_fed_draft.c, and what each change leaves behind. */
#include "tests/rig/draft_rig.h"

/* ---- groups ---- */

static struct fed_group_wish wish(const char *name)
{
	return (struct fed_group_wish){
		.group = slice_str(name), .title = lit("Rat"), .closed = true};
}

static const struct fed_group *group(void)
{
	return fed_reg_group_named(rig.reg, lit("kreis.a.rat"));
}

static void make_group(bool closed, bool join)
{
	struct fed_group_wish w = wish("kreis.a.rat");

	w.closed = closed;
	w.history_join = join;
	assert_int_equal(
		fed_draft_group(&rig.d, fed_reg_federation(rig.reg), &rig.a, &w, &rig.err), 0);
	rig_give(rig.seed_a);
}

static int next_group(void)
{
	return fed_draft_group_next(
		&rig.d, rig_text(FED_REC_GROUP, group()->gid.s), &rig.a, &rig.err);
}

static int member(const struct fed_oid *oid, bool rw)
{
	return fed_draft_member(
		&rig.d, fed_reg_federation(rig.reg), oid, rw, &rig_places, &rig.err);
}

static void change_member(const struct fed_oid *oid, bool rw)
{
	assert_int_equal(next_group(), 0);
	assert_int_equal(member(oid, rw), 0);
	rig_give(rig.seed_a);
}

static void remove_member(const struct fed_oid *oid)
{
	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_member_out(&rig.d, oid, &rig_places, &rig.err), 0);
	rig_give(rig.seed_a);
}

static struct fed_pos at(uint64_t epoch, uint64_t n)
{
	struct fed_pos p = {.epoch = epoch, .n = n};

	fed_hash_of(&(struct slice){(const char *)&n, sizeof n}, 1, &p.e);
	return p;
}

/* In, out, in again, out again with and without new entries: each time what may follow. */
static void test_members(void **state)
{
	const struct fed_group *g;

	(void)state;
	make_group(true, false);
	change_member(&rig.b, true);
	assert_true(fed_group_member(group(), &rig.b)->rw);
	assert_int_equal(fed_group_member(group(), &rig.b)->joined, 2);
	assert_int_equal(next_group(), 0);
	rig_refused(member(&rig.b, true), KERR_EXISTS, "already");
	rig_refused(member(&rig.c, true), KERR_NOTFOUND, "no daemon");
	rig_refused(member(&rig.a, false), KERR_INVALID, "owner");
	rig_refused(
		fed_draft_member_out(&rig.d, &rig.a, &rig_places, &rig.err), KERR_INVALID, "owner");
	rig_refused(fed_draft_member_out(&rig.d, &rig.c, &rig_places, &rig.err), KERR_NOTFOUND,
		"not in the group");
	fed_draft_fini(&rig.d);

	rig.highest = at(100, 7);
	change_member(&rig.b, false);
	g = group();
	assert_false(fed_group_member(g, &rig.b)->rw);
	assert_int_equal(g->n_cut, 1);
	assert_int_equal(g->cut[0].at.n, 7);
	change_member(&rig.b, true);
	remove_member(&rig.b); /* it has written nothing since */
	g = group();
	assert_null(fed_group_member(g, &rig.b));
	assert_int_equal(g->cut[1].at.epoch, 101);
	assert_int_equal(g->cut[1].at.n, 0);
	change_member(&rig.b, true);
	rig.highest = at(200, 3);
	remove_member(&rig.b);
	assert_int_equal(group()->n_cut, 3);
	assert_int_equal(group()->cut[2].at.epoch, 200);
}

/* A stolen key: what was written before counts; the daemon stays in. */
static void test_cut(void **state)
{
	(void)state;
	make_group(true, false);
	change_member(&rig.b, true);
	assert_int_equal(next_group(), 0);
	rig_refused(fed_draft_cut(&rig.d, &rig.b, &rig_places, &rig.err), KERR_NOTFOUND,
		"written nothing");
	rig.highest = at(100, 7);
	assert_int_equal(fed_draft_cut(&rig.d, &rig.b, &rig_places, &rig.err), 0);
	rig_give(rig.seed_a);
	assert_true(fed_group_member(group(), &rig.b)->rw);
	assert_int_equal(group()->cut[0].at.n, 7);
	assert_int_equal(next_group(), 0);
	rig_refused(fed_draft_cut(&rig.d, &rig.b, &rig_places, &rig.err), KERR_EXISTS, "already");
	fed_draft_fini(&rig.d);
}

static void test_history_join(void **state)
{
	const struct fed_group *g;

	(void)state;
	make_group(true, true);
	rig.highest = at(100, 7);
	change_member(&rig.b, true);
	g = group();
	assert_int_equal(g->n_start, 1);
	assert_string_equal(g->start[0].of.s, rig.a.s);
	assert_int_equal(g->start[0].n, 8);
	assert_false(fed_group_begin(g, &rig.b, &rig.a, 100) <= 7);
	assert_true(fed_group_begin(g, &rig.b, &rig.a, 100) <= 8);
	remove_member(&rig.b);
	assert_int_equal(group()->n_start, 0);
	rig.highest = at(200, 1);
	change_member(&rig.b, false);
	assert_int_equal(group()->n_start, 1);
	assert_int_equal(group()->start[0].epoch, 200);
}

static void copy(struct buf *out)
{
	struct buf text;

	buf_init(out, FED_RECORD_MAX);
	buf_init(&text, FED_RECORD_MAX);
	assert_int_equal(fed_draft_end(&rig.d, rig.seed_a, &text, &rig.err), 0);
	fed_draft_fini(&rig.d);
	buf_add(out, buf_slice(&text));
	buf_fini(&text);
}

/* An admin goes on from one of two; the cut that the other has drawn stays drawn. */
static void test_settle(void **state)
{
	struct fed_reg_result res;
	struct buf out, frozen;

	(void)state;
	make_group(true, false);
	change_member(&rig.b, true);
	rig.highest = at(100, 7);
	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_member_out(&rig.d, &rig.b, &rig_places, &rig.err), 0);
	copy(&out);
	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_group_state(&rig.d, FED_GROUP_FROZEN, &rig.err), 0);
	copy(&frozen);
	const struct slice texts[] = {buf_slice(&out), buf_slice(&frozen)};

	assert_int_equal(fed_reg_give(rig.reg, texts[0], false, &res, &rig.err), FED_REG_TAKEN);
	assert_int_equal(fed_reg_give(rig.reg, texts[1], false, &res, &rig.err), FED_REG_TAKEN);
	assert_true(res.fork && group()->state == FED_GROUP_ACTIVE);
	rig_refused(fed_draft_group_settle(&rig.d, rig.reg, &rig.b, texts, 2, 1, &rig.err),
		KERR_DENIED, "only an admin");
	fed_draft_fini(&rig.d);
	assert_int_equal(fed_draft_group_settle(&rig.d, rig.reg, &rig.a, texts, 2, 1, &rig.err), 0);
	rig_give(rig.seed_a);
	assert_int_equal(group()->state, FED_GROUP_FROZEN);
	assert_non_null(fed_group_member(group(), &rig.b));
	assert_int_equal(group()->n_cut, 1);
	buf_fini(&out);
	buf_fini(&frozen);
}

/* Both have drawn one, in one epoch: the earlier one is carried upon the later. */
static void test_settle_two_cuts(void **state)
{
	struct fed_reg_result res;
	struct buf late, early;

	(void)state;
	make_group(true, false);
	change_member(&rig.b, true);
	rig.highest = at(100, 7);
	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_member_out(&rig.d, &rig.b, &rig_places, &rig.err), 0);
	copy(&late);
	rig.highest = at(100, 3);
	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_member_out(&rig.d, &rig.b, &rig_places, &rig.err), 0);
	copy(&early);
	const struct slice texts[] = {buf_slice(&late), buf_slice(&early)};

	assert_int_equal(fed_reg_give(rig.reg, texts[0], false, &res, &rig.err), FED_REG_TAKEN);
	assert_int_equal(fed_reg_give(rig.reg, texts[1], false, &res, &rig.err), FED_REG_TAKEN);
	assert_int_equal(fed_draft_group_settle(&rig.d, rig.reg, &rig.a, texts, 2, 0, &rig.err), 0);
	rig_give(rig.seed_a);
	assert_int_equal(group()->n_cut, 2);
	assert_int_equal(group()->cut[0].at.n, 7);
	assert_int_equal(group()->cut[1].at.n, 3);
	buf_fini(&late);
	buf_fini(&early);
}

/* Deputies stand in for the owner, together; and another may become owner. */
static void test_deputies(void **state)
{
	const struct fed_federation *f = fed_reg_federation(rig.reg);

	(void)state;
	make_group(true, false);
	assert_int_equal(next_group(), 0);
	rig_refused(
		fed_draft_deputy(&rig.d, f, &rig.b, &rig.err), KERR_INVALID, "not in the group");
	fed_draft_fini(&rig.d);
	change_member(&rig.b, true);
	f = fed_reg_federation(rig.reg);
	assert_int_equal(next_group(), 0);
	rig_refused(fed_draft_by_quorum(&rig.d, f, &rig.b, &rig.err), KERR_DENIED, "only an admin");
	rig_refused(
		fed_draft_deputy(&rig.d, f, &rig.a, &rig.err), KERR_INVALID, "owner of a group");
	rig_refused(fed_draft_deputy_out(&rig.d, &rig.b, &rig.err), KERR_NOTFOUND, "no deputy");
	assert_int_equal(fed_draft_deputy(&rig.d, f, &rig.b, &rig.err), 0);
	rig_refused(fed_draft_deputy(&rig.d, f, &rig.b, &rig.err), KERR_EXISTS, "already");
	rig_refused(fed_draft_quorum(&rig.d, 2, &rig.err), KERR_INVALID, "deputies: 1; so many");
	rig_give(rig.seed_a);
	assert_int_equal(group()->n_deputy, 1);

	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_by_quorum(&rig.d, f, &rig.b, &rig.err), 0);
	assert_int_equal(fed_draft_by_quorum(&rig.d, f, &rig.a, &rig.err), 0); /* as admin */
	rig_refused(fed_draft_owner(&rig.d, f, &rig.a, &rig.err), KERR_EXISTS, "already");
	assert_int_equal(fed_draft_owner(&rig.d, f, &rig.b, &rig.err), 0);
	rig_give(rig.seed_a);
	assert_true(fed_oid_eq(&group()->owner, &rig.b));
	assert_int_equal(group()->n_deputy, 0);
}

/* Whom the other record alone took in is cut before its first entry. */
static void test_settle_newcomer(void **state)
{
	struct buf in, frozen;
	struct fed_reg_result res;

	(void)state;
	make_group(true, false);
	rig.highest = at(100, 7);
	assert_int_equal(next_group(), 0);
	assert_int_equal(member(&rig.b, true), 0);
	copy(&in);
	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_group_state(&rig.d, FED_GROUP_FROZEN, &rig.err), 0);
	copy(&frozen);
	const struct slice texts[] = {buf_slice(&in), buf_slice(&frozen)};

	assert_int_equal(fed_reg_give(rig.reg, texts[0], false, &res, &rig.err), FED_REG_TAKEN);
	assert_int_equal(fed_reg_give(rig.reg, texts[1], false, &res, &rig.err), FED_REG_TAKEN);
	assert_int_equal(fed_draft_group_settle(&rig.d, rig.reg, &rig.a, texts, 2, 1, &rig.err), 0);
	rig_give(rig.seed_a);
	assert_null(fed_group_member(group(), &rig.b));
	assert_int_equal(group()->n_cut, 1);
	assert_true(fed_oid_eq(&group()->cut[0].oid, &rig.b) && group()->cut[0].at.n == 0);
	buf_fini(&in);
	buf_fini(&frozen);
}

static void test_public(void **state)
{
	(void)state;
	make_group(false, false);
	assert_int_equal(group()->n_member, 0);
	assert_int_equal(next_group(), 0);
	rig_refused(member(&rig.b, true), KERR_EXISTS, "already");
	rig_refused(
		fed_draft_member_out(&rig.d, &rig.b, &rig_places, &rig.err), KERR_INVALID, "--ro");
	fed_draft_fini(&rig.d);
	change_member(&rig.b, false);
	assert_int_equal(group()->n_member, 1);
	assert_int_equal(group()->n_cut, 1);
	change_member(&rig.b, true);
	assert_int_equal(group()->n_member, 0);
	change_member(&rig.b, false);
	assert_int_equal(group()->n_cut, 2);
}

static void test_group_refused(void **state)
{
	const struct fed_federation *f = fed_reg_federation(rig.reg);
	struct fed_group_wish w = wish("kreis.b.rat");

	(void)state;
	rig_refused(fed_draft_group(&rig.d, f, &rig.a, &w, &rig.err), KERR_DENIED,
		"under kreis.a: call it kreis.a.kreis.b.rat");
	fed_draft_fini(&rig.d);
	w = wish("Rat");
	rig_refused(fed_draft_group(&rig.d, f, &rig.a, &w, &rig.err), KERR_INVALID,
		"no name of a group");
	fed_draft_fini(&rig.d);
	w = wish("kreis.c.rat");
	rig_refused(fed_draft_group(&rig.d, f, &rig.c, &w, &rig.err), KERR_DENIED,
		"not in the federation");
	fed_draft_fini(&rig.d);
	make_group(true, false);
	rig_refused(fed_draft_group_next(
			    &rig.d, rig_text(FED_REC_GROUP, group()->gid.s), &rig.b, &rig.err),
		KERR_DENIED, "belongs to another daemon");
	fed_draft_fini(&rig.d);
	rig_refused(
		fed_draft_group_next(&rig.d, rig_text(FED_REC_DAEMON, rig.a.s), &rig.a, &rig.err),
		KERR_INVALID, "another type");
	fed_draft_fini(&rig.d);
}

/* ---- people ---- */

static void test_moderators(void **state)
{
	const struct fed_federation *f = fed_reg_federation(rig.reg);
	const struct slice anna = lit("anna@forum.a.example"), ben = lit("ben@forum.b.example");
	int i;

	(void)state;
	make_group(true, false);
	for (i = 0; i < 2; i++) {
		assert_int_equal(next_group(), 0);
		assert_int_equal(fed_draft_moderator(&rig.d, f, anna, &rig.err), 0);
		rig_refused(fed_draft_moderator(&rig.d, f, anna, &rig.err), KERR_EXISTS, "already");
		rig_refused(fed_draft_moderator(&rig.d, f, ben, &rig.err), KERR_INVALID,
			"group invite");
		rig_refused(fed_draft_moderator(&rig.d, f, lit("x@y.example"), &rig.err),
			KERR_INVALID, "no daemon");
		rig_refused(fed_draft_moderator(&rig.d, f, lit("anna"), &rig.err), KERR_INVALID,
			"no person");
		rig_give(rig.seed_a);
		assert_int_equal(group()->n_moderator, 1);
		assert_int_equal(next_group(), 0);
		assert_int_equal(
			fed_draft_moderator_out(&rig.d, f, anna, &rig_places, &rig.err), 0);
		rig_refused(fed_draft_moderator_out(&rig.d, f, anna, &rig_places, &rig.err),
			KERR_NOTFOUND, "no moderator");
		rig_give(rig.seed_a);
	}
	assert_int_equal(group()->n_moderator, 0);
	assert_int_equal(group()->n_former, 2);
	assert_int_equal(group()->former[1].at.epoch, 1);
}

static void test_bans_and_states(void **state)
{
	const struct fed_federation *f = fed_reg_federation(rig.reg);
	const struct slice ben = lit("ben@forum.b.example");

	(void)state;
	make_group(true, false);
	rig.highest = at(5, 5);
	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_ban(&rig.d, f, ben, &rig_places, &rig.err), 0);
	rig_refused(fed_draft_ban(&rig.d, f, ben, &rig_places, &rig.err), KERR_EXISTS,
		"banned already");
	rig_give(rig.seed_a);
	assert_int_equal(group()->ban[0].at.n, 5);
	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_unban(&rig.d, ben, &rig.err), 0);
	rig_refused(fed_draft_unban(&rig.d, ben, &rig.err), KERR_NOTFOUND, "not banned");
	rig_give(rig.seed_a);
	assert_int_equal(group()->n_ban, 0);
	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_group_state(&rig.d, FED_GROUP_FROZEN, &rig.err), 0);
	rig_refused(
		fed_draft_group_state(&rig.d, FED_GROUP_FROZEN, &rig.err), KERR_EXISTS, "already");
	rig_give(rig.seed_a);
	assert_int_equal(group()->state, FED_GROUP_FROZEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_members, rig_up_two, rig_down),
		cmocka_unit_test_setup_teardown(test_cut, rig_up_two, rig_down),
		cmocka_unit_test_setup_teardown(test_history_join, rig_up_two, rig_down),
		cmocka_unit_test_setup_teardown(test_public, rig_up_two, rig_down),
		cmocka_unit_test_setup_teardown(test_settle, rig_up_two, rig_down),
		cmocka_unit_test_setup_teardown(test_settle_two_cuts, rig_up_two, rig_down),
		cmocka_unit_test_setup_teardown(test_deputies, rig_up_two, rig_down),
		cmocka_unit_test_setup_teardown(test_settle_newcomer, rig_up_two, rig_down),
		cmocka_unit_test_setup_teardown(test_group_refused, rig_up_two, rig_down),
		cmocka_unit_test_setup_teardown(test_moderators, rig_up_two, rig_down),
		cmocka_unit_test_setup_teardown(test_bans_and_states, rig_up_two, rig_down),
	};

	rig_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
