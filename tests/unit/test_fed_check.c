/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The receiving checks, one broken at a time: what is said, and what is kept of it. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/base/err.h"
#include "proto/fed/fed_check.h"
#include "tests/rig/fed_rig.h"

enum { NOW = 1795309300 };

#define THREE                                                                                      \
	"daemon: @a active ~a kreisa\n|daemon: @a active ~a kreisa\ndaemon: @b active ~b kreisb\n" \
	"daemon: @c active ~c kreisc\ndomain: @a kreis-a.example\n"
#define HEAD                                                                                       \
	"From: u1@forum.a.example\r\nDate: Sun, 22 Nov 2026 01:00:00 +0000\r\n"                    \
	"Newsgroups: kreisa.forum\r\nSubject: x\r\n"
#define MID "Message-ID: <x@forum.a.example>\r\n"

static struct arena ar;
static struct fed_reg *reg;
static struct fed_feeds feeds;
static struct fed_scene scene;
static struct fed_oid self, peer;
static bool room; /* within the quota */

/* ---- the surroundings ---- */

static void give(const char *text, const char *edits, const struct fed_record *prev,
	const char *sigs, struct fed_record **out)
{
	struct fed_record *rec = fed_rig_make(&ar, text, edits, prev, sigs);
	struct fed_reg_result res;
	struct err why = {""};

	enum fed_reg_got got = fed_reg_give(reg, rec->text, false, &res, &why);
	if (got != FED_REG_TAKEN)
		fprintf(stderr, "%s\n", why.text);
	assert_int_equal(got, FED_REG_TAKEN);
	*out = rec;
}

static bool quota(void *arg, const struct fed_sign *s, size_t bytes)
{
	(void)arg;
	(void)s;
	(void)bytes;
	return room;
}

static int no_link(void *arg, const struct fed_feed *f, uint64_t n, struct fed_link *out)
{
	(void)arg;
	(void)f;
	(void)n;
	(void)out;
	return KERR_NOTFOUND;
}

/* A registry anew: a, b and c in a federation, the record of a, the group with these changes. */
static void fill(const char *group_edits)
{
	struct fed_record *rec;

	fed_reg_free(reg);
	scene.reg = reg = fed_reg_new();
	give(fed_rig_daemon, NULL, NULL, "a", &rec);
	give(fed_rig_federation, NULL, NULL, "A", &rec);
	give(fed_rig_federation, THREE, rec, "A", &rec);
	give(fed_rig_group, group_edits, NULL, "A", &rec);
}

/* kreisa.forum is closed with a and b; we are b, a gave us the entry. */
static int set_up(void **state)
{
	(void)state;
	arena_init(&ar);
	fed_feeds_init(&feeds);
	fill(NULL);
	self = fed_rig_oid('b');
	peer = fed_rig_oid('a');
	room = true;
	scene = (struct fed_scene){.reg = reg,
		.feeds = &feeds,
		.self = self,
		.peer = &peer,
		.now_at = NOW,
		.link = no_link,
		.quota = quota};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fed_feeds_fini(&feeds);
	fed_reg_free(reg);
	reg = NULL;
	arena_fini(&ar);
	return 0;
}

/* ---- an entry ---- */

struct letter {
	const char *head;  /* without Kokod fields */
	const char *front; /* put in front of the article after it was signed */
	struct slice actor, gateway;
	char origin; /* whose oid and key */
	uint64_t n, t, r, e;
	struct fed_hash p;
};

static struct letter letter(void)
{
	return (struct letter){.head = HEAD MID,
		.front = "",
		.actor = lit("u1@forum.a.example"),
		.origin = 'a',
		.n = 1,
		.t = NOW,
		.r = 1,
		.e = 100,
		.p = fed_hash_none};
}

/* Sign it and check it; the tags are left in *sign. */
static struct fed_verdict_entry check_with(const struct letter *l, struct fed_sign *sign)
{
	static struct fed_entry en;
	struct fed_make make = {.o = fed_rig_oid(l->origin),
		.e = l->e,
		.y = FED_ARTICLE,
		.name = lit("forum.a.example"),
		.group = lit("kreisa.forum"),
		.actor = l->actor,
		.gateway = l->gateway};
	struct fed_oid founder = fed_rig_oid('a');
	struct fed_public key = fed_rig_public(l->origin);
	struct fed_verdict_entry v;
	uint8_t seed[CRYPTO_KEY_LEN];
	struct buf in, out, whole;
	struct article a;
	const char *why;

