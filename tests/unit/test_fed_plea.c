/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What requests ask for: read and written, found in a record, granted by the owner. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_plea.h"
#include "proto/fed/fed_reg.h"
#include "tests/rig/fed_rig.h"

#define GID "domahgkwvl6vrki4agdbc7aw6b"
#define E43 "CqV9tKyVSXASQUJEazedbP_bE_HGfSvPjUAaI5g9AYc"
#define NONE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define OID "pwnhljpyvzmagwfbua4kgkol6tzpbspzsp2sv27nqqhebpejauka"

static struct arena arena;
static struct fed_record *group, *federation;
static struct fed_pos top;

static struct fed_pos highest(void *arg, const struct fed_gid *gid, const struct fed_oid *oid)
{
	(void)arg;
	(void)gid;
	(void)oid;
	return top;
}

static const struct fed_places places = {.highest = highest};

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena);
	federation = fed_rig_make(&arena, fed_rig_federation,
		"daemon: @a active ~a kreisa\n|daemon: @a active ~a kreisa\ndaemon: @b active ~b "
		"kreisb\n",
		NULL, "A");
	group = fed_rig_make(&arena, fed_rig_group, NULL, NULL, "A");
	top = (struct fed_pos){.e = fed_hash_none};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

/* ---- lines ---- */

static const struct {
	bool add;
	const char *line;
	enum fed_plea_kind kind;
} rows[] = {
	{true,  "member: " OID " rw 7",             FED_PLEA_MEMBER   },
	{false, "member: " OID " ro 7",             FED_PLEA_MEMBER   },
	{true,  "moderator: u@forum.a.example",     FED_PLEA_MODERATOR},
	{false, "moderator: u@forum.a.example",     FED_PLEA_MODERATOR},
	{true,  "ban: u@forum.a.example 1 0 " NONE, FED_PLEA_BAN      },
	{true,  "cut: " OID " 5 9 " E43,            FED_PLEA_CUT      },
	{true,  "state: active",                    FED_PLEA_STATE    },
	{true,  "state: frozen",                    FED_PLEA_STATE    },
	{true,  "state: closed",                    FED_PLEA_STATE    },
	{false, "cut: " OID " 5 9 " E43,            FED_PLEA_OTHER    }, /* stays for ever */
	{false, "state: active",                    FED_PLEA_OTHER    },
	{true,  "state: open",                      FED_PLEA_OTHER    },
	{true,  "title: Rat",                       FED_PLEA_OTHER    },
	{true,  "owner: " OID,                      FED_PLEA_OTHER    },
	{true,  "member: " OID " wr 7",             FED_PLEA_OTHER    },
	{true,  "member: " OID " rw",               FED_PLEA_OTHER    },
	{true,  "member: " OID " rw 7 8",           FED_PLEA_OTHER    },
	{true,  "member: x rw 7",                   FED_PLEA_OTHER    },
	{true,  "moderator: u",                     FED_PLEA_OTHER    },
	{true,  "cut: " OID " 5 9 x",               FED_PLEA_OTHER    },
	{true,  "",				 FED_PLEA_OTHER    },
};

static void lines(void **state)
{
	struct fed_plea p;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < array_len(rows); i++) {
		char want[1000];

		fed_plea_read(rows[i].add, slice_str(rows[i].line), &p);
		if (p.kind != rows[i].kind)
			fail_msg("%s: %d", rows[i].line, p.kind);
		if (p.kind == FED_PLEA_OTHER)
			continue;
		snprintf(want, sizeof want, "%s %s\r\n", rows[i].add ? "+" : "-", rows[i].line);
		buf_reset(&b);
		fed_plea_add(&b, &p, 7);
		assert_buf(&b, want);
	}
	buf_fini(&b);
}

/* ---- is it so? ---- */

static bool met(const struct fed_record *rec, const char *text)
{
	struct buf b;
	bool is;

	buf_init(&b, 4096);
	fed_rig_add(&b, text);
	is = fed_pleas_met(&rec->group, buf_slice(&b));
	buf_fini(&b);
	return is;
}

