/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registry: chains of records, what is in force, who may see what. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_reg.h"
#include "tests/rig/fed_rig.h"

#define THREE                                                                                      \
	"daemon: @a active ~a kreisa\n|daemon: @a active ~a kreisa\ndaemon: @b active ~b kreisb\n" \
	"daemon: @c active ~c kreisc\n"

#define C_SUSPENDED                                                                                \
	"daemon: @a active ~a kreisa\n|daemon: @a active ~a kreisa\ndaemon: @b active ~b kreisb\n" \
	"daemon: @c suspended ~c kreisc\n"

/* b is not in the group any more */
#define OUT                                                                                        \
	"member: @b rw 1\n||state: active|cut: @b 0 0 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"\nstate: active"

static struct arena ar;
static struct fed_reg *reg;
static struct fed_reg_result res;
static struct fed_record *federation, *group;

static enum fed_reg_got give(const struct fed_record *rec)
{
	struct err why = {""};

	return fed_reg_give(reg, rec->text, false, &res, &why);
}

static int set_up(void **state)
{
	(void)state;
	arena_init(&ar);
	reg = fed_reg_new();
	assert_int_equal(give(fed_rig_make(&ar, fed_rig_daemon, NULL, NULL, "a")), FED_REG_TAKEN);
	federation = fed_rig_make(&ar, fed_rig_federation, NULL, NULL, "A");
	assert_int_equal(give(federation), FED_REG_TAKEN);
	federation = fed_rig_make(&ar, fed_rig_federation, THREE, federation, "A");
	assert_int_equal(give(federation), FED_REG_TAKEN);
	group = fed_rig_make(&ar, fed_rig_group, NULL, NULL, "A");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fed_reg_free(reg);
	arena_fini(&ar);
	return 0;
}

static struct fed_record *titled(const struct fed_record *before, const char *title)
{
	char edits[64];

	snprintf(edits, sizeof edits, "title: Forum|title: %s", title);
	return fed_rig_make(&ar, fed_rig_group, edits, before, "A");
}

static const struct fed_group *in_force(void)
{
	return fed_reg_group(reg, &group->group.gid);
}

/* ---- chains ---- */

static void test_chain(void **state)
{
	struct fed_record *second = titled(group, "Zwei"), *third = titled(second, "Drei");

	(void)state;
	assert_null(in_force());
	assert_int_equal(give(third), FED_REG_GAP);
	assert_int_equal(res.want, 1);
	assert_int_equal(give(group), FED_REG_TAKEN);
	assert_int_equal(give(third), FED_REG_GAP);
	assert_int_equal(res.want, 2);
	assert_int_equal(give(second), FED_REG_TAKEN);
	assert_int_equal(give(third), FED_REG_TAKEN);
	assert_int_equal(give(second), FED_REG_KNOWN);
	assert_int_equal(fed_reg_serial(reg, &res.key), 3);
	assert_slice(in_force()->title, "Drei");
	assert_slice(fed_reg_group_at(reg, &group->group.gid, 2)->title, "Zwei");
	assert_null(fed_reg_group_at(reg, &group->group.gid, 4));
	assert_null(fed_reg_group_at(reg, &group->group.gid, 0));
	assert_true(slice_eq(fed_reg_text(reg, &res.key, 1), group->text));
	assert_true(slice_eq(fed_reg_text(reg, &res.key, 0), third->text));
	assert_null(fed_reg_text(reg, &res.key, 9).p);
}

/* Two of one serial: the one before is in force, both are kept. */
static void test_fork(void **state)
{
	struct fed_record *one = titled(group, "Eins"), *two = titled(group, "Zwei");

	(void)state;
	assert_int_equal(give(group), FED_REG_TAKEN);
	assert_int_equal(give(one), FED_REG_TAKEN);
	assert_false(res.fork);
	assert_int_equal(give(two), FED_REG_TAKEN);
	assert_true(res.fork);
	assert_slice(in_force()->title, "Forum");
	assert_int_equal(fed_reg_serial(reg, &res.key), 1);
	assert_null(fed_reg_group_at(reg, &group->group.gid, 2)); /* no entry is judged by it */
	/* a is the quorum of the admins as well: it may go on from either */
	assert_int_equal(give(titled(two, "Drei")), FED_REG_TAKEN);
	assert_slice(in_force()->title, "Drei");
	assert_slice(fed_reg_group_at(reg, &group->group.gid, 2)->title, "Zwei");
}

