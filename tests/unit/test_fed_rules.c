/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may sign what record, and what may follow upon what. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
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

/* ---- what the surroundings know ---- */

/* Letters whose daemon records are held; capital: the signing key is revoked. */
static const char *held = "abcde";

static bool signer(void *arg, const struct fed_keyid *keyid, struct fed_signer *out)
{
	const char *letters = *(const char **)arg;

	for (; *letters; letters++) {
		char who = (char)(*letters | 32);
		struct fed_public key = fed_rig_public(who);
		struct fed_keyid id;
		fed_keyid_of(&key, &id);
		if (!fed_keyid_eq(&id, keyid))
			continue;
		*out = (struct fed_signer){fed_rig_oid(who), key, *letters < 'a'};
		return true;
	}
	return false;
}

static struct fed_known known_of(const struct fed_record *federation)
{
	return (struct fed_known){.arg = &held,
		.signer = signer,
		.federation = federation ? &federation->federation : NULL};
}

static void expect(const struct fed_chain *chain, const struct fed_record *rec,
	const struct fed_known *known, enum fed_verdict want, const char *why, int line)
{
	struct err err = {""};
	enum fed_verdict v = fed_record_accepts(chain, rec, known, &err);

	if (v == want && (!why || strcmp(err.text, why) == 0))
		return;
	fprintf(stderr, "line %d: %d \"%s\", not %d \"%s\"\n", line, v, err.text, want,
		why ? why : "");
	fail();
}

#define EXPECT(last, before, rival, rec, known, want, why)                                         \
	expect(&(struct fed_chain){(last), (before), {(rival)}, NULL}, (rec), (known), (want),     \
		(why), __LINE__)

/* ---- daemons ---- */

static void daemons(void **state)
{
	const char *d = fed_rig_daemon;
	struct fed_known k = known_of(NULL);
	struct fed_record *one = make(d, NULL, NULL, "a");
	struct fed_record *two = make(d, "title: Kreis A|title: A", one, "a");
	struct fed_record *three = make(d, "sign: #a\n|sign: #b\nrevoked: #a\n", two, "a");

	(void)state;
	EXPECT(NULL, NULL, NULL, one, &k, FED_ACCEPT, NULL);
	EXPECT(one, NULL, NULL, one, &k, FED_SAME, "held already");
	EXPECT(one, NULL, NULL, two, &k, FED_ACCEPT, NULL);
	EXPECT(two, one, NULL, one, &k, FED_OLD, NULL);
	EXPECT(NULL, NULL, NULL, two, &k, FED_GAP, NULL);
	EXPECT(one, NULL, NULL, three, &k, FED_GAP, "fetch the serials between first");
	EXPECT(two, one, NULL, three, &k, FED_ACCEPT, NULL);
	/* the signing key is not the root key, nor is another's root key */
	EXPECT(one, NULL, NULL, make(d, NULL, one, "A"), &k, FED_REFUSED,
		"not signed by those who may");
	EXPECT(one, NULL, NULL, make(d, NULL, one, "b"), &k, FED_REFUSED, NULL);
	/* another prev */
	EXPECT(two, one, NULL,
		make(d,
			"serial: 1\nprev: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA|serial: 3\n"
			"prev: " H1,
			NULL, "a"),
		&k, FED_APART, "prev is not the record of the serial before");
	EXPECT(three, two, NULL, make(d, NULL, three, "a"), &k, FED_REFUSED,
		"a revoked key does not come back");
}

/* Two records of one serial: the root key alone cannot go on, with the admins it can. */
static void daemon_forks(void **state)
{
	const char *d = fed_rig_daemon;
	struct fed_known k = known_of(make(fed_rig_federation, NULL, NULL, "A"));
	struct fed_record *one = make(d, NULL, NULL, "a");
	struct fed_record *two = make(d, "title: Kreis A|title: A", one, "a");
	struct fed_record *rival = make(d, "title: Kreis A|title: B", one, "a");

	(void)state;
	EXPECT(two, one, NULL, rival, &k, FED_FORK, NULL);
	EXPECT(two, one, rival, rival, &k, FED_SAME, NULL);
	EXPECT(two, one, rival, make(d, NULL, two, "a"), &k, FED_REFUSED,
		"there are two records of the serial before: only a quorum may go on");
	EXPECT(two, one, rival, make(d, NULL, two, "aA"), &k, FED_ACCEPT_HEALS, NULL);
	EXPECT(two, one, rival, make(d, NULL, rival, "aA"), &k, FED_ACCEPT_HEALS, NULL);
	EXPECT(two, one, rival, make(d, NULL, rival, "A"), &k, FED_REFUSED, NULL);
	EXPECT(two, one, NULL, make(d, "title: Kreis A|title: C", one, "aA"), &k, FED_ACCEPT_WINS,
		NULL);
}

