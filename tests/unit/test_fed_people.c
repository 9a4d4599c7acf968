/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of people: kept and read again, which one holds, when one counts. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_people.h"
#include "tests/rig/fed_node_rig.h"
#include "tests/rig/fed_rig.h"
#include "tests/rig/splits.h"

#define E43 "CqV9tKyVSXASQUJEazedbP_bE_HGfSvPjUAaI5g9AYc"
#define KEPT                                                                                       \
	"1790000000 7 " E43 " 2 dxswsokpmlbainx4\n"                                                \
	"u@forum.a.example writer Ulla\r\n"

static void prefix(void *arg, struct slice in)
{
	struct fed_people p;
	struct buf b;

	(void)arg;
	if (!fed_people_read(in, &p)) {
		assert_true(in.len < strlen(KEPT));
		return;
	}
	assert_true(p.at.epoch == 1790000000 && p.at.n == 7 && p.r == 2);
	buf_init(&b, 1000);
	fed_people_add(&b, &p);
	assert_true(slice_eq(buf_slice(&b), in));
	buf_fini(&b);
}

static void kept(void **state)
{
	struct fed_people p;

	(void)state;
	splits_prefixes(prefix, NULL, lit(KEPT));
	assert_true(fed_people_read(lit(KEPT), &p));
	assert_slice(p.lines, "u@forum.a.example writer Ulla\r\n");
	assert_false(fed_people_read(lit("1 2 x 2 dxswsokpmlbainx4\n"), &p));
}

static void replaces(void **state)
{
	static const struct {
		struct fed_pos at, old;
		bool does;
	} rows[] = {
		{{5, 2, {"x"}}, {5, 1, {"y"}}, true },
		{{5, 1, {"x"}}, {5, 2, {"y"}}, false},
		{{6, 1, {"x"}}, {5, 9, {"y"}}, true },
		{{5, 9, {"x"}}, {6, 1, {"y"}}, false},
		{{5, 1, {"x"}}, {5, 1, {"x"}}, false}, /* the same again */
		{{5, 1, {"x"}}, {5, 1, {"y"}}, true }, /* an origin with two faces */
		{{5, 1, {"y"}}, {5, 1, {"x"}}, false},
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++)
		if (fed_people_replaces(&rows[i].at, &rows[i].old) != rows[i].does)
			fail_msg("row %zu", i);
}

static void give_group(const char *edits)
{
	struct err why = {.text = ""};
	struct fed_record *next =
		fed_rig_make(&node_rig.arena, fed_rig_group, edits, node_rig.group, "A");

	if (fed_node_give_record(node_rig.node, next->text, &why) != FED_REG_TAKEN)
		fail_msg("%s", why.text);
}

static bool count(char who, uint64_t n, uint64_t r, char key)
{
	const struct fed_public public = fed_rig_public(key);
	const struct fed_oid oid = fed_rig_oid(who);
	struct fed_people p = {
		.at = {NODE_RIG_EPOCH, n, {E43}},
                  .r = r
        };

	fed_keyid_of(&public, &p.k);
	return fed_people_count(node_rig.reg, &node_rig.group->group.gid, &oid, &p);
}

/* Of who is in the group, up to a cut, under a key that is its own. */
static void counts(void **state)
{
	(void)state;
	assert_true(count('a', 9, 1, 'a'));
	assert_false(count('a', 9, 2, 'a')); /* no such record */
	assert_false(count('a', 9, 1, 'b')); /* another's key */
	assert_false(count('b', 9, 1, 'b')); /* its daemon record is not here */
	assert_false(count('c', 9, 1, 'c'));
	give_group("state: active\n|cut: @a 1790000000 8 " E43 "\nstate: active\n");
	assert_true(count('a', 7, 1, 'a'));
	assert_false(count('a', 9, 1, 'a'));
	assert_true(count('a', 9, 2, 'a')); /* it goes on knowing the cut */
}

static void stands(void **state)
{
	struct fed_record *rec = fed_rig_make(&node_rig.arena, fed_rig_group,
		"state: active\n|moderator: m@forum.b.example\nmoderator: x@forum.b.example\n"
		"ban: x@forum.b.example 5 9 " E43 "\nstate: active\n",
		node_rig.group, "A");

	static const struct {
		const char *user;
		bool writer;
		enum fed_standing stands;
	} rows[] = {
		{"u@forum.b.example", false, FED_STANDS_READER   },
		{"u@forum.b.example", true,  FED_STANDS_WRITER   },
		{"m@forum.b.example", false, FED_STANDS_MODERATOR},
		{"x@forum.b.example", true,  FED_STANDS_BANNED   }, /* whatever else it is */
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		const struct fed_person p = {
			.user = slice_str(rows[i].user), .writer = rows[i].writer};

		assert_int_equal(fed_person_stands(&rec->group, &p), rows[i].stands);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept),
		cmocka_unit_test(replaces),
		cmocka_unit_test_setup_teardown(counts, node_rig_up, node_rig_down),
		cmocka_unit_test_setup_teardown(stands, node_rig_up, node_rig_down),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