/* ---- two of one serial, of which we hear late ---- */

/* Of b, which is the owner from serial 2 on and signs alone (B); a is the admin (A). */
static struct fed_record *owned(
	const struct fed_record *before, const char *title, const char *sigs)
{
	char edits[128];

	snprintf(edits, sizeof edits, "title: Forum|title: %s|owner: @a|owner: @b", title);
	return fed_rig_make(&ar, fed_rig_group, edits, before, sigs);
}

struct late {
	struct fed_record *base, *one, *two, *three, *healed;
};

static void make_late(struct late *l)
{
	assert_int_equal(give(fed_rig_make(&ar, fed_rig_daemon,
				 "oid: @a|oid: @b|root: !a|root: !b|name: ~a|name: ~b|"
				 "sign: #a|sign: #b",
				 NULL, "b")),
		FED_REG_TAKEN);
	assert_int_equal(give(group), FED_REG_TAKEN);
	l->base = owned(group, "Forum", "A");
	l->one = owned(l->base, "Eins", "B");
	l->two = owned(l->base, "Zwei", "B");
	l->three = owned(l->one, "Drei", "B");
	l->healed = owned(l->two, "Vier", "A");
	assert_int_equal(give(l->base), FED_REG_TAKEN);
	assert_int_equal(give(l->one), FED_REG_TAKEN);
}

static struct fed_hash hash_of(const struct fed_record *rec)
{
	struct fed_hash h;

	fed_record_hash(rec->text, &h);
	return h;
}

/* The writer has gone on alone: the chain goes back to where it was forked. */
static void test_late_fork(void **state)
{
	struct fed_hash h;
	struct late l;

	(void)state;
	make_late(&l);
	assert_int_equal(give(l.three), FED_REG_TAKEN);
	assert_false(res.again);
	assert_int_equal(
		give(l.healed), FED_REG_APART); /* it follows `two`, of which we know nothing */
	assert_int_equal(res.want, 3);
	h = hash_of(l.two);
	assert_true(fed_hash_eq(&res.prev, &h));
	assert_false(fed_reg_knows(reg, &res.key, 3, &h));
	assert_int_equal(give(l.two), FED_REG_TAKEN);
	assert_true(res.fork && res.again && fed_reg_forked(reg, &res.key));
	assert_true(fed_reg_knows(reg, &res.key, 3, &h));
	assert_int_equal(fed_reg_held(reg, &res.key), 3);
	assert_slice(in_force()->title, "Forum");
	assert_int_equal(give(l.three), FED_REG_REFUSED); /* not any more */
	assert_int_equal(give(l.healed), FED_REG_TAKEN);
	assert_true(res.again && !res.fork);
	assert_slice(in_force()->title, "Vier");
	assert_slice(fed_reg_group_at(reg, &group->group.gid, 3)->title, "Zwei");
	assert_int_equal(give(l.one), FED_REG_KNOWN); /* noted */
}

/* A quorum has gone on before we hear of the rival: nothing changes, but it is proof. */
static void test_healed_before(void **state)
{
	struct late l;

	(void)state;
	make_late(&l);
	assert_int_equal(give(owned(l.one, "Fünf", "A")), FED_REG_TAKEN);
	assert_int_equal(give(l.two), FED_REG_TAKEN);
	assert_true(res.fork && !fed_reg_forked(reg, &res.key));
	assert_slice(in_force()->title, "Fünf");
	assert_int_equal(give(l.two), FED_REG_KNOWN);
	assert_false(res.fork);
	/* one that the quorum signed wins, and what followed upon the other goes */
	assert_int_equal(give(owned(l.base, "Sechs", "A")), FED_REG_TAKEN);
	assert_int_equal(fed_reg_serial(reg, &res.key), 3);
	assert_slice(in_force()->title, "Sechs");
}

