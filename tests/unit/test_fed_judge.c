/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which entries count, by the group record they name, the one in force, and their place. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_node_priv.h"
#include "proto/fed/fed_rules.h"
#include "tests/rig/fed_rig.h"

#define H1 "BuS7KC--dJTDaeXsO7t_Im_osmYX-VhwImlJOsFs4h4"
#define H2 "CqV9tKyVSXASQUJEazedbP_bE_HGfSvPjUAaI5g9AYc"

static struct arena ar;

static int set_up(void **state)
{
	(void)state;
	arena_init(&ar);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_fini(&ar);
	return 0;
}

static struct fed_record *make(
	const char *text, const char *edits, const struct fed_record *prev, const char *sigs)
{
	return fed_rig_make(&ar, text, edits, prev, sigs);
}

#define THREE                                                                                      \
	"quorum: 1\nadmin: @a\n|quorum: 2\nadmin: @a\nadmin: @b\nadmin: @c\n|"                     \
	"daemon: @a active ~a kreisa\n|daemon: @a active ~a kreisa\ndaemon: @b active ~b kreisb\n" \
	"daemon: @c active ~c kreisc\n"

static struct fed_record *three_daemons(void)
{
	return make(fed_rig_federation, THREE, make(fed_rig_federation, NULL, NULL, "A"), "A");
}

static struct fed_claim claim(char who, uint64_t epoch, uint64_t n, const char *actor)
{
	struct fed_claim c = {
		.o = fed_rig_oid(who),
		.at = {.epoch = epoch, .n = n},
		.actor = slice_str(actor),
		.article = true
        };

	assert_true(fed_hash_parse(lit(H1), &c.at.e));
	return c;
}

static enum fed_judgement judge(const struct fed_record *at_r, const struct fed_record *now,
	const struct fed_record *fed, struct fed_claim c)
{
	return fed_group_judge(&at_r->group, &now->group, &fed->federation, &c);
}

static void cuts(void **state)
{
	const char *g = fed_rig_group;
	const char *cut = "member: @b rw 1\n|cut: @b 100 5 " H1 "\n";
	const char *back = "member: @b rw 1\n|member: @b rw 3\ncut: @b 100 5 " H1 "\n";
	struct fed_record *f = three_daemons();
	struct fed_record *one = make(g, NULL, NULL, "A"), *two = make(g, cut, one, "A");
	struct fed_record *three = make(g, back, two, "A");
	struct fed_claim other;

	(void)state;
	assert_int_equal(judge(one, one, f, claim('b', 100, 6, "")), FED_COUNTS);
	/* all draw the same line, whatever record the entry names */
	assert_int_equal(judge(one, two, f, claim('b', 100, 5, "")), FED_COUNTS);
	assert_int_equal(judge(one, two, f, claim('b', 99, 999, "")), FED_COUNTS);
	assert_int_equal(judge(one, two, f, claim('b', 100, 6, "")), FED_CUT);
	assert_int_equal(judge(one, two, f, claim('b', 101, 1, "")), FED_CUT);
	assert_int_equal(judge(two, two, f, claim('b', 100, 5, "")), FED_NOT_MEMBER);
	assert_int_equal(judge(one, two, f, claim('a', 200, 6, "")), FED_COUNTS);
	other = claim('b', 100, 5, "");
	assert_true(fed_hash_parse(lit(H2), &other.at.e));
	assert_int_equal(judge(one, two, f, other), FED_CUT);
	/* taken in again */
	assert_int_equal(judge(one, three, f, claim('b', 101, 1, "")), FED_CUT);
	assert_int_equal(judge(three, three, f, claim('b', 101, 1, "")), FED_COUNTS);
	assert_int_equal(judge(one, three, f, claim('b', 100, 5, "")), FED_COUNTS);
	/* a stranger */
	assert_int_equal(judge(one, one, f, claim('c', 1, 1, "")), FED_NOT_MEMBER);
}

