/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests as a daemon knows them: in any order, again, answered, lapsed, and never too many. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "daemon/fed_petition.h"
#include "daemon/fed_priv.h"
#include "tests/rig/fed_node_rig.h"
#include "tests/rig/fed_rig.h"

#define WISH "+ moderator: m@forum.b.example\r\n"

static struct fed fed;
static struct fed_keys keys;
static int64_t now;

/* a owns the group; we are a, b asks. */
static int set_up(void **state)
{
	int rc = node_rig_up(state);

	fed = (struct fed){.reg = node_rig.reg, .keys = &keys};
	keys.oid = fed_rig_oid('a');
	fed_petitions_init(&fed.petitions);
	fed.loop = loop_new(0);
	now = loop_now_at();
	return rc;
}

static int tear_down(void **state)
{
	fed_petitions_fini(&fed.petitions);
	loop_free(fed.loop);
	return node_rig_down(state);
}

static struct fed_sign sign_of(char who, unsigned n, int64_t t)
{
	struct fed_sign s = {.o = fed_rig_oid(who),
		.g = node_rig.group->group.gid,
		.e = 5,
		.n = n,
		.t = (uint64_t)t,
		.r = 1,
		.y = FED_CONTROL};

	snprintf(s.m, sizeof s.m, "<%c%u@forum.%c.example>", who, n, who);
	return s;
}

static void ask(char who, unsigned n, int64_t t)
{
	const struct fed_sign s = sign_of(who, n, t);

	fed_petition_heard(&fed, &s, lit(""), lit(WISH));
}

static struct fed_petition *only(void)
{
	assert_int_equal(fed.petitions.n, 1);
	return container_of(fed.petitions.all.next, struct fed_petition, node);
}

static void give_group(const char *edits, const struct fed_record *before, struct fed_record **out)
{
	struct err why = {.text = ""};

	*out = fed_rig_make(&node_rig.arena, fed_rig_group, edits, before, "A");
	if (fed_node_give_record(node_rig.node, (*out)->text, &why) != FED_REG_TAKEN)
		fail_msg("%s", why.text);
}

/* Once, whatever comes again; and what was granted stays so when it is undone later. */
static void granted(void **state)
{
	struct fed_record *two, *three;
	struct fed_petition *p;

	(void)state;
	ask('b', 1, now);
	ask('b', 1, now);
	p = only();
	assert_int_equal(strlen(p->number), FED_PETITION_NUMBER);
	assert_true(fed_petition_is_for_us(&fed, p));
	assert_false(fed_petition_is_ours(&fed, p));
	assert_ptr_equal(fed_petition_get(&fed, p->number), p);
	assert_null(fed_petition_get(&fed, "00000"));
	give_group("state: active\n|moderator: m@forum.b.example\nstate: active\n", node_rig.group,
		&two);
	give_group("state: active\n|former: m@forum.b.example 5 0 "
		   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nstate: active\n",
		two, &three);
	assert_int_equal(fed_petition_state(&fed, p), FED_PETITION_GRANTED);
	assert_int_equal(p->granted, 2);
	assert_null(fed_petition_get(&fed, p->number));
}

/* The answer may come first. */
static void refused(void **state)
{
	const struct fed_gid *gid = &node_rig.group->group.gid;
	const struct fed_gid other = {"aaaaaaaaaaaaaaaaaaaaaaaaaa"};

	(void)state;
	fed_petition_refused(&fed, gid, lit("<b1@forum.b.example>"), lit("no"));
	fed_petition_refused(&fed, gid, lit("<b1@forum.b.example>"), lit("never"));
	assert_false(fed_petition_is_for_us(&fed, only()));
	ask('b', 1, now);
	assert_int_equal(fed_petition_state(&fed, only()), FED_PETITION_REFUSED);
	assert_string_equal(only()->reason, "no");
	ask('b', 2, now);
	fed_petition_refused(&fed, &other, lit("<b2@forum.b.example>"), lit("no"));
	assert_non_null(fed_petition_get(&fed,
		container_of(fed.petitions.all.next->next, struct fed_petition, node)->number));
}

static void lapses(void **state)
{
	(void)state;
	ask('b', 1, now - FED_PETITION_S - 2);
	assert_int_equal(fed.petitions.n, 0);
	ask('b', 1, now);
	only()->t -= FED_PETITION_S + 2;
	assert_int_equal(fed_petition_state(&fed, only()), FED_PETITION_LAPSED);
}

/* What we ask for ourselves is found again, so that it is not asked twice. */
static void alike(void **state)
{
	const struct fed_gid *gid = &node_rig.group->group.gid;

	(void)state;
	ask('b', 1, now);
	assert_null(fed_petition_like(&fed, gid, lit(WISH)));
	keys.oid = fed_rig_oid('b');
	assert_non_null(fed_petition_like(&fed, gid, lit(WISH)));
	assert_null(fed_petition_like(&fed, gid, lit("- moderator: m@forum.b.example\r\n")));
}

/* Who asks all the time takes nobody else's place. */
static void many(void **state)
{
	const struct fed_sign big = sign_of('b', 9999, now);
	char *body = mem_alloc(FED_PETITION_BYTES + 1);

	(void)state;
	memset(body, 'x', FED_PETITION_BYTES + 1);
	fed_petition_heard(&fed, &big, lit(""), slice_of(body, FED_PETITION_BYTES + 1));
	free(body);
	assert_int_equal(fed.petitions.n, 0);
	ask('a', 1, now - 100);
	for (unsigned i = 1; i <= 3 * FED_PETITIONS_EACH; i++)
		ask('b', i, now - 50 + (int64_t)(i / 10));
	assert_int_equal(fed.petitions.n, FED_PETITIONS_EACH + 1);
	for (unsigned i = 0; i < 2 * FED_PETITIONS_MAX; i++) {
		char mid[64];

		snprintf(mid, sizeof mid, "<r%u@forum.b.example>", i);
		fed_petition_refused(&fed, &node_rig.group->group.gid, slice_str(mid), lit(""));
	}
	assert_int_equal(fed.petitions.n, FED_PETITIONS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(granted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lapses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(alike, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many, set_up, tear_down),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
