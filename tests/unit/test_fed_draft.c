/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drafts of daemon and federation records: each is taken by a registry, and what cannot be done is
 * said in words.
 */
#include "tests/rig/draft_rig.h"

/* ---- daemon ---- */

static int next_daemon(void)
{
	return fed_draft_daemon_next(
		&rig.d, rig_text(FED_REC_DAEMON, rig.a.s), 1795309999, &rig.err);
}

static void test_daemon(void **state)
{
	const struct fed_public old = fed_rig_public('a'), fresh = fed_rig_public('x');
	const struct fed_hash tls[] = {
		{"BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA"}, fed_hash_none};
	const struct slice addr[] = {lit("10.0.0.1:8433")};
	const struct fed_daemon *r = fed_reg_daemon(rig.reg, &rig.a);

	(void)state;
	assert_slice(r->addr[1], "[2001:db8::1]:8433");
	assert_int_equal(next_daemon(), 0);
	assert_int_equal(fed_draft_sign(&rig.d, &fresh, &rig.err), 0);
	assert_int_equal(fed_draft_tls(&rig.d, tls, 2, &rig.err), 0);
	assert_int_equal(fed_draft_addr(&rig.d, addr, 1, &rig.err), 0);
	rig_give(rig.root_a);
	r = fed_reg_daemon(rig.reg, &rig.a);
	assert_int_equal(r->n_sign, 2);
	assert_memory_equal(r->sign[0].b, fresh.b, sizeof fresh.b);
	assert_memory_equal(r->sign[1].b, old.b, sizeof old.b);
	assert_int_equal(r->n_tls, 2);
	assert_int_equal(r->n_addr, 1);
	assert_int_equal(r->issued, 1795309999);

	assert_int_equal(next_daemon(), 0);
	assert_int_equal(fed_draft_revoke(&rig.d, &old, &rig.err), 0);
	rig_give(rig.root_a);
	r = fed_reg_daemon(rig.reg, &rig.a);
	assert_int_equal(r->n_sign, 1);
	assert_int_equal(r->n_revoked, 1);

	assert_int_equal(next_daemon(), 0);
	rig_refused(fed_draft_revoke(&rig.d, &old, &rig.err), KERR_EXISTS, "revoked already");
	rig_refused(fed_draft_revoke(&rig.d, &fresh, &rig.err), KERR_INVALID, "needs another");
	rig_refused(fed_draft_sign(&rig.d, &old, &rig.err), KERR_INVALID, "does not come back");
	rig_refused(fed_draft_sign(&rig.d, &fresh, &rig.err), KERR_EXISTS, "in use");
	fed_draft_fini(&rig.d);
}

static void test_daemon_refused(void **state)
{
	struct fed_profile p = rig_profile('d');

	(void)state;
	p.name = lit("forum");
	rig_refused(fed_draft_daemon(&rig.d, &p, &rig.err), KERR_INVALID,
		"forum is no name for a daemon");
	fed_draft_fini(&rig.d);
	p = rig_profile('d');
	p.title = lit("");
	rig_refused(fed_draft_daemon(&rig.d, &p, &rig.err), KERR_INVALID, "title and contact");
	fed_draft_fini(&rig.d);
	p = rig_profile('d');
	p.addr[0] = lit("forum.d.example");
	rig_refused(
		fed_draft_daemon(&rig.d, &p, &rig.err), KERR_INVALID, "is no address: host:port");
	fed_draft_fini(&rig.d);
	rig_refused(fed_draft_daemon_next(&rig.d, rig_text(FED_REC_DAEMON, rig.b.s), 1, &rig.err),
		KERR_NOTFOUND, "there is no daemon record yet");
	fed_draft_fini(&rig.d);
}

/* ---- federation ---- */

static void test_federation(void **state)
{
	const struct fed_federation *f;

	(void)state;
	rig_daemon('b');
	rig_take_in(&rig.b, 'b', "kreis.b");
	f = fed_reg_federation(rig.reg);
	assert_int_equal(f->n_daemon, 2);
	assert_true(fed_reg_active(rig.reg, &rig.b));

	assert_int_equal(rig_federation(&rig.a), 0);
	assert_int_equal(fed_draft_domain(&rig.d, &rig.b, lit("kreis-b.example"), &rig.err), 0);
	rig_refused(fed_draft_domain(&rig.d, &rig.b, lit("forum.a.example"), &rig.err), KERR_EXISTS,
		"another");
	rig_give(rig.seed_a);
	assert_true(
		fed_federation_owns(fed_reg_federation(rig.reg), &rig.b, lit("kreis-b.example")));

	assert_int_equal(rig_federation(&rig.a), 0);
	assert_int_equal(fed_draft_daemon_state(&rig.d, &rig.b, FED_SUSPENDED, &rig.err), 0);
	rig_give(rig.seed_a);
	assert_false(fed_reg_active(rig.reg, &rig.b));
	rig_take_in(&rig.b, 'b', "kreis.other"); /* the prefix it has stays */
	assert_slice(fed_federation_daemon(fed_reg_federation(rig.reg), &rig.b)->prefix, "kreis.b");

	assert_int_equal(rig_federation(&rig.a), 0);
	assert_int_equal(fed_draft_admin(&rig.d, &rig.b, &rig.err), 0);
	rig_refused(fed_draft_admin(&rig.d, &rig.a, &rig.err), KERR_EXISTS, "admin already");
	rig_refused(fed_draft_admin(&rig.d, &rig.c, &rig.err), KERR_NOTFOUND, "no daemon");
	rig_refused(fed_draft_daemon_state(&rig.d, &rig.b, FED_GONE, &rig.err), KERR_DENIED,
		"is an admin");
	rig_give(rig.seed_a);
	assert_int_equal(fed_reg_federation(rig.reg)->n_admin, 2);
}

