/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drafts: each is taken by a registry, and what cannot be done is said in words. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_draft.h"
#include "proto/fed/fed_reg.h"
#include "tests/rig/fed_rig.h"

static struct fed_reg *reg;
static struct fed_draft d;
static struct err err;
static struct fed_pos highest_pos;
static struct fed_oid a, b, c;
static uint8_t seed_a[CRYPTO_KEY_LEN], root_a[CRYPTO_KEY_LEN];

static struct fed_pos highest(void *arg, const struct fed_gid *gid, const struct fed_oid *oid)
{
	(void)arg;
	(void)gid;
	(void)oid;
	return highest_pos;
}

static const struct fed_places places = {.highest = highest};

/* Sign, give, forget; the registry takes it. */
static void end_and_give(const uint8_t seed[CRYPTO_KEY_LEN])
{
	struct fed_reg_result res;
	struct buf out;

	buf_init(&out, FED_RECORD_MAX);
	if (fed_draft_end(&d, seed, &out, &err) < 0)
		fail_msg("%s", err.text);
	if (fed_reg_give(reg, buf_slice(&out), false, &res, &err) != FED_REG_TAKEN)
		fail_msg("%s", err.text);
	buf_fini(&out);
	fed_draft_fini(&d);
}

/* Only the sentence is looked at. */
static void refused(int rc, int want, const char *part)
{
	assert_int_equal(rc, want);
	if (!strstr(err.text, part))
		fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

static struct slice text_of(enum fed_record_type type, const char *id)
{
	struct fed_record_key key = {.type = type};

	snprintf(key.s, sizeof key.s, "%s", id);
	return fed_reg_text(reg, &key, 0);
}

static struct fed_profile profile_of(char who)
{
	struct fed_profile p = {
		.root = fed_rig_root(who),
		.sign = fed_rig_public(who),
		.name = fed_rig_name(who),
		.title = lit("Kreis"),
		.contact = lit("postmaster@forum.a.example"),
		.addr = {lit("forum.a.example:8433"), lit("[2001:db8::1]:8433")},
		.n_addr = 2,
		.issued_at = 1795309201,
	};

	p.spki = fed_hash_none;
	return p;
}

static void give_daemon(char who)
{
	const struct fed_profile p = profile_of(who);
	uint8_t root[CRYPTO_KEY_LEN];

	memset(root, who, sizeof root);
	assert_int_equal(fed_draft_daemon(&d, &p, &err), 0);
	end_and_give(root);
}

static int next_federation(const struct fed_oid *self)
{
	const struct fed_federation *f = fed_reg_federation(reg);

	return fed_draft_federation_next(&d, text_of(FED_REC_FEDERATION, f->fid.s), self, &err);
}

static void take_in(const struct fed_oid *oid, char who, const char *prefix)
{
	assert_int_equal(next_federation(&a), 0);
	assert_int_equal(
		fed_draft_daemon_in(&d, oid, fed_rig_name(who), slice_str(prefix), &err), 0);
	end_and_give(seed_a);
}

static int set_up(void **state)
{
	(void)state;
	reg = fed_reg_new();
	highest_pos = (struct fed_pos){.epoch = 0};
	give_daemon('a');
	assert_int_equal(fed_draft_federation(
				 &d, &a, lit("Kreise"), fed_rig_name('a'), lit("kreis.a"), &err),
		0);
	end_and_give(seed_a);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fed_reg_free(reg);
	return 0;
}

/* a and b are in it. */
static int set_up_two(void **state)
{
	set_up(state);
	give_daemon('b');
	take_in(&b, 'b', "kreis.b");
	return 0;
}

/* ---- daemon ---- */

static int next_daemon(void)
{
	return fed_draft_daemon_next(&d, text_of(FED_REC_DAEMON, a.s), 1795309999, &err);
}

static void test_daemon(void **state)
{
	const struct fed_public old = fed_rig_public('a'), fresh = fed_rig_public('x');
	const struct fed_hash tls[] = {
		{"BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA"}, fed_hash_none};
	const struct slice addr[] = {lit("10.0.0.1:8433")};
	const struct fed_daemon *r = fed_reg_daemon(reg, &a);

	(void)state;
	assert_slice(r->addr[1], "[2001:db8::1]:8433");
	assert_int_equal(next_daemon(), 0);
	assert_int_equal(fed_draft_sign(&d, &fresh, &err), 0);
	assert_int_equal(fed_draft_tls(&d, tls, 2, &err), 0);
	assert_int_equal(fed_draft_addr(&d, addr, 1, &err), 0);
	end_and_give(root_a);
	r = fed_reg_daemon(reg, &a);
	assert_int_equal(r->n_sign, 2);
	assert_memory_equal(r->sign[0].b, fresh.b, sizeof fresh.b);
	assert_memory_equal(r->sign[1].b, old.b, sizeof old.b);
	assert_int_equal(r->n_tls, 2);
	assert_int_equal(r->n_addr, 1);
	assert_int_equal(r->issued, 1795309999);

	assert_int_equal(next_daemon(), 0);
	assert_int_equal(fed_draft_revoke(&d, &old, &err), 0);
	end_and_give(root_a);
	r = fed_reg_daemon(reg, &a);
	assert_int_equal(r->n_sign, 1);
	assert_int_equal(r->n_revoked, 1);

	assert_int_equal(next_daemon(), 0);
	refused(fed_draft_revoke(&d, &old, &err), KERR_EXISTS, "revoked already");
	refused(fed_draft_revoke(&d, &fresh, &err), KERR_INVALID, "needs another");
	refused(fed_draft_sign(&d, &old, &err), KERR_INVALID, "does not come back");
	refused(fed_draft_sign(&d, &fresh, &err), KERR_EXISTS, "in use");
	fed_draft_fini(&d);
}

static void test_daemon_refused(void **state)
{
	struct fed_profile p = profile_of('d');

	(void)state;
	p.name = lit("forum");
	refused(fed_draft_daemon(&d, &p, &err), KERR_INVALID, "forum is no name for a daemon");
	fed_draft_fini(&d);
	p = profile_of('d');
	p.title = lit("");
	refused(fed_draft_daemon(&d, &p, &err), KERR_INVALID, "title and contact");
	fed_draft_fini(&d);
	p = profile_of('d');
	p.addr[0] = lit("forum.d.example");
	refused(fed_draft_daemon(&d, &p, &err), KERR_INVALID, "is no address: host:port");
	fed_draft_fini(&d);
	refused(fed_draft_daemon_next(&d, text_of(FED_REC_DAEMON, b.s), 1, &err), KERR_NOTFOUND,
		"there is no daemon record yet");
	fed_draft_fini(&d);
}

/* ---- federation ---- */

static void test_federation(void **state)
{
	const struct fed_federation *f;

	(void)state;
	give_daemon('b');
	take_in(&b, 'b', "kreis.b");
	f = fed_reg_federation(reg);
	assert_int_equal(f->n_daemon, 2);
	assert_true(fed_reg_active(reg, &b));

	assert_int_equal(next_federation(&a), 0);
	assert_int_equal(fed_draft_domain(&d, &b, lit("kreis-b.example"), &err), 0);
	refused(fed_draft_domain(&d, &b, lit("forum.a.example"), &err), KERR_EXISTS, "another");
	end_and_give(seed_a);
	assert_true(fed_federation_owns(fed_reg_federation(reg), &b, lit("kreis-b.example")));

	assert_int_equal(next_federation(&a), 0);
	assert_int_equal(fed_draft_daemon_state(&d, &b, FED_SUSPENDED, &err), 0);
	end_and_give(seed_a);
	assert_false(fed_reg_active(reg, &b));
	take_in(&b, 'b', "kreis.other"); /* the prefix it has stays */
	assert_slice(fed_federation_daemon(fed_reg_federation(reg), &b)->prefix, "kreis.b");

	assert_int_equal(next_federation(&a), 0);
	assert_int_equal(fed_draft_admin(&d, &b, &err), 0);
	refused(fed_draft_admin(&d, &a, &err), KERR_EXISTS, "admin already");
	refused(fed_draft_admin(&d, &c, &err), KERR_NOTFOUND, "no daemon");
	refused(fed_draft_daemon_state(&d, &b, FED_GONE, &err), KERR_DENIED, "is an admin");
	end_and_give(seed_a);
	assert_int_equal(fed_reg_federation(reg)->n_admin, 2);
}

static void test_gone(void **state)
{
	(void)state;
	assert_int_equal(next_federation(&a), 0);
	assert_int_equal(fed_draft_daemon_state(&d, &b, FED_GONE, &err), 0);
	end_and_give(seed_a);
	assert_int_equal(next_federation(&a), 0);
	refused(fed_draft_daemon_in(&d, &b, fed_rig_name('b'), lit("kreis.b"), &err), KERR_DENIED,
		"for ever");
	refused(fed_draft_daemon_state(&d, &b, FED_ACTIVE, &err), KERR_DENIED, "for ever");
	refused(fed_draft_daemon_state(&d, &b, FED_GONE, &err), KERR_EXISTS, "gone already");
	/* its name and its prefix may be another's */
	assert_int_equal(fed_draft_daemon_in(&d, &c, fed_rig_name('b'), lit("kreis.b"), &err), 0);
	end_and_give(seed_a);
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
		assert_int_equal(next_federation(&a), 0);
		refused(fed_draft_daemon_in(
				&d, &c, slice_str(rows[i].name), slice_str(rows[i].prefix), &err),
			rows[i].rc, rows[i].part);
		fed_draft_fini(&d);
	}
	refused(next_federation(&b), KERR_DENIED, "ask forum.a.example");
	fed_draft_fini(&d);
	assert_int_equal(next_federation(&a), 0);
	refused(fed_draft_daemon_in(&d, &b, fed_rig_name('b'), lit("kreis.b"), &err), KERR_EXISTS,
		"in the federation already");
	fed_draft_fini(&d);
	refused(fed_draft_federation(&d, &a, lit(" "), fed_rig_name('a'), lit("x"), &err),
		KERR_INVALID, "the title");
	fed_draft_fini(&d);
}