static enum fed_reg_got recalled(const struct fed_record *rec)
{
	struct err why = {""};

	return fed_reg_give(reg, rec->text, true, &res, &why);
}

/* After a start the same is in force, in whatever order they are read. */
static void test_recall(void **state)
{
	struct late l;

	(void)state;
	make_late(&l); /* `one` is there under its serial, and so is three; the others as proof */
	assert_int_equal(recalled(l.three), FED_REG_TAKEN);
	assert_int_equal(recalled(l.healed), FED_REG_APART);
	assert_int_equal(recalled(l.two), FED_REG_TAKEN);
	assert_slice(in_force()->title, "Forum");
	assert_int_equal(recalled(l.one), FED_REG_KNOWN);
	assert_int_equal(recalled(l.three), FED_REG_REFUSED);
	assert_int_equal(recalled(l.healed), FED_REG_TAKEN);
	assert_int_equal(recalled(l.two), FED_REG_KNOWN);
	assert_slice(in_force()->title, "Vier");
}

/* A daemon is in one federation. */
static void test_other_federation(void **state)
{
	struct fed_oid a = fed_rig_oid('a');
	struct fed_gid fid;
	struct err why = {""};
	char edits[128];

	(void)state;
	fed_gid_of(&a, lit("Andere"), lit(FED_RIG_SALT), &fid);
	snprintf(edits, sizeof edits, "fid: %%FID|fid: %s|title: Kreise|title: Andere", fid.s);
	const struct fed_record *rec = fed_rig_make(&ar, fed_rig_federation, edits, NULL, "A");
	assert_int_equal(fed_reg_give(reg, rec->text, false, &res, &why), FED_REG_REFUSED);
	assert_true(slice_starts(slice_str(why.text), lit("of another federation")));
	assert_slice(fed_reg_federation(reg)->title, "Kreise");
}

static void test_bad(void **state)
{
	struct fed_record *forged = fed_rig_make(&ar, fed_rig_group, NULL, NULL, "B");
	struct err why = {""};

	(void)state;
	assert_int_not_equal(give(forged), FED_REG_TAKEN);
	assert_null(in_force());
	assert_int_equal(fed_reg_give(reg, lit("record: x\n"), false, &res, &why), FED_REG_REFUSED);
	assert_string_not_equal(why.text, "");
	assert_int_equal(fed_reg_give(reg, lit(""), false, &res, &why), FED_REG_REFUSED);
}

/* From our own disk no signature is looked at, but the order is. */
static void test_trusted(void **state)
{
	struct fed_record *forged = fed_rig_make(&ar, fed_rig_group, NULL, NULL, "B");
	struct err why = {""};

	(void)state;
	assert_int_equal(
		fed_reg_give(reg, titled(group, "Zwei")->text, true, &res, &why), FED_REG_GAP);
	assert_int_equal(fed_reg_give(reg, forged->text, true, &res, &why), FED_REG_TAKEN);
	assert_int_equal(fed_reg_give(reg, forged->text, true, &res, &why), FED_REG_KNOWN);
}

/* ---- who ---- */

/* Who is taken out may know that, and no more; who comes back knows all again. */
static void test_taken_out(void **state)
{
	struct fed_oid b = fed_rig_oid('b'), c = fed_rig_oid('c');
	struct fed_record *out = fed_rig_make(&ar, fed_rig_group, OUT, group, "A");
	struct fed_record *later =
		fed_rig_make(&ar, fed_rig_group, "title: Forum|title: Neu|" OUT, out, "A");
	struct fed_record_key key;

	(void)state;
	assert_int_equal(give(group), FED_REG_TAKEN);
	key = res.key;
	assert_int_equal(give(out), FED_REG_TAKEN);
	assert_int_equal(fed_reg_shows(reg, &b, &key, 1), 1);
	assert_int_equal(fed_reg_shows(reg, &b, &key, 2), 2);
	assert_int_equal(give(later), FED_REG_TAKEN);
	assert_int_equal(fed_reg_shows(reg, &b, &key, 3), 2);
	assert_false(fed_reg_reads(reg, &b, &group->group.gid));
	assert_int_equal(fed_reg_shows(reg, &c, &key, 3), 0);
}