	buf_init(&in, SIZE_MAX);
	buf_init(&out, SIZE_MAX);
	buf_init(&whole, SIZE_MAX);
	if (l->actor.len > 0) /* what an origin calls itself is its own business */
		make.name = slice_from(l->actor, slice_chr(l->actor, '@') + 1);
	fed_gid_of(&founder, make.group, lit(FED_RIG_SALT), &make.g);
	fed_keyid_of(&key, &make.k);
	fed_rig_seed(l->origin, seed);
	buf_addf(&in, "%s\r\nText\r\n", l->head);
	assert_int_equal(article_parse(&a, buf_slice(&in), &msg_limits_inject), 0);
	assert_int_equal(fed_entry_prepare(&a, &make, &out, sign, &why), 0);
	fed_entry_seal(sign, l->n, &l->p, l->t, l->r, seed);
	fed_sign_add_field(&whole, sign);
	buf_addz(&whole, l->front);
	buf_add(&whole, buf_slice(&out));
	assert_int_equal(fed_entry_parse(&en, buf_slice(&whole)), 0);
	assert_int_equal(fed_check_entry(&scene, &en, &v), 0);
	if (v.got == FED_GOT_TAKE)
		assert_null(v.why);
	buf_fini(&in);
	buf_fini(&out);
	buf_fini(&whole);
	return v;
}

static enum fed_got check(struct letter l)
{
	struct fed_sign sign;

	return check_with(&l, &sign).got;
}

/* ---- tests ---- */

static void takes(void **state)
{
	struct letter l = letter();

	(void)state;
	assert_int_equal(check(l), FED_GOT_TAKE);
	l.actor = lit("");
	assert_int_equal(check(l), FED_GOT_TAKE);
	l.head = HEAD "Message-ID: <x@kreis-a.example>\r\n";
	assert_int_equal(check(l), FED_GOT_TAKE);
}

static void scope(void **state)
{
	struct fed_oid c = fed_rig_oid('c');

	(void)state;
	scene.self = c;
	assert_int_equal(check(letter()), FED_GOT_SCOPE);
	scene.self = self;
	scene.peer = &c;
	assert_int_equal(check(letter()), FED_GOT_INTRUDER);
	scene.peer = NULL; /* a news server: the group is closed */
	assert_int_equal(check(letter()), FED_GOT_SCOPE);
}

/* The origin's record, key, name. */
static void origin(void **state)
{
	struct letter l = letter();
	struct fed_verdict_entry v;
	struct fed_sign sign;

	(void)state;
	l.origin = 'b'; /* in the federation, its record is not here */
	l.actor = lit("");
	v = check_with(&l, &sign);
	assert_int_equal(v.got, FED_GOT_LATER);
	assert_int_equal(v.lack.key.type, FED_REC_DAEMON);
	l.origin = 'x';
	assert_int_equal(check(l), FED_GOT_SCOPE);
	l = letter();
	l.head = HEAD "Message-ID: <x@forum.b.example>\r\n";
	assert_int_equal(check(l), FED_GOT_BAD);
}

/*
 * A daemon writes what it likes into its own record; whose people it may speak for says the
 * federation's.
 */
static void names_come_from_the_federation(void **state)
{
	struct fed_record *rec = NULL, *one = fed_rig_make(&ar, fed_rig_daemon, NULL, NULL, "a");
	struct letter l = letter();

	(void)state;
	give(fed_rig_daemon, "name: ~a|name: ~b", one, "a", &rec);
	l.actor = lit("u1@forum.b.example");
	assert_int_equal(check(l), FED_GOT_BAD);
	assert_int_equal(check(letter()), FED_GOT_TAKE);
	l.actor = lit("u1@kreis-a.example");
	assert_int_equal(check(l), FED_GOT_TAKE);
}