/* ---- federations ---- */

#define THREE                                                                                      \
	"quorum: 1\nadmin: @a\n|quorum: 2\nadmin: @a\nadmin: @b\nadmin: @c\n|"                     \
	"daemon: @a active ~a kreisa\n|daemon: @a active ~a kreisa\ndaemon: @b active ~b kreisb\n" \
	"daemon: @c active ~c kreisc\n"

static void federations(void **state)
{
	const char *f = fed_rig_federation;
	struct fed_known k = known_of(NULL);
	struct fed_record *one = make(f, NULL, NULL, "A");
	struct fed_record *two = make(f, THREE, one, "A");
	const char *held_before = held;

	(void)state;
	EXPECT(NULL, NULL, NULL, one, &k, FED_ACCEPT, NULL);
	EXPECT(NULL, NULL, NULL, make(f, NULL, NULL, "B"), &k, FED_REFUSED, NULL);
	EXPECT(NULL, NULL, NULL, make(f, NULL, NULL, "a"), &k, FED_NEED_KEY, NULL);
	EXPECT(NULL, NULL, NULL,
		make(f,
			"admin: @a\n|admin: @a\nadmin: @b\n|kreisa\n|kreisa\ndaemon: @b active ~b "
			"kreisb\n",
			NULL, "A"),
		&k, FED_REFUSED, "a federation begins with its founder as the one admin");
	EXPECT(NULL, NULL, NULL, make(f, "@a active|@a suspended", NULL, "A"), &k, FED_REFUSED,
		"a federation begins with its founder as active daemon");
	/* the admins of the record before decide, by its quorum */
	EXPECT(one, NULL, NULL, two, &k, FED_ACCEPT, NULL);
	EXPECT(one, NULL, NULL, make(f, THREE, one, "BC"), &k, FED_REFUSED, NULL);
	EXPECT(two, one, NULL, make(f, THREE, two, "A"), &k, FED_REFUSED,
		"not signed by those who may");
	EXPECT(two, one, NULL, make(f, THREE, two, "AB"), &k, FED_ACCEPT, NULL);
	EXPECT(two, one, NULL, make(f, THREE, two, "CBA"), &k, FED_ACCEPT, NULL);
	EXPECT(two, one, NULL, make(f, THREE, two, "AD"), &k, FED_REFUSED, NULL);
	EXPECT(two, one, NULL, make(f, THREE, two, "AX"), &k, FED_NEED_KEY, NULL);
	/* a revoked key counts in the past only */
	held = "aBc";
	EXPECT(two, one, NULL, make(f, THREE, two, "AB"), &k, FED_REFUSED, NULL);
	k.history = true;
	EXPECT(two, one, NULL, make(f, THREE, two, "AB"), &k, FED_ACCEPT, NULL);
	held = held_before;
}

static void federations_keep(void **state)
{
	static const struct {
		const char *edit, *why;
	} rows[] = {
		{"title: Kreise|title: Other",                             NULL                                                },
		{"~b kreisb|beta.example kreisb\ndomain: @b forum.b.example|domain: @b "
		 "b.example\n|domain: @b b.example\n",    NULL						},
		{"~b kreisb|beta.example kreisb",
                 "a name that is given up stays as a domain of its daemon"                                                     },
		{"domain: @b b.example\n|",                                "a domain of a daemon is never dropped"             },
		{"@b active|@b gone",				      NULL						},
		{"daemon: @b active ~b kreisb\n||domain: @b b.example\n|",
                 "a daemon is never dropped: it is `gone`"								     },
		{"~b kreisb|~b kreisx",                                    "the prefix of a daemon never changes"              },
		{"salt: %SALT|salt: AAECAwQFBgcICQoLDA0ODw",
                 "fid, founder and salt of a federation never change"                                                          },
		{"fid: %FID|fid: %GID",                                    "fid, founder and salt of a federation never change"},
		{"founder: @a|founder: @b",                                "fid, founder and salt of a federation never change"},
	};

	const char *base = "kreisa\n|kreisa\ndaemon: @b active ~b kreisb\ndomain: @b b.example\n";
	const char *f = fed_rig_federation;
	struct fed_known k = known_of(NULL);
	struct fed_record *one = make(f, base, NULL, "A");

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		char edits[512];
		snprintf(edits, sizeof edits, "%s|%s", base, rows[i].edit);
		struct fed_record *two = make(f, edits, one, "A");
		EXPECT(one, NULL, NULL, two, &k, rows[i].why ? FED_REFUSED : FED_ACCEPT,
			rows[i].why);
	}
	struct fed_record *gone = make(
		f, "kreisa\n|kreisa\ndaemon: @b gone ~b kreisb\ndomain: @b b.example\n", one, "A");
	EXPECT(gone, one, NULL, make(f, base, gone, "A"), &k, FED_REFUSED,
		"a daemon that is gone does not come back");
}