/* The record that took it out had a rival: it is told, too, that this one holds, and no more. */
static void test_out_healed(void **state)
{
	struct fed_oid b = fed_rig_oid('b');
	struct fed_record *out = fed_rig_make(&ar, fed_rig_group, OUT, group, "A");
	struct fed_record *heals =
		fed_rig_make(&ar, fed_rig_group, "title: Forum|title: Drei|" OUT, out, "A");
	struct fed_record *later =
		fed_rig_make(&ar, fed_rig_group, "title: Forum|title: Vier|" OUT, heals, "A");
	struct fed_record_key key;

	(void)state;
	assert_int_equal(give(group), FED_REG_TAKEN);
	key = res.key;
	assert_int_equal(give(out), FED_REG_TAKEN);
	assert_int_equal(give(titled(group, "Neu")), FED_REG_TAKEN);
	assert_true(res.fork);
	assert_int_equal(fed_reg_shows(reg, &b, &key, 2), 2); /* in it, by the record in force */
	assert_int_equal(give(heals), FED_REG_TAKEN);
	assert_int_equal(give(later), FED_REG_TAKEN);
	assert_true(fed_reg_heals(reg, &key, 3) && !fed_reg_heals(reg, &key, 4));
	assert_int_equal(fed_reg_shows(reg, &b, &key, 2), 2);
	assert_int_equal(fed_reg_shows(reg, &b, &key, 4), 3);
	/* who meets the rival later knows it then */
	fed_reg_free(reg);
	reg = fed_reg_new();
	assert_int_equal(give(fed_rig_make(&ar, fed_rig_daemon, NULL, NULL, "a")), FED_REG_TAKEN);
	assert_int_equal(
		give(fed_rig_make(&ar, fed_rig_federation, NULL, NULL, "A")), FED_REG_TAKEN);
	assert_int_equal(give(federation), FED_REG_TAKEN);
	assert_int_equal(give(group), FED_REG_TAKEN);
	assert_int_equal(give(out), FED_REG_TAKEN);
	assert_int_equal(give(heals), FED_REG_TAKEN);
	assert_int_equal(give(later), FED_REG_TAKEN);
	assert_int_equal(fed_reg_shows(reg, &b, &key, 4), 2);
	assert_int_equal(give(titled(group, "Neu")), FED_REG_TAKEN);
	assert_int_equal(fed_reg_shows(reg, &b, &key, 4), 3);
}

/* b owns it from serial 2 on, and takes c in alone; a quorum has another record: c is told that. */
static void test_stray(void **state)
{
	struct fed_oid c = fed_rig_oid('c'), d = fed_rig_oid('d');
	struct fed_record_key key;
	struct late l;

	(void)state;
	make_late(&l);
	key = res.key;
	struct fed_record *in = fed_rig_make(&ar, fed_rig_group,
		"owner: @a|owner: @b|member: @b rw 1\n|member: @b rw 1\nmember: @c rw 4\n", l.one,
		"B");
	struct fed_record *after = fed_rig_make(&ar, fed_rig_group,
		"title: Forum|title: Fort|owner: @a|owner: @b|member: @b rw 1\n|"
		"member: @b rw 1\nmember: @c rw 4\n",
		in, "B");
	struct fed_record *other = owned(l.one, "Anders", "A");

	assert_int_equal(give(in), FED_REG_TAKEN);
	assert_int_equal(give(after), FED_REG_TAKEN);
	assert_int_equal(fed_reg_shows(reg, &c, &key, 5), 5);
	assert_false(fed_reg_misled(reg, &c, &group->group.gid));
	assert_int_equal(give(other), FED_REG_TAKEN);
	assert_true(fed_reg_misled(reg, &c, &group->group.gid));
	assert_false(fed_reg_misled(reg, &d, &group->group.gid));
	assert_int_equal(fed_reg_shows(reg, &c, &key, 4), 4);
	assert_int_equal(fed_reg_shows(reg, &c, &key, 3), 0); /* not on disk yet */
	assert_int_equal(fed_reg_shows(reg, &d, &key, 4), 0);
	assert_false(fed_reg_reads(reg, &c, &group->group.gid));
	assert_int_equal(give(owned(other, "Weiter", "B")), FED_REG_TAKEN);
	assert_int_equal(fed_reg_shows(reg, &c, &key, 5), 4); /* and no more */
	assert_int_equal(give(fed_rig_make(&ar, fed_rig_federation, C_SUSPENDED, federation, "A")),
		FED_REG_TAKEN);
	assert_int_equal(fed_reg_shows(reg, &c, &key, 5), 0);
	assert_false(fed_reg_misled(reg, &c, &group->group.gid)); /* it is suspended, too */
	assert_int_equal(give(in), FED_REG_KNOWN);
	assert_false(res.strays);
}