/* A field that a relay has added does not make a moderator of anybody. */
static void added_actor_has_no_effect(void **state)
{
	struct fed_record *rec = NULL, *one = fed_rig_make(&ar, fed_rig_group, NULL, NULL, "A");
	struct letter l = letter();

	(void)state;
	give(fed_rig_group,
		"post: members|post: moderators|state:|moderator: m@forum.a.example\nstate:", one,
		"A", &rec);
	l.r = 2;
	l.actor = lit("m@forum.a.example");
	assert_int_equal(check(l), FED_GOT_TAKE);
	l.actor = lit("u1@forum.a.example");
	assert_int_equal(check(l), FED_GOT_STUB);
	l.actor = lit("");
	assert_int_equal(check(l), FED_GOT_STUB);
	l.front = "Kokod-Actor: m@forum.a.example\r\n";
	assert_int_equal(check(l), FED_GOT_STUB);
	/* made while all members could post */
	l = letter();
	assert_int_equal(check(l), FED_GOT_TAKE);
	/* a cancel is no post */
	l.r = 2;
	l.head = HEAD MID "Control: cancel <y@forum.a.example>\r\n";
	assert_int_equal(check(l), FED_GOT_TAKE);
}

static void times_and_serials(void **state)
{
	struct letter l = letter();
	struct fed_verdict_entry v;
	struct fed_sign sign;

	(void)state;
	l.t = NOW + FED_FUTURE_S;
	assert_int_equal(check(l), FED_GOT_TAKE);
	l.t++;
	assert_int_equal(check(l), FED_GOT_LATER);
	l.t = NOW + FED_HOLD_S + 1;
	assert_int_equal(check(l), FED_GOT_BAD);
	l = letter();
	l.r = 2;
	v = check_with(&l, &sign);
	assert_int_equal(v.got, FED_GOT_LATER);
	assert_int_equal(v.lack.serial, 2);
	l = letter();
	l.n = FED_WINDOW;
	assert_int_equal(check(l), FED_GOT_TAKE);
	l.n = FED_WINDOW + 1;
	assert_int_equal(check(l), FED_GOT_BAD);
	room = false;
	assert_int_equal(check(letter()), FED_GOT_LATER);
}

/* The chain: entry 1 is here, 2 must follow it. */
static void chain(void **state)
{
	struct letter l = letter(), other = letter();
	struct fed_verdict_entry v;
	struct fed_sign sign;

	(void)state;
	v = check_with(&l, &sign);
	struct fed_feed *f = fed_feeds_make(&feeds, &v.feed);
	fed_feed_pend(f, &v.link);
	assert_int_equal(check(l), FED_GOT_LATER); /* on its way to the disk */
	other.t--;
	assert_int_equal(check(other), FED_GOT_FORK);

	l.n = 2;
	l.p = v.link.e;
	assert_int_equal(check(l), FED_GOT_TAKE);
	l.t = NOW - FED_T_BACK_S;
	assert_int_equal(check(l), FED_GOT_TAKE);
	l.t--;
	assert_int_equal(check(l), FED_GOT_BAD);
	l.t = NOW;
	l.p = fed_hash_none;
	assert_int_equal(check(l), FED_GOT_FORK);
	l.n = 3; /* beyond a gap nothing is known of the one before */
	assert_int_equal(check(l), FED_GOT_TAKE);
}

static void cut_origin(void **state)
{
	struct fed_record *rec = NULL, *one = fed_rig_make(&ar, fed_rig_group, NULL, NULL, "A");
	struct fed_record *b = NULL;
	struct letter l = letter();

	(void)state;
	give(fed_rig_daemon,
		"oid: @a|oid: @b|root: !a|root: !b|name: ~a|name: ~b|sign: #a|sign: #b", NULL, "b",
		&b);
	give(fed_rig_group,
		"member: @b rw 1\n|cut: @b 99 7 BuS7KC--dJTDaeXsO7t_Im_osmYX-VhwImlJOsFs4h4\n", one,
		"A", &rec);
	scene.self = peer;
	l.origin = 'b';
	l.actor = lit("");
	l.head = HEAD "Message-ID: <x@forum.b.example>\r\n";
	assert_int_equal(check(l), FED_GOT_VOID);
	l.e = 98;
	assert_int_equal(check(l), FED_GOT_TAKE);
	l.r = 2;
	assert_int_equal(check(l), FED_GOT_SCOPE);
}