/* One admin's daemon restored from an old backup: it settles the fork itself, by its quorum of 1.
 */
static void federation_forks(void **state)
{
	const char *f = fed_rig_federation;
	struct fed_known k = known_of(NULL);
	struct fed_record *one = make(f, NULL, NULL, "A");
	struct fed_record *two = make(f, "title: Kreise|title: X", one, "A");
	struct fed_record *rival = make(f, "title: Kreise|title: Y", one, "A");

	(void)state;
	EXPECT(two, one, NULL, rival, &k, FED_FORK, NULL);
	EXPECT(two, one, rival, make(f, NULL, rival, "A"), &k, FED_ACCEPT_HEALS, NULL);
	EXPECT(one, NULL, NULL, make(f, "kreisa\n|kreisa\ndomain: @a x.example\n", NULL, "A"), &k,
		FED_FORK, NULL);
}

/* ---- groups ---- */

static struct fed_record *three_daemons(void)
{
	return make(fed_rig_federation, THREE, make(fed_rig_federation, NULL, NULL, "A"), "A");
}

static void group_signers(void **state)
{
	const char *g = fed_rig_group;
	const char *deputies = "owner: @a\nquorum: 1|owner: @a\ndeputy: @b\ndeputy: @c\nquorum: 2";
	struct fed_known k = known_of(three_daemons());
	struct fed_record *one = make(g, deputies, NULL, "A");
	struct fed_record *two = make(g, deputies, one, "A");

	(void)state;
	EXPECT(NULL, NULL, NULL, one, &k, FED_ACCEPT, NULL);
	EXPECT(NULL, NULL, NULL, make(g, deputies, NULL, "BC"), &k, FED_REFUSED, NULL);
	EXPECT(one, NULL, NULL, two, &k, FED_ACCEPT, NULL);
	EXPECT(one, NULL, NULL, make(g, deputies, one, "BC"), &k, FED_ACCEPT, NULL);
	EXPECT(one, NULL, NULL, make(g, deputies, one, "B"), &k, FED_REFUSED, NULL);
	EXPECT(one, NULL, NULL, make(g, deputies, one, "D"), &k, FED_REFUSED, NULL);
	/* two of the federation's admins a, b, c; without deputies too */
	struct fed_record *plain = make(g, NULL, NULL, "A");
	EXPECT(plain, NULL, NULL, make(g, NULL, plain, "CB"), &k, FED_ACCEPT, NULL);
	EXPECT(plain, NULL, NULL, make(g, NULL, plain, "C"), &k, FED_REFUSED, NULL);
	/* the owner before decides who is the next one */
	struct fed_record *moved = make(g, "owner: @a|owner: @b", plain, "A");
	EXPECT(plain, NULL, NULL, moved, &k, FED_ACCEPT, NULL);
	EXPECT(plain, NULL, NULL, make(g, "owner: @a|owner: @b", plain, "B"), &k, FED_REFUSED,
		NULL);
	EXPECT(moved, plain, NULL, make(g, "owner: @a|owner: @b", moved, "B"), &k, FED_ACCEPT,
		NULL);
	EXPECT(moved, plain, NULL, make(g, "owner: @a|owner: @b", moved, "A"), &k, FED_REFUSED,
		NULL);
	k = known_of(NULL);
	EXPECT(NULL, NULL, NULL, one, &k, FED_NEED_KEY, "fetch the federation record first");
}