static void silenced(void **state)
{
	const char *cut = "member: @b rw 1\n|member: @b ro 1\ncut: @b 100 5 " H1 "\n";
	struct fed_record *f = three_daemons();
	struct fed_record *one = make(fed_rig_group, NULL, NULL, "A");
	struct fed_record *two = make(fed_rig_group, cut, one, "A");
	struct fed_claim c = claim('b', 101, 1, "");

	(void)state;
	assert_int_equal(judge(two, two, f, c), FED_READ_ONLY);
	c.article = false; /* lists its people, sends receipts */
	assert_int_equal(judge(two, two, f, c), FED_COUNTS);
	assert_int_equal(judge(one, two, f, c), FED_CUT);
}

static void people(void **state)
{
	const char *g = fed_rig_group;
	const char *mod =
		"post: members|post: moderators|state:|moderator: m@forum.b.example\nstate:";
	const char *gone =
		"post: members|post: moderators|state:|former: m@forum.b.example 100 5 " H1
		"\nstate:";
	const char *again = "post: members|post: moderators|state:|moderator: m@forum.b.example\n"
			    "former: m@forum.b.example 100 5 " H1 "\nstate:";
	const char *ban = "state:|ban: u@forum.b.example 100 5 " H1 "\nstate:";
	struct fed_record *f = three_daemons();
	struct fed_record *one = make(g, mod, NULL, "A"), *two = make(g, gone, one, "A");
	struct fed_record *three = make(g, again, two, "A");
	struct fed_record *plain = make(g, NULL, NULL, "A"), *banned = make(g, ban, plain, "A");
	struct fed_record *lifted = make(g, NULL, banned, "A");

	(void)state;
	assert_int_equal(judge(one, one, f, claim('b', 100, 9, "m@forum.b.example")), FED_COUNTS);
	assert_int_equal(judge(one, one, f, claim('b', 100, 9, "u@forum.b.example")), FED_NO_POST);
	assert_int_equal(judge(one, one, f, claim('b', 100, 9, "")), FED_NO_POST);
	assert_int_equal(judge(one, two, f, claim('b', 100, 5, "m@forum.b.example")), FED_COUNTS);
	assert_int_equal(judge(one, two, f, claim('b', 100, 6, "m@forum.b.example")), FED_NO_POST);
	assert_int_equal(
		judge(three, three, f, claim('b', 100, 6, "m@forum.b.example")), FED_COUNTS);
	assert_int_equal(
		judge(one, three, f, claim('b', 100, 6, "m@forum.b.example")), FED_NO_POST);

	assert_int_equal(
		judge(plain, banned, f, claim('b', 100, 5, "u@forum.b.example")), FED_COUNTS);
	assert_int_equal(
		judge(plain, banned, f, claim('b', 100, 6, "u@forum.b.example")), FED_BANNED);
	assert_int_equal(
		judge(plain, banned, f, claim('b', 100, 6, "v@forum.b.example")), FED_COUNTS);
	assert_int_equal(
		judge(banned, lifted, f, claim('b', 100, 6, "u@forum.b.example")), FED_BANNED);
	assert_int_equal(
		judge(lifted, lifted, f, claim('b', 100, 7, "u@forum.b.example")), FED_COUNTS);
}

static void states(void **state)
{
	const char *g = fed_rig_group;
	struct fed_record *f1 = make(fed_rig_federation, NULL, NULL, "A"), *f2 = three_daemons();
	struct fed_record *one = make(g, NULL, NULL, "A");
	struct fed_record *still = make(g, "state: active|state: frozen", one, "A");
	struct fed_record *cut = make(g, "state:|cut: @b 100 5 " H1 "\nstate:", one, "A");
	struct fed_claim c = claim('b', 100, 5, "");

	(void)state;
	assert_int_equal(judge(still, still, f2, c), FED_GROUP_STILL);
	assert_int_equal(judge(one, still, f2, c), FED_COUNTS);
	/* b is not in the federation (any more): what the cut leaves of it counts */
	assert_int_equal(judge(one, one, f1, c), FED_NOT_ACTIVE);
	assert_int_equal(judge(one, cut, f1, c), FED_COUNTS);
	c.at.n = 6;
	assert_int_equal(judge(one, cut, f1, c), FED_CUT);
	assert_int_equal(judge(cut, cut, f1, c), FED_CUT);
}