static void found(void **state)
{
	struct fed_record *next = fed_rig_make(&arena, fed_rig_group,
		"state: active\n|cut: @b 5 9 " E43
		"\nmoderator: m@forum.b.example\nban: x@forum.b.example 5 9 " E43
		"\nstate: frozen\n",
		group, "A");

	(void)state;
	assert_false(met(group, ""));
	assert_false(met(group, "+ moderator: m@forum.b.example\r\n"));
	assert_true(met(next, "+ moderator: m@forum.b.example\r\n"));
	assert_false(met(next, "- moderator: m@forum.b.example\r\n"));
	assert_true(met(group, "- moderator: m@forum.b.example\r\n"));
	assert_true(met(next, "+ state: frozen\r\n+ moderator: m@forum.b.example\r\n"));
	assert_false(met(next, "+ state: closed\r\n+ moderator: m@forum.b.example\r\n"));
	assert_false(met(next, "+ moderator: m@forum.b.example\r\n+ state: closed\r\n"));
	assert_true(met(next, "+ ban: x@forum.b.example 1 0 " NONE "\r\n"));
	assert_true(met(next, "- ban: y@forum.b.example 1 0 " NONE "\r\n"));
	assert_true(met(next, "+ member: @a rw 99\r\n"));
	assert_false(met(next, "+ member: @a ro 1\r\n"));
	assert_false(met(next, "- member: @a rw 1\r\n"));
	assert_true(met(next, "- member: @c rw 1\r\n"));
	assert_true(met(next, "+ cut: @b 5 9 " E43 "\r\n"));
	assert_true(met(next, "+ cut: @b 5 8 " NONE "\r\n")); /* farther than was asked for */
	assert_false(met(next, "+ cut: @b 5 10 " E43 "\r\n"));
	assert_false(met(next, "+ cut: @b 6 1 " E43 "\r\n"));
	assert_false(met(next, "+ cut: @a 5 9 " E43 "\r\n"));
	assert_false(met(next, "+ title: x\r\n"));
}

/* ---- granting ---- */

/* The owner's next record with that; KERR_*. */
static int grant(const char *text, struct fed_record *out)
{
	struct fed_draft d;
	struct fed_plea p;
	struct slice rest, line;
	struct fed_oid a = fed_rig_oid('a');
	uint8_t seed[CRYPTO_KEY_LEN];
	struct err err = {.text = ""};
	struct buf wish, made;
	bool add;

	fed_rig_seed('a', seed);
	buf_init(&wish, 4096);
	buf_init(&made, FED_RECORD_MAX);
	fed_rig_add(&wish, text);
	rest = buf_slice(&wish);
	int rc = fed_draft_group_next(&d, group->text, &a, &err);
	while (rc == 0 && fed_request_next(&rest, &add, &line)) {
		fed_plea_read(add, line, &p);
		rc = fed_plea_grant(&d, &federation->federation, &p, &places, &err);
	}
	if (rc == 0)
		rc = fed_draft_end(&d, seed, &made, &err);
	if (rc == 0)
		rc = fed_record_parse(arena_dup(&arena, buf_slice(&made)), &arena, out, &err);
	if (rc == 0 && !fed_pleas_met(&out->group, buf_slice(&wish)))
		fail_msg("what was granted is not so: %s", text);
	fed_draft_fini(&d);
	buf_fini(&wish);
	buf_fini(&made);
	return rc;
}

static void granted(void **state)
{
	struct fed_record r = {0};

	(void)state;
	assert_int_equal(grant("+ moderator: m@forum.b.example\r\n+ state: frozen\r\n", &r), 0);
	assert_int_equal(r.group.state, FED_GROUP_FROZEN);
	assert_int_equal(grant("- member: @b rw 1\r\n", &r), 0);
	assert_int_equal(r.group.n_cut, 1); /* the owner draws the line */
	assert_int_equal(grant("+ member: @b ro 1\r\n", &r), 0);
	assert_int_equal(grant("- member: @a rw 1\r\n", &r), KERR_INVALID);
	assert_int_equal(grant("+ member: @c rw 1\r\n", &r), KERR_NOTFOUND);
	assert_int_equal(grant("+ ban: x@forum.b.example 1 0 " NONE "\r\n", &r), 0);
	assert_int_equal(r.group.n_ban, 1);
	assert_int_equal(grant("- ban: x@forum.b.example 1 0 " NONE "\r\n", &r), KERR_NOTFOUND);
	assert_int_equal(grant("- moderator: m@forum.b.example\r\n", &r), KERR_NOTFOUND);
	assert_int_equal(grant("+ state: active\r\n", &r), KERR_EXISTS);
	assert_int_equal(grant("+ owner: @b\r\n", &r), KERR_VERSION);
}

/* At the place that was named; what came of a later epoch since is behind a second one. */
static void cuts(void **state)
{
	struct fed_record r = {0};

	(void)state;
	top = (struct fed_pos){5, 12, {E43}};
	assert_int_equal(grant("+ cut: @b 5 9 " E43 "\r\n", &r), 0);
	assert_int_equal(r.group.n_cut, 1);
	assert_int_equal(r.group.cut[0].at.n, 9);
	top = (struct fed_pos){6, 1, {E43}};
	assert_int_equal(grant("+ cut: @b 5 9 " E43 "\r\n", &r), 0);
	assert_int_equal(r.group.n_cut, 2);
	assert_int_equal(r.group.cut[1].at.epoch, 6);
	assert_int_equal(r.group.cut[1].at.n, 0);
	assert_string_equal(r.group.cut[1].at.e.s, NONE);
	assert_int_equal(grant("+ cut: @b 5 0 " NONE "\r\n", &r), KERR_INVALID);
	assert_int_equal(
		grant("+ cut: @b 5 9 " E43 "\r\n+ cut: @b 5 10 " E43 "\r\n", &r), KERR_EXISTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(granted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cuts, set_up, tear_down),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