static void test_gone(void **state)
{
	(void)state;
	assert_int_equal(rig_federation(&rig.a), 0);
	assert_int_equal(fed_draft_daemon_state(&rig.d, &rig.b, FED_GONE, &rig.err), 0);
	rig_give(rig.seed_a);
	assert_int_equal(rig_federation(&rig.a), 0);
	rig_refused(
		fed_draft_daemon_in(&rig.d, &rig.b, fed_rig_name('b'), lit("kreis.b"), &rig.err),
		KERR_DENIED, "for ever");
	rig_refused(fed_draft_daemon_state(&rig.d, &rig.b, FED_ACTIVE, &rig.err), KERR_DENIED,
		"for ever");
	rig_refused(fed_draft_daemon_state(&rig.d, &rig.b, FED_GONE, &rig.err), KERR_EXISTS,
		"gone already");
	/* its name and its prefix may be another's */
	assert_int_equal(
		fed_draft_daemon_in(&rig.d, &rig.c, fed_rig_name('b'), lit("kreis.b"), &rig.err),
		0);
	rig_give(rig.seed_a);
}

static void test_federation_refused(void **state)
{
	static const struct {
		const char *name, *prefix, *part;
		int rc;
	} rows[] = {
		{"forum.a.example", "kreis.c",   "is called forum.a.example",         KERR_EXISTS },
		{"forum.c.example", "kreis.a",   "belong to forum.a.example",         KERR_EXISTS },
		{"forum.c.example", "kreis.a.x", "under kreis.a.x belong to forum.a", KERR_EXISTS },
		{"forum.c.example", "kreis",     "lies under kreis",                  KERR_EXISTS },
		{"forum.c.example", "kokod.x",   "belongs to the protocol",           KERR_INVALID},
		{"forum.c.example", "Kreis",     "is no prefix",                      KERR_INVALID},
		{"forum",           "kreis.c",   "is no name for a daemon",           KERR_INVALID},
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		assert_int_equal(rig_federation(&rig.a), 0);
		rig_refused(fed_draft_daemon_in(&rig.d, &rig.c, slice_str(rows[i].name),
				    slice_str(rows[i].prefix), &rig.err),
			rows[i].rc, rows[i].part);
		fed_draft_fini(&rig.d);
	}
	rig_refused(rig_federation(&rig.b), KERR_DENIED, "ask forum.a.example");
	fed_draft_fini(&rig.d);
	assert_int_equal(rig_federation(&rig.a), 0);
	rig_refused(
		fed_draft_daemon_in(&rig.d, &rig.b, fed_rig_name('b'), lit("kreis.b"), &rig.err),
		KERR_EXISTS, "in the federation already");
	fed_draft_fini(&rig.d);
	rig_refused(fed_draft_federation(
			    &rig.d, &rig.a, lit(" "), fed_rig_name('a'), lit("x"), &rig.err),
		KERR_INVALID, "the title");
	fed_draft_fini(&rig.d);
}

/* Who is not alone cannot decide alone. */
static void test_quorum(void **state)
{
	(void)state;
	assert_int_equal(rig_federation(&rig.a), 0);
	rig_refused(fed_draft_quorum(&rig.d, 2, &rig.err), KERR_INVALID, "admins: 1; so many");
	assert_int_equal(fed_draft_admin(&rig.d, &rig.b, &rig.err), 0);
	rig_refused(fed_draft_quorum(&rig.d, 0, &rig.err), KERR_INVALID, "one at least");
	rig_refused(fed_draft_quorum(&rig.d, 1, &rig.err), KERR_EXISTS, "already");
	assert_int_equal(fed_draft_quorum(&rig.d, 2, &rig.err), 0);
	rig_give(rig.seed_a);

	assert_int_equal(rig_federation(&rig.b), 0);
	rig_refused(
		fed_draft_admin_out(&rig.d, &rig.b, &rig.err), KERR_DENIED, "2 must sign together");
	assert_int_equal(fed_draft_quorum(&rig.d, 1, &rig.err), 0);
	assert_int_equal(fed_draft_admin_out(&rig.d, &rig.b, &rig.err), 0);
	rig_refused(fed_draft_admin_out(&rig.d, &rig.b, &rig.err), KERR_NOTFOUND, "no admin");
	rig_refused(fed_draft_admin_out(&rig.d, &rig.a, &rig.err), KERR_DENIED, "last admin");
	fed_draft_fini(&rig.d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_daemon, rig_up, rig_down),
		cmocka_unit_test_setup_teardown(test_daemon_refused, rig_up, rig_down),
		cmocka_unit_test_setup_teardown(test_federation, rig_up, rig_down),
		cmocka_unit_test_setup_teardown(test_gone, rig_up_two, rig_down),
		cmocka_unit_test_setup_teardown(test_federation_refused, rig_up_two, rig_down),
		cmocka_unit_test_setup_teardown(test_quorum, rig_up_two, rig_down),
	};

	rig_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