/* What a thief signs does not count; what was signed before does, once a cut says up to where. */
static void revoked_keys(void **state)
{
	const char *g = fed_rig_group;
	const char *cut = "state:|cut: @b 100 5 " H1 "\nstate:";
	struct fed_record *f = three_daemons(), *one = make(g, NULL, NULL, "A");
	struct fed_record *two = make(g, cut, one, "A");
	struct fed_claim c = claim('b', 100, 5, "");

	(void)state;
	c.revoked = true;
	assert_int_equal(judge(one, one, f, c), FED_UNPINNED);
	assert_int_equal(judge(one, two, f, c), FED_COUNTS);
	c.at.n = 6;
	assert_int_equal(judge(one, two, f, c), FED_UNPINNED);
	assert_int_equal(judge(two, two, f, c), FED_UNPINNED);
	/* the origin goes on with another key, under the record that has the cut */
	c.revoked = false;
	assert_int_equal(judge(one, two, f, c), FED_CUT);
	c.at.epoch = 101;
	assert_int_equal(judge(two, two, f, c), FED_COUNTS);
}

static enum fed_judgement public_judge(const struct fed_record *at_r, const struct fed_record *now,
	char who, uint64_t epoch, uint64_t n)
{
	return judge(at_r, now, three_daemons(), claim(who, epoch, n, ""));
}

#define PUBLIC "class: closed|class: public|member: @a rw 1\nmember: @b rw 1\n|"
#define PUBLIC_CUT "cut: @b 100 5 " H1 "\n"

static void public_groups(void **state)
{
	const char *g = fed_rig_group;
	struct fed_record *f = three_daemons(), *one = make(g, PUBLIC, NULL, "A");
	struct fed_record *cut = make(g, PUBLIC PUBLIC_CUT, one, "A");
	struct fed_record *silent = make(g, PUBLIC "member: @b ro 2\n" PUBLIC_CUT, one, "A");
	struct fed_oid b = fed_rig_oid('b'), x = fed_rig_oid('x');

	(void)state;
	assert_int_equal(public_judge(one, one, 'c', 1, 1), FED_COUNTS);
	assert_int_equal(public_judge(one, one, 'x', 1, 1), FED_NOT_ACTIVE);
	/* a cut alone draws a line under what was; silenced is who may only read */
	assert_int_equal(public_judge(one, cut, 'b', 100, 6), FED_CUT);
	assert_int_equal(public_judge(cut, cut, 'b', 101, 1), FED_COUNTS);
	assert_int_equal(public_judge(one, silent, 'b', 100, 6), FED_CUT);
	assert_int_equal(public_judge(silent, silent, 'b', 101, 1), FED_READ_ONLY);
	assert_int_equal(public_judge(silent, silent, 'b', 100, 5), FED_READ_ONLY);
	assert_int_equal(public_judge(one, silent, 'b', 100, 5), FED_COUNTS);
	assert_true(fed_group_reads(&silent->group, &f->federation, &b));
	assert_true(fed_group_reads(&one->group, &f->federation, &b));
	assert_false(fed_group_reads(&one->group, &f->federation, &x));
	assert_false(fed_group_reads(&one->group, NULL, &b));
}

static uint64_t end_of(const struct fed_record *rec, uint64_t epoch)
{
	struct fed_feed_name name = {.oid = fed_rig_oid('b'), .epoch = {.n = epoch}};

	return node_feed_end(&rec->group, &name);
}