/* Who is not alone cannot decide alone. */
static void test_quorum(void **state)
{
	(void)state;
	assert_int_equal(next_federation(&a), 0);
	refused(fed_draft_quorum(&d, 2, &err), KERR_INVALID, "admins: 1; so many");
	assert_int_equal(fed_draft_admin(&d, &b, &err), 0);
	refused(fed_draft_quorum(&d, 0, &err), KERR_INVALID, "one at least");
	refused(fed_draft_quorum(&d, 1, &err), KERR_EXISTS, "already");
	assert_int_equal(fed_draft_quorum(&d, 2, &err), 0);
	end_and_give(seed_a);

	assert_int_equal(next_federation(&b), 0);
	refused(fed_draft_admin_out(&d, &b, &err), KERR_DENIED, "2 must sign together");
	assert_int_equal(fed_draft_quorum(&d, 1, &err), 0);
	assert_int_equal(fed_draft_admin_out(&d, &b, &err), 0);
	refused(fed_draft_admin_out(&d, &b, &err), KERR_NOTFOUND, "no admin");
	refused(fed_draft_admin_out(&d, &a, &err), KERR_DENIED, "last admin");
	fed_draft_fini(&d);
}

/* ---- groups ---- */

static struct fed_group_wish wish(const char *name)
{
	return (struct fed_group_wish){
		.group = slice_str(name), .title = lit("Rat"), .closed = true};
}