/* Quorum beats writer, whichever came first. */
static void group_forks(void **state)
{
	const char *g = fed_rig_group;
	struct fed_known k = known_of(three_daemons());
	struct fed_record *one = make(g, NULL, NULL, "A");
	struct fed_record *x = make(g, "title: Forum|title: X", one, "A");
	struct fed_record *y = make(g, "title: Forum|title: Y", one, "A");
	struct fed_record *q = make(g, "title: Forum|title: Q", one, "BC");
	struct fed_record *r = make(g, "title: Forum|title: R", one, "ABC");

	(void)state;
	EXPECT(x, one, NULL, y, &k, FED_FORK,
		"two valid records of one serial: a quorum must decide");
	EXPECT(x, one, NULL, q, &k, FED_ACCEPT_WINS, NULL);
	EXPECT(x, one, y, q, &k, FED_ACCEPT_WINS, NULL);
	EXPECT(q, one, NULL, x, &k, FED_LOSES, NULL);
	EXPECT(q, one, NULL, r, &k, FED_FORK, NULL);
	EXPECT(x, one, y, make(g, NULL, y, "A"), &k, FED_REFUSED, NULL);
	EXPECT(x, one, y, make(g, NULL, y, "BC"), &k, FED_ACCEPT_HEALS, NULL);
	/* of no parent that is known */
	struct fed_record *stray = make(g, "title: Forum|title: Z", NULL, "A");
	EXPECT(x, one, NULL, make(g, NULL, stray, "A"), &k, FED_APART,
		"prev is not the record of the serial before");
	EXPECT(one, NULL, NULL, stray, &k, FED_FORK, NULL);
}

static void groups_begin(void **state)
{
	static const struct {
		const char *edit, *why;
	} rows[] = {
		{"title: Forum|title: X",                           NULL                                        },
		{"owner: @a|owner: @b",                             "a group begins with its founder as owner"  },
		{"state: active|cut: @b 1 1 " H1 "\nstate: active",
                 "a group begins without cut and former"                                                        },
		{"member: @b|member: @x",                           "member that is no daemon of the federation"},
	};
	struct fed_known k = known_of(three_daemons());

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++)
		EXPECT(NULL, NULL, NULL, make(fed_rig_group, rows[i].edit, NULL, "A"), &k,
			rows[i].why ? FED_REFUSED : FED_ACCEPT, rows[i].why);
	/* the founder's prefix: kreisa in the federation of the rig */
	k = known_of(make(fed_rig_federation, "~a kreisa|~a kreis", NULL, "A"));
	EXPECT(NULL, NULL, NULL, make(fed_rig_group, "member: @b rw 1\n|", NULL, "A"), &k,
		FED_REFUSED, "the group's name is not under the prefix of its founder");
	k = known_of(make(fed_rig_federation, "@a active|@a suspended", NULL, "A"));
	EXPECT(NULL, NULL, NULL, make(fed_rig_group, "member: @b rw 1\n|", NULL, "A"), &k,
		FED_REFUSED, "owner is no active daemon of the federation");
	k.history = true;
	EXPECT(NULL, NULL, NULL, make(fed_rig_group, "member: @b rw 1\n|", NULL, "A"), &k,
		FED_ACCEPT, NULL);
}

#define MARKS                                                                                      \
	"state: active|cut: @c 5 5 " H1 "\nmoderator: u1@forum.a.example\n"                        \
	"moderator: u2@forum.a.example\nformer: u0@forum.a.example 5 5 " H1 "\nstate: active"