/* Who hears of the void one when the other is in force already. */
static void test_stray_late(void **state)
{
	struct fed_oid c = fed_rig_oid('c');
	struct late l;

	(void)state;
	make_late(&l);
	struct fed_record *in = fed_rig_make(&ar, fed_rig_group,
		"owner: @a|owner: @b|member: @b rw 1\n|member: @b rw 1\nmember: @c rw 4\n", l.one,
		"B");

	assert_int_equal(give(owned(l.one, "Anders", "A")), FED_REG_TAKEN);
	assert_int_equal(fed_reg_shows(reg, &c, &res.key, 4), 0);
	assert_false(fed_reg_misled(reg, &c, &group->group.gid));
	assert_int_equal(give(in), FED_REG_KNOWN);
	assert_true(res.strays);
	assert_true(fed_reg_misled(reg, &c, &group->group.gid));
	assert_int_equal(fed_reg_shows(reg, &c, &res.key, 4), 4);
	assert_int_equal(give(in), FED_REG_KNOWN);
	assert_false(res.strays);
}

/* Two of a serial: as long as nothing is decided it is told nothing, then the record that does. */
static void test_stray_healed(void **state)
{
	struct fed_oid c = fed_rig_oid('c');
	struct late l;

	(void)state;
	make_late(&l);
	struct fed_record *in = fed_rig_make(&ar, fed_rig_group,
		"owner: @a|owner: @b|member: @b rw 1\n|member: @b rw 1\nmember: @c rw 3\n", l.base,
		"B");

	assert_int_equal(give(in), FED_REG_TAKEN);
	assert_true(res.fork);
	assert_int_equal(fed_reg_shows(reg, &c, &res.key, 3), 0);
	assert_true(fed_reg_misled(reg, &c, &group->group.gid)); /* of two that stand, this one */
	struct fed_oid b = fed_rig_oid('b');
	assert_false(fed_reg_misled(reg, &b, &group->group.gid));
	struct fed_record *healed = owned(l.one, "Vier", "A");
	assert_int_equal(give(healed), FED_REG_TAKEN);
	assert_int_equal(fed_reg_shows(reg, &c, &res.key, 4), 4);
	assert_int_equal(give(owned(healed, "Weiter", "B")), FED_REG_TAKEN);
	assert_int_equal(fed_reg_shows(reg, &c, &res.key, 5), 4);
}

/* The one that took it in followed one of the two: nobody has decided, so it is told nothing yet.
 */
static void test_stray_behind(void **state)
{
	struct fed_oid c = fed_rig_oid('c');
	struct late l;

	(void)state;
	make_late(&l);
	assert_int_equal(
		give(fed_rig_make(&ar, fed_rig_group,
			"owner: @a|owner: @b|member: @b rw 1\n|member: @b rw 1\nmember: @c rw 4\n",
			l.one, "B")),
		FED_REG_TAKEN);
	assert_int_equal(fed_reg_shows(reg, &c, &res.key, 4), 4);
	assert_int_equal(give(l.two), FED_REG_TAKEN);
	assert_int_equal(fed_reg_shows(reg, &c, &res.key, 3), 0);
	assert_int_equal(give(l.healed), FED_REG_TAKEN);
	assert_int_equal(fed_reg_shows(reg, &c, &res.key, 4), 4);
}