static const struct fed_group *group(void)
{
	return fed_reg_group_named(reg, lit("kreis.a.rat"));
}

static void make_group(bool closed, bool join)
{
	struct fed_group_wish w = wish("kreis.a.rat");

	w.closed = closed;
	w.history_join = join;
	assert_int_equal(fed_draft_group(&d, fed_reg_federation(reg), &a, &w, &err), 0);
	end_and_give(seed_a);
}

static int next_group(void)
{
	return fed_draft_group_next(&d, text_of(FED_REC_GROUP, group()->gid.s), &a, &err);
}

static int member(const struct fed_oid *oid, bool rw)
{
	return fed_draft_member(&d, fed_reg_federation(reg), oid, rw, &places, &err);
}

static void change_member(const struct fed_oid *oid, bool rw)
{
	assert_int_equal(next_group(), 0);
	assert_int_equal(member(oid, rw), 0);
	end_and_give(seed_a);
}

static void remove_member(const struct fed_oid *oid)
{
	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_member_out(&d, oid, &places, &err), 0);
	end_and_give(seed_a);
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
	change_member(&b, true);
	assert_true(fed_group_member(group(), &b)->rw);
	assert_int_equal(fed_group_member(group(), &b)->joined, 2);
	assert_int_equal(next_group(), 0);
	refused(member(&b, true), KERR_EXISTS, "already");
	refused(member(&c, true), KERR_NOTFOUND, "no daemon");
	refused(member(&a, false), KERR_INVALID, "owner");
	refused(fed_draft_member_out(&d, &a, &places, &err), KERR_INVALID, "owner");
	refused(fed_draft_member_out(&d, &c, &places, &err), KERR_NOTFOUND, "not in the group");
	fed_draft_fini(&d);

	highest_pos = at(100, 7);
	change_member(&b, false);
	g = group();
	assert_false(fed_group_member(g, &b)->rw);
	assert_int_equal(g->n_cut, 1);
	assert_int_equal(g->cut[0].at.n, 7);
	change_member(&b, true);
	remove_member(&b); /* it has written nothing since */
	g = group();
	assert_null(fed_group_member(g, &b));
	assert_int_equal(g->cut[1].at.epoch, 101);
	assert_int_equal(g->cut[1].at.n, 0);
	change_member(&b, true);
	highest_pos = at(200, 3);
	remove_member(&b);
	assert_int_equal(group()->n_cut, 3);
	assert_int_equal(group()->cut[2].at.epoch, 200);
}

