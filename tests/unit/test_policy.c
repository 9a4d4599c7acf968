/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may do what: the whole matrix of person, group and right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/policy.h"
#include "tests/rig/town.h"

static struct town town;

enum { OK = 0, NO = KERR_DENIED, HID = KERR_NOTFOUND, LOG = KERR_LOGIN };

static const struct row_case {
	const char *login, *group;
	int see, read, post, moderate;
} cases[] = {
	{NULL,       "koko.forum",  LOG, LOG, LOG, LOG},
	{NULL,       "koko.board",  LOG, LOG, LOG, LOG},
	{NULL,       "koko.open",   OK,  OK,  LOG, LOG},
	{"oezlem",   "koko.forum",  HID, HID, HID, HID},
	{"oezlem",   "koko.open",   OK,  OK,  OK,  NO },
	{"doerte",   "koko.forum",  OK,  OK,  NO,  NO },
	{"doerte",   "koko.board",  OK,  OK,  NO,  NO },
	{"doerte",   "koko.secret", HID, HID, HID, HID},
	{"anke",     "koko.forum",  OK,  OK,  OK,  NO },
	{"anke",     "koko.board",  OK,  OK,  NO,  NO },
	{"anke",     "koko.open",   OK,  OK,  OK,  NO },
	{"grzegorz", "koko.forum",  OK,  OK,  OK,  OK },
	{"grzegorz", "koko.board",  OK,  OK,  OK,  OK },
	{"grzegorz", "koko.local",  HID, HID, HID, HID},
	{"lea",      "koko.forum",  HID, HID, HID, HID},
	{"lea",      "koko.open",   OK,  OK,  NO,  NO },
};

static void test_matrix(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_len(cases); i++) {
		const struct row_case *c = &cases[i];
		struct policy_login who = {c->login ? town_account(&town, c->login) : 0};
		struct group_rec g;
		struct view *v;

		assert_int_equal(view_open(town.store, &v), 0);
		assert_int_equal(view_group_named(v, 0, slice_str(c->group), &g), 0);
		print_message("%s in %s\n", c->login ? c->login : "nobody", c->group);
		assert_int_equal(policy_may(v, &who, &g, RIGHT_SEE), c->see);
		assert_int_equal(policy_may(v, &who, &g, RIGHT_READ), c->read);
		assert_int_equal(policy_may(v, &who, &g, RIGHT_POST), c->post);
		assert_int_equal(policy_may(v, &who, &g, RIGHT_MODERATE), c->moderate);
		view_close(v);
	}
}

/* What is not there answers as what is closed does. */
static void test_absent(void **state)
{
	struct policy_login nobody = {0}, oezlem = {town_account(&town, "oezlem")};
	struct view *v;

	(void)state;
	assert_int_equal(view_open(town.store, &v), 0);
	assert_int_equal(policy_absent(v, &nobody), KERR_LOGIN);
	assert_int_equal(policy_absent(v, &oezlem), KERR_NOTFOUND);
	view_close(v);
}

/* A personal mailbox is its owner's, whatever else is known of it. */
static void test_mailbox(void **state)
{
	uint32_t anke = town_account(&town, "anke");
	struct group_rec box = {
		.id = 7000, .owner = anke, .kind = GROUP_MAILBOX, .cls = CLASS_CLOSED};
	struct policy_login owner = {anke}, other = {town_account(&town, "grzegorz")}, nobody = {0};
	struct view *v;

	(void)state;
	assert_int_equal(view_open(town.store, &v), 0);
	assert_int_equal(policy_may(v, &owner, &box, RIGHT_POST), 0);
	assert_int_equal(policy_may(v, &other, &box, RIGHT_SEE), KERR_NOTFOUND);
	assert_int_equal(policy_may(v, &nobody, &box, RIGHT_SEE), KERR_LOGIN);
	view_close(v);
}

static void test_status(void **state)
{
	static const struct {
		const char *login, *group;
		char status;
	} rows[] = {
		{"anke",     "koko.forum", 'y'},
		{"doerte",   "koko.forum", 'n'},
		{"anke",     "koko.board", 'm'},
		{"doerte",   "koko.board", 'n'},
		{"grzegorz", "koko.board", 'y'},
		{NULL,       "koko.open",  'n'},
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct policy_login who = {rows[i].login ? town_account(&town, rows[i].login) : 0};
		struct group_rec g;
		char status;
		struct view *v;

		assert_int_equal(view_open(town.store, &v), 0);
		assert_int_equal(view_group_named(v, 0, slice_str(rows[i].group), &g), 0);
		assert_int_equal(policy_status(v, &who, &g, &status), 0);
		assert_int_equal(status, rows[i].status);
		view_close(v);
	}
}

static int setup(void **state)
{
	(void)state;
	town_build(&town);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	town_fini(&town);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_mailbox),
		cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