static bool note_key(void *arg, const struct fed_record_key *key, uint64_t serial)
{
	buf_addf(arg, "%d:%llu ", (int)key->type, (unsigned long long)serial);
	return true;
}

static void test_who(void **state)
{
	struct fed_oid a = fed_rig_oid('a'), b = fed_rig_oid('b'), c = fed_rig_oid('c'),
		       d = fed_rig_oid('d');
	struct fed_record_key key;
	struct buf order;

	(void)state;
	assert_int_equal(give(group), FED_REG_TAKEN);
	key = res.key;
	assert_true(fed_reg_active(reg, &a) && fed_reg_active(reg, &c));
	assert_false(fed_reg_active(reg, &d));
	assert_true(fed_reg_reads(reg, &b, &group->group.gid));
	assert_false(fed_reg_reads(reg, &c, &group->group.gid));
	assert_true(fed_reg_reads(reg, &c, &federation->federation.fid));
	assert_false(fed_reg_reads(reg, &d, &federation->federation.fid));
	assert_int_equal(fed_reg_shows(reg, &b, &key, 1), 1);
	assert_int_equal(fed_reg_shows(reg, &c, &key, 1), 0);
	assert_ptr_equal(fed_reg_group_named(reg, lit("kreisa.forum")), in_force());
	assert_null(fed_reg_group_named(reg, lit("kreisa")));
	assert_ptr_equal(
		fed_reg_tls(reg, &fed_reg_daemon(reg, &a)->tls[0]), fed_reg_daemon(reg, &a));
	assert_null(fed_reg_tls(reg, &fed_hash_none));
	assert_null(fed_reg_daemon(reg, &b));
	buf_init(&order, 100);
	fed_reg_each(reg, note_key, &order);
	assert_buf(&order, "1:2 0:1 2:1 "); /* federation, daemons, groups */
	buf_fini(&order);
}

/* Taken in by one that is void, and again: what decides is where the chains part last. */
static void test_stray_again(void **state)
{
	struct fed_member b = {.oid = fed_rig_oid('b')};
	struct fed_cut cuts[] = {
		{b.oid, {100, 7, fed_hash_none}},
		{b.oid, {100, 3, fed_hash_none}},
	};
	const struct fed_group base = {.closed = true, .cut = cuts, .n_cut = 1};
	const struct fed_group lost = {
		.closed = true, .member = &b, .n_member = 1, .cut = cuts, .n_cut = 2};
	struct fed_strays s;

	(void)state;
	fed_strays_init(&s);
	assert_true(fed_strays_add(&s, &lost, &base, 5));
	assert_int_equal(fed_strays_cut(&s, 0)->at.n, 3);
	assert_null(fed_strays_cut(&s, 1)); /* the other stands in the record in front */
	assert_true(fed_oid_eq(fed_strays_oid(&s, 0), &b.oid));
	assert_null(fed_strays_oid(&s, 1));
	fed_strays_part(&s, 2); /* of the chain in which that was decided */
	assert_int_equal(fed_strays_find(&s, &b.oid), 2);
	assert_true(fed_strays_add(&s, &lost, &base, 4));
	assert_false(fed_strays_add(&s, &lost, &base, 3));
	assert_null(fed_strays_cut(&s, 1));
	assert_int_equal(fed_strays_find(&s, &b.oid), 4);
	fed_strays_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_chain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fork, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_late_fork, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_healed_before, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_recall, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_federation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bad, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_trusted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_taken_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_out_healed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stray, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stray_late, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stray_healed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stray_behind, set_up, tear_down),
		cmocka_unit_test(test_stray_again),
		cmocka_unit_test_setup_teardown(test_who, set_up, tear_down),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