/* A stolen key: what was written before counts; the daemon stays in. */
static void test_cut(void **state)
{
	(void)state;
	make_group(true, false);
	change_member(&b, true);
	assert_int_equal(next_group(), 0);
	refused(fed_draft_cut(&d, &b, &places, &err), KERR_NOTFOUND, "written nothing");
	highest_pos = at(100, 7);
	assert_int_equal(fed_draft_cut(&d, &b, &places, &err), 0);
	end_and_give(seed_a);
	assert_true(fed_group_member(group(), &b)->rw);
	assert_int_equal(group()->cut[0].at.n, 7);
	assert_int_equal(next_group(), 0);
	refused(fed_draft_cut(&d, &b, &places, &err), KERR_EXISTS, "already");
	fed_draft_fini(&d);
}

static void test_history_join(void **state)
{
	const struct fed_group *g;

	(void)state;
	make_group(true, true);
	highest_pos = at(100, 7);
	change_member(&b, true);
	g = group();
	assert_int_equal(g->n_start, 1);
	assert_string_equal(g->start[0].of.s, a.s);
	assert_int_equal(g->start[0].n, 8);
	assert_false(fed_group_begin(g, &b, &a, 100) <= 7);
	assert_true(fed_group_begin(g, &b, &a, 100) <= 8);
	remove_member(&b);
	assert_int_equal(group()->n_start, 0);
	highest_pos = at(200, 1);
	change_member(&b, false);
	assert_int_equal(group()->n_start, 1);
	assert_int_equal(group()->start[0].epoch, 200);
}

static void copy(struct buf *out)
{
	struct buf text;

	buf_init(out, FED_RECORD_MAX);
	buf_init(&text, FED_RECORD_MAX);
	assert_int_equal(fed_draft_end(&d, seed_a, &text, &err), 0);
	fed_draft_fini(&d);
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
	change_member(&b, true);
	highest_pos = at(100, 7);
	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_member_out(&d, &b, &places, &err), 0);
	copy(&out);
	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_group_state(&d, FED_GROUP_FROZEN, &err), 0);
	copy(&frozen);
	const struct slice texts[] = {buf_slice(&out), buf_slice(&frozen)};

	assert_int_equal(fed_reg_give(reg, texts[0], false, &res, &err), FED_REG_TAKEN);
	assert_int_equal(fed_reg_give(reg, texts[1], false, &res, &err), FED_REG_TAKEN);
	assert_true(res.fork && group()->state == FED_GROUP_ACTIVE);
	refused(fed_draft_group_settle(&d, fed_reg_federation(reg), &b, texts, 2, 1, &err),
		KERR_DENIED, "only an admin");
	fed_draft_fini(&d);
	assert_int_equal(
		fed_draft_group_settle(&d, fed_reg_federation(reg), &a, texts, 2, 1, &err), 0);
	end_and_give(seed_a);
	assert_int_equal(group()->state, FED_GROUP_FROZEN);
	assert_non_null(fed_group_member(group(), &b));
	assert_int_equal(group()->n_cut, 1);
	buf_fini(&out);
	buf_fini(&frozen);
}