/* Where feeds end by a record: the same line as the judgement of single entries. */
static void ends(void **state)
{
	const char *g = fed_rig_group;
	const char *out = "member: @b rw 1\n|cut: @b 100 5 " H1 "\n";
	const char *again = "member: @b rw 1\n|member: @b rw 3\ncut: @b 100 5 " H1 "\n";
	const char *twice = "member: @b rw 1\n|cut: @b 100 5 " H1 "\ncut: @b 200 7 " H1 "\n";
	struct fed_record *one = make(g, NULL, NULL, "A"), *two = make(g, out, one, "A");
	struct fed_record *three = make(g, again, two, "A"), *four = make(g, twice, three, "A");
	const char *earlier = "member: @b rw 1\n|cut: @b 100 5 " H1 "\ncut: @b 100 3 " H2 "\n";
	struct fed_record *five = make(g, earlier, two, "A");

	(void)state;
	assert_true(end_of(five, 100) == 3);
	assert_true(end_of(one, 100) == UINT64_MAX);
	assert_true(end_of(two, 99) == UINT64_MAX);
	assert_true(end_of(two, 100) == 5);
	assert_true(end_of(two, 101) == 0);
	assert_true(end_of(three, 100) == 5);
	assert_true(end_of(three, 101) == UINT64_MAX);
	assert_true(end_of(four, 100) == 5);
	assert_true(end_of(four, 150) == UINT64_MAX);
	assert_true(end_of(four, 200) == 7);
	assert_true(end_of(four, 201) == 0);
}

static void readers(void **state)
{
	const char *join = "history: all|history: join|state:|start: @b @a 100 5\nstate:";
	struct fed_record *f = three_daemons(), *g = make(fed_rig_group, join, NULL, "A");
	struct fed_oid a = fed_rig_oid('a'), b = fed_rig_oid('b'), c = fed_rig_oid('c');

	(void)state;
	assert_true(fed_group_reads(&g->group, &f->federation, &b));
	assert_false(fed_group_reads(&g->group, &f->federation, &c));
	assert_false(fed_group_begin(&g->group, &b, &a, 100) <= 4);
	assert_true(fed_group_begin(&g->group, &b, &a, 100) <= 5);
	assert_false(fed_group_begin(&g->group, &b, &a, 99) <= 6);
	assert_true(fed_group_begin(&g->group, &b, &a, 101) <= 1);
	assert_true(fed_group_begin(&g->group, &b, &b, 1) <= 1);
	assert_true(fed_group_begin(&g->group, &a, &a, 1) <= 1);
}

/* What is here beyond the place where it begins now lies beyond a gap. */
static void begins(void **state)
{
	const struct fed_feed_name name = {.oid = fed_rig_oid('a'), .epoch = {.n = 100}};
	struct fed_feeds feeds;

	(void)state;
	fed_feeds_init(&feeds);
	struct fed_feed *f = fed_feeds_make(&feeds, &name);

	fed_feed_begin(f, 7);
	f->high = f->tip.n = 9;
	fed_feed_begin(f, 3);
	assert_true(f->low == 3 && f->high == 2 && f->tip.n == 2);
	assert_true(fed_spans_has(&f->ahead, 7) && fed_spans_has(&f->ahead, 9));
	fed_feed_begin(f, 8);
	assert_true(f->low == 8 && f->high == 7);
	assert_false(fed_feed_has(f, 7));
	assert_true(fed_feed_has(f, 9));
	fed_feeds_fini(&feeds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts),
		cmocka_unit_test(silenced),
		cmocka_unit_test(people),
		cmocka_unit_test(states),
		cmocka_unit_test(revoked_keys),
		cmocka_unit_test(public_groups),
		cmocka_unit_test(ends),
		cmocka_unit_test(readers),
		cmocka_unit_test(begins),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
