/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Alarms: kept across a restart, counted, and gone when what they say has ended. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "daemon/fed_priv.h"
#include "proto/base/log.h"
#include "tests/rig/fed_rig.h"
#include "tests/rig/store_rig.h"

enum { LOOKS = 5 }; /* ticks until all are looked at */

static struct arena ar;
static struct store_rig rig;
static struct daemon d;
static struct fed fed;
static const struct fed_record *base, *one, *two;

static void give(const struct fed_record *rec)
{
	struct fed_reg_result res;
	struct err why = {.text = ""};

	if (fed_reg_give(fed.reg, rec->text, false, &res, &why) != FED_REG_TAKEN)
		fail_msg("%s", why.text);
}

static const struct fed_record *group(
	const char *edits, const struct fed_record *before, const char *sigs)
{
	return fed_rig_make(&ar, fed_rig_group, edits, before, sigs);
}

/* b owns the group; a is the admin of the federation. */
static int set_up(void **state)
{
	(void)state;
	arena_init(&ar);
	rig_open_mem(&rig);
	d.store = rig.s;
	fed = (struct fed){.d = &d, .loop = loop_new(0), .reg = fed_reg_new()};
	fed_notes_init(&fed.notes);
	fed_feeds_init(&fed.feeds);
	give(fed_rig_make(&ar, fed_rig_daemon, NULL, NULL, "a"));
	give(fed_rig_make(&ar, fed_rig_daemon,
		"oid: @a|oid: @b|root: !a|root: !b|name: ~a|name: ~b|sign: #a|sign: #b", NULL,
		"b"));
	const struct fed_record *f = fed_rig_make(&ar, fed_rig_federation, NULL, NULL, "A");
	give(f);
	give(fed_rig_make(&ar, fed_rig_federation,
		"daemon: @a active ~a kreisa\n|daemon: @a active ~a kreisa\n"
		"daemon: @b active ~b kreisb\ndaemon: @c active ~c kreisc\n",
		f, "A"));
	const struct fed_record *first = group(NULL, NULL, "A");
	give(first);
	base = group("owner: @a|owner: @b", first, "A");
	give(base);
	one = group("title: Forum|title: Eins|owner: @a|owner: @b", base, "B");
	two = group("title: Forum|title: Zwei|owner: @a|owner: @b", base, "B");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fed_notes_fini(&fed.notes);
	fed_feeds_fini(&fed.feeds);
	fed_reg_free(fed.reg);
	loop_free(fed.loop);
	rig_close(&rig);
	arena_fini(&ar);
	return 0;
}

static const struct fed_note *note_at(const struct fed_notes *s, size_t i)
{
	return vec_at(&s->v, i);
}

static struct slice gid(void)
{
	return fed_gid_slice(&base->group.gid);
}

static void tick(unsigned n)
{
	while (n-- > 0) {
		fed_notes_tick(&fed);
		(void)rig_run(&rig);
	}
}

/* What the next start reads. */
static void restart(void)
{
	struct view *v = rig_view(&rig);
	struct buf text;
	uint64_t serial;

	buf_init(&text, STORE_RECORD_MAX);
	assert_int_equal(view_record(v, RECORD_NOTES, lit("alarms"), 0, &text, &serial), 0);
	view_close(v);
	fed_notes_fini(&fed.notes);
	fed_notes_init(&fed.notes);
	fed_notes_load(&fed.notes, serial, buf_slice(&text));
	buf_fini(&text);
}

/* But for those that come again by themselves. */
static void test_kept(void **state)
{
	const struct fed_oid b = fed_rig_oid('b');
	int64_t at;

	(void)state;
	fed_note(&fed, FED_ALARM_INTRUDER, &b, gid());
	fed_note(&fed, FED_NOTE_SILENT, &b, lit("2 d"));
	fed_note(&fed, FED_NOTE_LOCAL, NULL, lit("ein Postfach mit Namen"));
	fed_note(&fed, FED_ALARM_INTRUDER, &b, gid());
	assert_int_equal(fed.notes.v.n, 3);
	at = note_at(&fed.notes, 0)->at;
	tick(1);
	restart();
	assert_int_equal(fed.notes.v.n, 2);
	assert_int_equal(note_at(&fed.notes, 0)->what, FED_ALARM_INTRUDER);
	assert_int_equal(note_at(&fed.notes, 0)->times, 2);
	assert_int_equal(note_at(&fed.notes, 0)->at, at);
	assert_true(fed_oid_eq(&note_at(&fed.notes, 0)->who, &b));
	assert_slice(gid(), note_at(&fed.notes, 0)->text);
	assert_string_equal(note_at(&fed.notes, 1)->text, "ein Postfach mit Namen");
	assert_string_equal(note_at(&fed.notes, 1)->who.s, "");
	fed_notes_clear(&fed);
	tick(1);
	restart();
	assert_int_equal(fed.notes.v.n, 0);
}