/* Deputies stand in for the owner, together; and another may become owner. */
static void test_deputies(void **state)
{
	const struct fed_federation *f = fed_reg_federation(reg);

	(void)state;
	make_group(true, false);
	assert_int_equal(next_group(), 0);
	refused(fed_draft_deputy(&d, f, &b, &err), KERR_INVALID, "not in the group");
	fed_draft_fini(&d);
	change_member(&b, true);
	f = fed_reg_federation(reg);
	assert_int_equal(next_group(), 0);
	refused(fed_draft_by_quorum(&d, f, &b, &err), KERR_DENIED, "only an admin");
	refused(fed_draft_deputy(&d, f, &a, &err), KERR_INVALID, "owner of a group");
	refused(fed_draft_deputy_out(&d, &b, &err), KERR_NOTFOUND, "no deputy");
	assert_int_equal(fed_draft_deputy(&d, f, &b, &err), 0);
	refused(fed_draft_deputy(&d, f, &b, &err), KERR_EXISTS, "already");
	refused(fed_draft_quorum(&d, 2, &err), KERR_INVALID, "deputies: 1; so many");
	end_and_give(seed_a);
	assert_int_equal(group()->n_deputy, 1);

	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_by_quorum(&d, f, &b, &err), 0);
	assert_int_equal(fed_draft_by_quorum(&d, f, &a, &err), 0); /* as admin */
	refused(fed_draft_owner(&d, f, &a, &err), KERR_EXISTS, "already");
	assert_int_equal(fed_draft_owner(&d, f, &b, &err), 0);
	end_and_give(seed_a);
	assert_true(fed_oid_eq(&group()->owner, &b));
	assert_int_equal(group()->n_deputy, 0);
}

/* Whom the other record alone took in is cut before its first entry. */
static void test_settle_newcomer(void **state)
{
	struct buf in, frozen;
	struct fed_reg_result res;

	(void)state;
	make_group(true, false);
	highest_pos = at(100, 7);
	assert_int_equal(next_group(), 0);
	assert_int_equal(member(&b, true), 0);
	copy(&in);
	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_group_state(&d, FED_GROUP_FROZEN, &err), 0);
	copy(&frozen);
	const struct slice texts[] = {buf_slice(&in), buf_slice(&frozen)};

	assert_int_equal(fed_reg_give(reg, texts[0], false, &res, &err), FED_REG_TAKEN);
	assert_int_equal(fed_reg_give(reg, texts[1], false, &res, &err), FED_REG_TAKEN);
	assert_int_equal(
		fed_draft_group_settle(&d, fed_reg_federation(reg), &a, texts, 2, 1, &err), 0);
	end_and_give(seed_a);
	assert_null(fed_group_member(group(), &b));
	assert_int_equal(group()->n_cut, 1);
	assert_true(fed_oid_eq(&group()->cut[0].oid, &b) && group()->cut[0].at.n == 0);
	buf_fini(&in);
	buf_fini(&frozen);
}

static void test_public(void **state)
{
	(void)state;
	make_group(false, false);
	assert_int_equal(group()->n_member, 0);
	assert_int_equal(next_group(), 0);
	refused(member(&b, true), KERR_EXISTS, "already");
	refused(fed_draft_member_out(&d, &b, &places, &err), KERR_INVALID, "--ro");
	fed_draft_fini(&d);
	change_member(&b, false);
	assert_int_equal(group()->n_member, 1);
	assert_int_equal(group()->n_cut, 1);
	change_member(&b, true);
	assert_int_equal(group()->n_member, 0);
	change_member(&b, false);
	assert_int_equal(group()->n_cut, 2);
}

static void test_group_refused(void **state)
{
	const struct fed_federation *f = fed_reg_federation(reg);
	struct fed_group_wish w = wish("kreis.b.rat");

	(void)state;
	refused(fed_draft_group(&d, f, &a, &w, &err), KERR_DENIED,
		"under kreis.a: call it kreis.a.kreis.b.rat");
	fed_draft_fini(&d);
	w = wish("Rat");
	refused(fed_draft_group(&d, f, &a, &w, &err), KERR_INVALID, "no name of a group");
	fed_draft_fini(&d);
	w = wish("kreis.c.rat");
	refused(fed_draft_group(&d, f, &c, &w, &err), KERR_DENIED, "not in the federation");
	fed_draft_fini(&d);
	make_group(true, false);
	refused(fed_draft_group_next(&d, text_of(FED_REC_GROUP, group()->gid.s), &b, &err),
		KERR_DENIED, "belongs to another daemon");
	fed_draft_fini(&d);
	refused(fed_draft_group_next(&d, text_of(FED_REC_DAEMON, a.s), &a, &err), KERR_INVALID,
		"another type");
	fed_draft_fini(&d);
}