static void groups_keep(void **state)
{
	static const struct {
		const char *edit, *why;
	} rows[] = {
		{"title: Forum|title: X",								      NULL					      },
		{"post: members|post: moderators",							     NULL                                              },
		{"inn: no|inn: no",									    NULL					      },
		{"class: closed|class: public|member: @a rw 1\nmember: @b rw 1\n|",
                 "the class of a group never changes: make a new group"											  },
		{"salt: %SALT|salt: %SALT",								    NULL                                              },
 /* members */
		{"member: @b rw 1\n|member: @b rw 1\nmember: @c rw 2\n",                                       NULL                                              },
		{"member: @b rw 1\n|member: @b rw 1\nmember: @c rw 1\n",
                 "a member joins with the serial of the record that adds it"										     },
		{"member: @b rw 1\n|member: @b rw 2\n",
                 "a member joins with the serial of the record that adds it"										     },
		{"member: @b rw 1\n|",									 "a daemon that may not write any more needs a cut"},
		{"@b rw|@b ro",										"a daemon that may not write any more needs a cut"},
		{"member: @b rw 1\n||cut: @c 5 5 " H1 "\n|cut: @c 5 5 " H1 "\ncut: @b 0 0 "
		 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",			     NULL					      },
		{"@b rw|@b ro|cut: @c 5 5 " H1 "\n|cut: @c 5 5 " H1 "\ncut: @b 7 1 " H1 "\n",                  NULL                                              },
 /* marks */
		{"cut: @c 5 5 " H1 "\n|",								      "a cut is never taken back or moved"              },
		{"cut: @c 5 5 " H1 "\n|cut: @c 5 6 " H1 "\n",                                                  "a cut is never taken back or moved"              },
		{"cut: @c 5 5 " H1 "\n|cut: @c 5 5 " H2 "\n",                                                  "a cut is never taken back or moved"              },
		{"cut: @c 5 5 " H1 "\n|cut: @c 5 5 " H1 "\ncut: @c 4 9 " H1 "\n",
                 "a cut lies after the earlier ones of its daemon"											       },
		{"cut: @c 5 5 " H1 "\n|cut: @c 5 5 " H1 "\ncut: @c 6 1 " H1 "\n",                              NULL                                              },
		{"moderator: u1@forum.a.example\n|",							   "a moderator who is dropped needs a former"       },
		{"moderator: u1@forum.a.example\n||u0@forum.a.example 5 5 " H1
		 "\n|u0@forum.a.example 5 5 " H1 "\nformer: u1@forum.a.example 6 6 " H1 "\n",
                 NULL																	    },
		{"former: u0@forum.a.example 5 5 " H1 "\n|",                                                   "former is never taken back or moved"             },
		{"moderator: u2@forum.a.example\n|moderator: u0@forum.a.example\nmoderator: "
		 "u2@forum.a.example\n",						      NULL					      },
	};
	struct fed_known k = known_of(three_daemons());
	struct fed_record *zero = make(fed_rig_group, NULL, NULL, "A");
	struct fed_record *one = make(fed_rig_group, MARKS, zero, "A");

	(void)state;
	EXPECT(zero, NULL, NULL, one, &k, FED_ACCEPT, NULL);
	for (size_t i = 0; i < array_len(rows); i++) {
		char edits[1024];
		snprintf(edits, sizeof edits, "%s|%s", MARKS, rows[i].edit);
		/* serials of joining in the rows are those of the second record: here it is the
		 * third */
		char *two = strstr(edits, "rw 2");
		if (two)
			two[3] = '3';
		EXPECT(one, zero, NULL, make(fed_rig_group, edits, one, "A"), &k,
			rows[i].why ? FED_REFUSED : FED_ACCEPT, rows[i].why);
	}
	EXPECT(zero, NULL, NULL, make(fed_rig_daemon, NULL, zero, "a"), &k, FED_REFUSED,
		"record of another type");
}

/* Who is silenced in a public group stands there as ro, with a cut; and may come back. */
static void public_groups_silence(void **state)
{
	const char *pub = "class: closed|class: public|member: @a rw 1\nmember: @b rw 1\n|";
	const char *bare = "class: closed|class: public|member: @a rw 1\nmember: @b rw 1\n|"
			   "member: @b ro 2\n";
	const char *full = "class: closed|class: public|member: @a rw 1\nmember: @b rw 1\n|"
			   "member: @b ro 2\ncut: @b 5 5 " H1 "\n";
	const char *back = "class: closed|class: public|member: @a rw 1\nmember: @b rw 1\n|"
			   "cut: @b 5 5 " H1 "\n";
	struct fed_known k = known_of(three_daemons());
	struct fed_record *one = make(fed_rig_group, pub, NULL, "A");
	struct fed_record *two = make(fed_rig_group, full, one, "A");

	(void)state;
	EXPECT(one, NULL, NULL, make(fed_rig_group, bare, one, "A"), &k, FED_REFUSED,
		"a daemon that may not write any more needs a cut");
	EXPECT(one, NULL, NULL, two, &k, FED_ACCEPT, NULL);
	EXPECT(two, one, NULL, make(fed_rig_group, back, two, "A"), &k, FED_ACCEPT, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(daemons),
		cmocka_unit_test(daemon_forks),
		cmocka_unit_test(federations),
		cmocka_unit_test(federations_keep),
		cmocka_unit_test(federation_forks),
		cmocka_unit_test(group_signers),
		cmocka_unit_test(group_forks),
		cmocka_unit_test(groups_begin),
		cmocka_unit_test(groups_keep),
		cmocka_unit_test(public_groups_silence),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