static void test_lines(void **state)
{
	struct fed_notes s;

	(void)state;
	fed_notes_init(&s);
	fed_notes_load(&s, 7,
		lit("alarms 1\nunknown 5 1 0 - x\nfork 5 1 0 - a b\nfork x 1 0 - a\nfork 5 1 0\n"
		    "fork 5 1 0 zz a\n"));
	assert_int_equal(s.v.n, 1);
	assert_string_equal(note_at(&s, 0)->text, "a b");
	assert_int_equal(s.serial, 7);
	fed_notes_fini(&s);
}

/* Two records of one serial: until a quorum goes on from one of them, also across a restart. */
static void test_fork_settled(void **state)
{
	const struct fed_oid b = fed_rig_oid('b');

	(void)state;
	give(one);
	give(two);
	fed_note(&fed, FED_ALARM_RECORD_FORK, &b, gid());
	tick(LOOKS);
	restart();
	tick(LOOKS);
	assert_int_equal(fed.notes.v.n, 1);
	assert_true(note_at(&fed.notes, 0)->open);
	give(group("title: Forum|title: Drei|owner: @a|owner: @b", two, "A"));
	tick(LOOKS);
	assert_int_equal(fed.notes.v.n, 0);
}

/* Two entries with one number: until a cut of that daemon lies at the epoch or behind it. */
static void test_cut(void **state)
{
	const struct fed_oid b = fed_rig_oid('b');
	struct fed_feed_name name = {
		.gid = base->group.gid, .oid = b, .epoch = {.n = 50, .branch = "abcdefgh"}
        };

	(void)state;
	(void)fed_feeds_make(&fed.feeds, &name);
	fed_note(&fed, FED_ALARM_FORK, &b, gid());
	tick(LOOKS);
	assert_int_equal(fed.notes.v.n, 1);
	give(group("owner: @a|owner: @b|state: active|cut: @b 50 3 "
		   "BuS7KC--dJTDaeXsO7t_Im_osmYX-VhwImlJOsFs4h4\nstate: active",
		base, "A"));
	tick(LOOKS);
	assert_int_equal(fed.notes.v.n, 0);
}

/* What seemed an intruder was taken in, by a record that came here later and has a rival. */
static void test_misled(void **state)
{
	const struct fed_oid b = fed_rig_oid('b'), c = fed_rig_oid('c');

	(void)state;
	give(one);
	fed_note(&fed, FED_ALARM_INTRUDER, &b, gid());
	fed_note(&fed, FED_ALARM_INTRUDER, &c, gid());
	tick(LOOKS);
	assert_int_equal(fed.notes.v.n, 2);
	give(group(
		"owner: @a|owner: @b|member: @b rw 1|member: @b rw 1\nmember: @c rw 3", base, "B"));
	tick(LOOKS);
	assert_int_equal(fed.notes.v.n, 1);
	assert_true(fed_oid_eq(&note_at(&fed.notes, 0)->who, &b));
}

static void test_old(void **state)
{
	const struct fed_oid b = fed_rig_oid('b');

	(void)state;
	fed_note(&fed, FED_ALARM_INTRUDER, &b, gid());
	((struct fed_note *)vec_at(&fed.notes.v, 0))->at -= FED_ALARM_KEEP_S - 10;
	tick(LOOKS);
	assert_int_equal(fed.notes.v.n, 1);
	((struct fed_note *)vec_at(&fed.notes.v, 0))->at -= 20;
	tick(LOOKS);
	assert_int_equal(fed.notes.v.n, 0);
}

static void test_many(void **state)
{
	char text[16];

	(void)state;
	for (int i = 0; i < 2 * FED_ALARMS_MAX; i++) {
		snprintf(text, sizeof text, "%d", i);
		fed_note(&fed, FED_NOTE_LOCAL, NULL, slice_str(text));
	}
	assert_int_equal(fed.notes.v.n, FED_ALARMS_MAX);
	assert_string_equal(note_at(&fed.notes, 0)->text, "64");
}

/* Each alarm is an error in the log. */
static void pass_over(void *arg, enum log_level level, struct slice line)
{
	(void)arg;
	(void)level;
	(void)line;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fork_settled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_misled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_old, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
	};

	crypto_ossl_install();
	log_set_sink(pass_over, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