/* ---- people ---- */

static void test_moderators(void **state)
{
	const struct fed_federation *f = fed_reg_federation(reg);
	const struct slice anna = lit("anna@forum.a.example"), ben = lit("ben@forum.b.example");
	int i;

	(void)state;
	make_group(true, false);
	for (i = 0; i < 2; i++) {
		assert_int_equal(next_group(), 0);
		assert_int_equal(fed_draft_moderator(&d, f, anna, &err), 0);
		refused(fed_draft_moderator(&d, f, anna, &err), KERR_EXISTS, "already");
		refused(fed_draft_moderator(&d, f, ben, &err), KERR_INVALID, "group invite");
		refused(fed_draft_moderator(&d, f, lit("x@y.example"), &err), KERR_INVALID,
			"no daemon");
		refused(fed_draft_moderator(&d, f, lit("anna"), &err), KERR_INVALID, "no person");
		end_and_give(seed_a);
		assert_int_equal(group()->n_moderator, 1);
		assert_int_equal(next_group(), 0);
		assert_int_equal(fed_draft_moderator_out(&d, f, anna, &places, &err), 0);
		refused(fed_draft_moderator_out(&d, f, anna, &places, &err), KERR_NOTFOUND,
			"no moderator");
		end_and_give(seed_a);
	}
	assert_int_equal(group()->n_moderator, 0);
	assert_int_equal(group()->n_former, 2);
	assert_int_equal(group()->former[1].at.epoch, 1);
}

static void test_bans_and_states(void **state)
{
	const struct fed_federation *f = fed_reg_federation(reg);
	const struct slice ben = lit("ben@forum.b.example");

	(void)state;
	make_group(true, false);
	highest_pos = at(5, 5);
	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_ban(&d, f, ben, &places, &err), 0);
	refused(fed_draft_ban(&d, f, ben, &places, &err), KERR_EXISTS, "banned already");
	end_and_give(seed_a);
	assert_int_equal(group()->ban[0].at.n, 5);
	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_unban(&d, ben, &err), 0);
	refused(fed_draft_unban(&d, ben, &err), KERR_NOTFOUND, "not banned");
	end_and_give(seed_a);
	assert_int_equal(group()->n_ban, 0);
	assert_int_equal(next_group(), 0);
	assert_int_equal(fed_draft_group_state(&d, FED_GROUP_FROZEN, &err), 0);
	refused(fed_draft_group_state(&d, FED_GROUP_FROZEN, &err), KERR_EXISTS, "already");
	end_and_give(seed_a);
	assert_int_equal(group()->state, FED_GROUP_FROZEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_daemon, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_daemon_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_federation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gone, set_up_two, tear_down),
		cmocka_unit_test_setup_teardown(test_federation_refused, set_up_two, tear_down),
		cmocka_unit_test_setup_teardown(test_quorum, set_up_two, tear_down),
		cmocka_unit_test_setup_teardown(test_members, set_up_two, tear_down),
		cmocka_unit_test_setup_teardown(test_cut, set_up_two, tear_down),
		cmocka_unit_test_setup_teardown(test_history_join, set_up_two, tear_down),
		cmocka_unit_test_setup_teardown(test_public, set_up_two, tear_down),
		cmocka_unit_test_setup_teardown(test_settle, set_up_two, tear_down),
		cmocka_unit_test_setup_teardown(test_deputies, set_up_two, tear_down),
		cmocka_unit_test_setup_teardown(test_settle_newcomer, set_up_two, tear_down),
		cmocka_unit_test_setup_teardown(test_group_refused, set_up_two, tear_down),
		cmocka_unit_test_setup_teardown(test_moderators, set_up_two, tear_down),
		cmocka_unit_test_setup_teardown(test_bans_and_states, set_up_two, tear_down),
	};

	crypto_ossl_install();
	a = fed_rig_oid('a');
	b = fed_rig_oid('b');
	c = fed_rig_oid('c');
	fed_rig_seed('a', seed_a);
	memset(root_a, 'a', sizeof root_a);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