/* Only the gateway brings in what has another's Message-ID, and only where it says so. */
static void gateways(void **state)
{
	struct letter l = letter();
	const char *by_a = "class: closed|class: public|inn: no|inn: yes\ngateway: @a|"
			   "member: @a rw 1\nmember: @b rw 1\n|";
	const char *by_b = "class: closed|class: public|inn: no|inn: yes\ngateway: @b|"
			   "member: @a rw 1\nmember: @b rw 1\n|";

	(void)state;
	fill(by_a);
	l.actor = lit("");
	l.gateway = lit("news.example!x");
	l.head = HEAD "Message-ID: <x@elsewhere.example>\r\n";
	assert_int_equal(check(l), FED_GOT_TAKE);
	l.gateway = lit("");
	assert_int_equal(check(l), FED_GOT_BAD);

	fill(by_b);
	assert_int_equal(check(l), FED_GOT_BAD);
	l = letter();
	l.actor = lit("");
	assert_int_equal(check(l), FED_GOT_TAKE);
	l.gateway = lit("news.example!x");
	assert_int_equal(check(l), FED_GOT_BAD);
}

/* What a silenced origin posts is a stub, so that its feed has no gap and its receipts count. */
static void read_only_origin(void **state)
{
	struct fed_record *one = fed_rig_make(&ar, fed_rig_group, NULL, NULL, "A"), *rec = NULL;
	struct letter l = letter();
	struct fed_verdict_entry v;
	struct fed_sign sign;

	(void)state;
	give(fed_rig_group,
		"@a rw|@a ro|state:|cut: @a 99 7 "
		"BuS7KC--dJTDaeXsO7t_Im_osmYX-VhwImlJOsFs4h4\nstate:",
		one, "A", &rec);
	l.r = 2;
	v = check_with(&l, &sign);
	assert_int_equal(v.got, FED_GOT_STUB);
	assert_int_equal(v.absent, FED_ABSENT_POLICY);
	l.head = HEAD MID "Control: cancel <y@forum.a.example>\r\n";
	assert_int_equal(check(l), FED_GOT_TAKE);
}

/* The key was stolen: what it signed waits for a cut, and counts up to it. */
static void revoked_key(void **state)
{
	struct fed_record *d = fed_rig_make(&ar, fed_rig_daemon, NULL, NULL, "a");
	struct fed_record *one = fed_rig_make(&ar, fed_rig_group, NULL, NULL, "A"), *rec = NULL;
	struct letter l = letter();
	char edit[200];
	struct fed_verdict_entry v;
	struct fed_sign sign;

	(void)state;
	v = check_with(&l, &sign);
	assert_int_equal(v.got, FED_GOT_TAKE);
	give(fed_rig_daemon, "sign: #a\n|sign: #d\nrevoked: #a\n", d, "a", &rec);
	assert_int_equal(check(l), FED_GOT_LATER);
	snprintf(edit, sizeof edit, "state:|cut: @a 100 1 %s\nstate:", v.link.e.s);
	give(fed_rig_group, edit, one, "D", &rec);
	assert_int_equal(check(l), FED_GOT_TAKE);
	l.n = 2;
	l.p = v.link.e;
	assert_int_equal(check(l), FED_GOT_LATER);
	l.n = 1;
	l.t--; /* the thief signs another first entry: it has another E */
	assert_int_equal(check(l), FED_GOT_LATER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(scope, set_up, tear_down),
		cmocka_unit_test_setup_teardown(origin, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_come_from_the_federation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(added_actor_has_no_effect, set_up, tear_down),
		cmocka_unit_test_setup_teardown(times_and_serials, set_up, tear_down),
		cmocka_unit_test_setup_teardown(chain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cut_origin, set_up, tear_down),
		cmocka_unit_test_setup_teardown(gateways, set_up, tear_down),
		cmocka_unit_test_setup_teardown(read_only_origin, set_up, tear_down),
		cmocka_unit_test_setup_teardown(revoked_key, set_up, tear_down),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
