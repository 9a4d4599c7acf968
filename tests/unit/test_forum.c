/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The forum over a store in memory: what posting and relaying take and refuse, what a stranger
 * cannot see, whose cancel counts.
 */
#include <stdio.h>

#include "proto/msg/article.h"
#include "proto/msg/fields.h"
#include "tests/rig/town.h"
#include "tests/rig/unit.h"

static struct town town;

/* ---- helpers ---- */

struct answer {
	int rc;
	uint32_t num;
	char mid[MSGID_MAX + 1];
	char why[320];
};

static void on_answer(void *arg, const struct forum_result *r)
{
	struct answer *a = arg;

	a->rc = r->rc;
	a->num = r->num;
	if (!slice_cstr(r->mid, a->mid, sizeof a->mid))
		a->mid[0] = '\0';
	snprintf(a->why, sizeof a->why, "%s", r->why);
}

static struct answer give(struct forum *f, enum forum_how how, const char *text, const char *mid)
{
	struct answer a = {.rc = 1};
	struct ticket t = {0};
	struct buf b;
	struct err why;
	int rc;

	buf_init(&b, 1 << 20);
	buf_addz(&b, text);
	rc = forum_post(f, how, &b, slice_str(mid), on_answer, &a, &t, &why);
	assert_int_equal(b.len, 0);
	buf_fini(&b);
	if (rc < 0) {
		a.rc = rc;
		snprintf(a.why, sizeof a.why, "%s", why.text);
		return a;
	}
	assert_true(ticket_out(&t));
	assert_int_equal(a.rc, 1); /* never from within the call */
	town_run(&town);
	return a;
}

static struct answer post_fields(
	const char *login, const char *from, const char *groups, const char *more)
{
	struct forum *f = town_forum(&town, login);
	struct answer a;
	char text[2048];

	snprintf(text, sizeof text,
		"From: %s <%s>\r\nNewsgroups: %s\r\nSubject: Probe\r\n%s\r\nEin Text.\r\n", login,
		from, groups, more);
	a = give(f, FORUM_POST, text, "");
	forum_free(f);
	return a;
}

static struct answer post(const char *login, const char *groups, const char *more)
{
	char from[80];

	snprintf(from, sizeof from, "%s@stadt.example", login);
	return post_fields(login, from, groups, more);
}

static struct answer relay(const char *cert, const char *mid, const char *groups, const char *more)
{
	struct forum *f = town_peer(&town, cert);
	struct answer a;
	char text[2048];

	snprintf(text, sizeof text,
		"Path: nachbar.example!not-for-mail\r\nFrom: x@nachbar.example\r\n"
		"Newsgroups: %s\r\nSubject: Probe\r\nDate: Mon, 23 Nov 2026 13:00:00 +0000\r\n"
		"Message-ID: %s\r\n%s\r\nEin Text.\r\n",
		groups, mid, more);
	a = give(f, FORUM_RELAY, text, mid);
	forum_free(f);
	return a;
}

static int sees(const char *login, const char *mid)
{
	struct forum *f = town_forum(&town, login);
	struct forum_art art;
	int rc = forum_article_mid(f, slice_str(mid), &art);

	forum_free(f);
	return rc;
}

/* The stored head field of an article that login may read. */
static void stored_field(
	const char *login, const char *mid, enum article_field field, char out[256])
{
	static const struct msg_limits none = {0};
	struct forum *f = town_forum(&town, login);
	struct forum_art art;
	struct article a;
	struct buf b;

	buf_init(&b, STORE_CHUNK);
	assert_int_equal(forum_article_mid(f, slice_str(mid), &art), 0);
	assert_int_equal(forum_read(f, &art, 0, &b), 0);
	assert_int_equal(article_parse(&a, buf_slice(&b), &none), 0);
	assert_true(slice_cstr(a.value[field], out, 256));
	buf_fini(&b);
	forum_free(f);
}

/* ---- posting ---- */

static void test_post_and_read(void **state)
{
	struct answer a = post("anke", "koko.forum", "");
	char value[256];

	(void)state;
	assert_int_equal(a.rc, 0);
	assert_true(a.num >= 1);
	assert_true(slice_ends(slice_str(a.mid), lit("@stadt.koko.example>")));
	assert_int_equal(sees("doerte", a.mid), 0);
	assert_int_equal(sees("oezlem", a.mid), KERR_NOTFOUND);
	assert_int_equal(sees(NULL, a.mid), KERR_LOGIN);
	stored_field("anke", a.mid, ART_DATE, value);
	assert_string_equal(value, "Mon, 23 Nov 2026 14:00:00 +0000");
	stored_field("anke", a.mid, ART_PATH, value);
	assert_true(slice_starts(slice_str(value), lit("stadt.koko.example!")));
	stored_field("anke", a.mid, ART_INJECTION_INFO, value);
	assert_true(slice_find(slice_str(value), lit("anke")) == strlen(value));
}

static void test_post_refused(void **state)
{
	static const struct {
		const char *login, *from, *groups, *more;
		int rc;
		const char *why;
	} rows[] = {
		{"anke",   "anke@stadt.example",   "koko.nowhere",          "",                                KERR_INVALID, "no such group"  },
		{"anke",   "cem@stadt.example",    "koko.forum",            "",                                KERR_DENIED,  "From"           },
		{"oezlem", "oezlem@stadt.example", "koko.forum",            "",                                KERR_INVALID, "no such group"  },
		{"doerte", "doerte@stadt.example", "koko.forum",            "",                                KERR_DENIED,  "may not post"   },
		{"anke",   "anke@stadt.example",   "koko.board",            "",                                KERR_DENIED,  "may not post"   },
		{"anke",   "anke@stadt.example",   "koko.forum,koko.local", "",                                KERR_INVALID,
                 "no cross-posts"													     },
		{"anke",   "anke@stadt.example",   "koko.forum,koko.forum", "",                                KERR_INVALID,
                 "Newsgroups"														 },
		{"anke",   "anke@stadt.example",   "Koko.Forum",            "",                                KERR_INVALID, "Newsgroups"     },
		{"anke",   "anke@stadt.example",   "koko.forum",            "Control: rmgroup koko.forum\r\n",
                 KERR_DENIED,												"control message"},
		{"lea",    "lea@stadt.example",    "koko.forum",            "",                                KERR_INVALID, "no such group"  },
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct answer a =
			post_fields(rows[i].login, rows[i].from, rows[i].groups, rows[i].more);

		print_message("%s: %d %s\n", rows[i].groups, a.rc, a.why);
		assert_int_equal(a.rc, rows[i].rc);
		assert_true(slice_find(slice_str(a.why), slice_str(rows[i].why)) < strlen(a.why));
	}
}

static void test_post_as_any(void **state)
{
	(void)state;
	assert_int_equal(post_fields("importer", "wer@anders.example", "koko.forum", "").rc, 0);
}

/* In a shared group only our own right sides are kept; References find the new name. */
static void test_message_id(void **state)
{
	struct answer kept = post("anke", "koko.forum", "Message-ID: <eins@stadt.example>\r\n");
	struct answer local = post("anke", "koko.local", "Message-ID: <zwei@laptop.example>\r\n");
	struct answer other = post("anke", "koko.forum", "Message-ID: <drei@laptop.example>\r\n");
	struct answer reply = post(
		"anke", "koko.forum", "References: <eins@stadt.example> <drei@laptop.example>\r\n");
	char refs[256], want[600];

	(void)state;
	assert_int_equal(kept.rc + local.rc + other.rc + reply.rc, 0);
	assert_string_equal(kept.mid, "<eins@stadt.example>");
	assert_string_equal(local.mid, "<zwei@laptop.example>");
	assert_string_not_equal(other.mid, "<drei@laptop.example>");
	stored_field("anke", reply.mid, ART_REFERENCES, refs);
	snprintf(want, sizeof want, "%s %s", kept.mid, other.mid);
	assert_string_equal(refs, want);
	/* another person's references are not touched by anke's aliases */
	reply = post("cem", "koko.forum", "References: <drei@laptop.example>\r\n");
	stored_field("cem", reply.mid, ART_REFERENCES, refs);
	assert_string_equal(refs, "<drei@laptop.example>");
	assert_int_equal(post("cem", "koko.local,koko.open", "").rc, KERR_INVALID);
	assert_int_equal(
		post("anke", "koko.forum", "Message-ID: <eins@stadt.example>\r\n").rc, KERR_EXISTS);
}

/* An id that stands where the author cannot see it is replaced, so that nothing is learnt. */
static void test_message_id_hidden(void **state)
{
	const char *id = "Message-ID: <geheim@stadt.example>\r\n";
	struct answer secret = post("grzegorz", "koko.secret", id), probe;

	(void)state;
	assert_int_equal(secret.rc, 0);
	assert_string_equal(secret.mid, "<geheim@stadt.example>");
	probe = post("cem", "koko.forum", id);
	assert_int_equal(probe.rc, 0);
	assert_string_not_equal(probe.mid, "<geheim@stadt.example>");
	assert_int_equal(post("grzegorz", "koko.secret", id).rc, KERR_EXISTS);
}

/* The admin's size counts, above the default as below it. */
static void test_max_article(void **state)
{
	size_t before = town.env.max_article;

	(void)state;
	town.env.max_article = 150;
	assert_int_equal(post("anke", "koko.forum", "").rc, 0);
	assert_int_equal(post("anke", "koko.forum",
				 "X-Long: 0123456789 0123456789 0123456789 0123456789 0123456789 "
				 "0123456789 0123456789 0123456789 0123456789\r\n")
				 .rc,
		KERR_TOOBIG);
	town.env.max_article = before;
}

/* ---- cross-posts tell nobody of a closed group ---- */

static bool keep_xref(void *arg, const struct forum_over *o)
{
	return slice_cstr(o->xref, arg, 256);
}

static void test_crosspost_xref(void **state)
{
	struct answer a = post("anke", "koko.local,koko.secret", "");
	struct forum *anke = town_forum(&town, "anke"), *doerte = town_forum(&town, "doerte");
	uint32_t group = town_group(&town, "koko.local");
	char xref[256];
	struct forum_art art;

	(void)state;
	assert_int_equal(a.rc, 0);
	assert_int_equal(forum_over(anke, group, a.num, a.num, keep_xref, xref), 0);
	assert_true(slice_find(slice_str(xref), lit("koko.secret:")) < strlen(xref));
	assert_int_equal(forum_over(doerte, group, a.num, a.num, keep_xref, xref), 0);
	assert_true(slice_find(slice_str(xref), lit("koko.local:")) < strlen(xref));
	assert_true(slice_find(slice_str(xref), lit("secret")) == strlen(xref));
	assert_int_equal(forum_article(doerte, group, a.num, &art), 0);
	assert_true(slice_find(slice_str(art.xref), lit("secret")) == strlen(art.xref));
	forum_free(anke);
	forum_free(doerte);
}

static bool count_group(void *arg, const struct forum_group *g)
{
	char *names = arg;

	snprintf(names + strlen(names), 256 - strlen(names), "%s=%c ", g->name, g->status);
	return true;
}

static void test_groups_seen(void **state)
{
	static const struct {
		const char *login, *names;
	} rows[] = {
		{NULL,       "koko.open=n "					},
		{"oezlem",   "koko.open=y "                                        },
		{"doerte",   "koko.board=n koko.forum=n koko.local=n koko.open=y " },
		{"grzegorz", "koko.board=y koko.forum=y koko.open=y koko.secret=y "},
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct forum *f = town_forum(&town, rows[i].login);
		char names[256] = "";

		assert_int_equal(forum_groups(f, lit(""), count_group, names), 0);
		assert_string_equal(names, rows[i].names);
		forum_free(f);
	}
}

static bool count_mid(void *arg, struct slice mid)
{
	(void)mid;
	++*(unsigned *)arg;
	return true;
}

static void test_newnews_hides(void **state)
{
	struct answer secret = post("grzegorz", "koko.secret", "");
	const char *const logins[] = {"grzegorz", "oezlem", NULL};
	const unsigned want[] = {1, 0, 0};

	(void)state;
	assert_int_equal(secret.rc, 0);
	for (size_t i = 0; i < array_len(logins); i++) {
		struct forum *f = town_forum(&town, logins[i]);
		uint64_t place = 0;
		unsigned n = 0;

		assert_int_equal(
			forum_newnews(f, lit("koko.secret"), TOWN_NOW, &place, count_mid, &n), 0);
		assert_true(i == 0 ? n >= want[i] : n == want[i]);
		forum_free(f);
	}
}

/* A long log is read in slices, even when nothing in it is asked for. */
static void test_newnews_pauses(void **state)
{
	struct forum *f = town_forum(&town, "anke");
	unsigned n = 0, n_waits = 0;
	uint64_t place = 0;
	int rc;

	(void)state;
	for (unsigned i = 0; i < 1100; i++)
		assert_int_equal(post("anke", "koko.local", "").rc, 0);
	do {
		rc = forum_newnews(f, lit("koko.none"), TOWN_NOW, &place, count_mid, &n);
		n_waits += rc == KERR_WAIT;
	} while (rc == KERR_WAIT);
	assert_int_equal(rc, 0);
	assert_int_equal(n, 0);
	assert_in_range(n_waits, 1, 10);
	forum_free(f);
}

/* ---- cancel ---- */

static struct answer cancel(const char *login, const char *groups, const char *mid)
{
	char control[320];

	snprintf(control, sizeof control, "Control: cancel %s\r\n", mid);
	return post(login, groups, control);
}

static void test_cancel(void **state)
{
	struct answer one = post("anke", "koko.forum", "");
	struct answer two = post("anke", "koko.forum", "");
	struct answer three = post("anke", "koko.forum", "Message-ID: <alt@laptop.example>\r\n");

	(void)state;
	assert_int_equal(cancel("cem", "koko.forum", one.mid).rc, KERR_DENIED);
	assert_int_equal(sees("doerte", one.mid), 0);
	assert_int_equal(cancel("anke", "koko.forum", one.mid).rc, 0);
	assert_int_equal(sees("doerte", one.mid), KERR_NOTFOUND);
	assert_int_equal(cancel("grzegorz", "koko.forum", two.mid).rc, 0); /* a moderator */
	assert_int_equal(sees("anke", two.mid), KERR_NOTFOUND);
	assert_int_equal(cancel("anke", "koko.forum", "<alt@laptop.example>").rc, 0); /* old name */
	assert_int_equal(sees("anke", three.mid), KERR_NOTFOUND);
	assert_int_equal(cancel("anke", "koko.forum", "<nie@da.example>").rc, KERR_INVALID);
}

/* What one may not read, and what was there once, is answered as what never was. */
static void test_cancel_hides(void **state)
{
	struct answer secret = post("grzegorz", "koko.secret", "");
	struct answer gone = post("grzegorz", "koko.secret", "");
	char supersedes[320];

	(void)state;
	assert_int_equal(cancel("grzegorz", "koko.secret", gone.mid).rc, 0);
	assert_int_equal(cancel("cem", "koko.forum", secret.mid).rc, KERR_INVALID);
	assert_int_equal(cancel("cem", "koko.forum", gone.mid).rc, KERR_INVALID);
	snprintf(supersedes, sizeof supersedes, "Supersedes: %s\r\n", secret.mid);
	assert_int_equal(post("cem", "koko.forum", supersedes).rc, 0);
	assert_int_equal(post("cem", "koko.forum", "Supersedes: <nie@da.example>\r\n").rc, 0);
	assert_int_equal(sees("grzegorz", secret.mid), 0);
}

/* ---- relaying ---- */

static void test_relay(void **state)
{
	char value[256];

	(void)state;
	assert_int_equal(relay("nachbar.example", "<r1@nachbar.example>", "koko.forum", "").rc, 0);
	assert_int_equal(sees("anke", "<r1@nachbar.example>"), 0);
	stored_field("anke", "<r1@nachbar.example>", ART_PATH, value);
	assert_string_equal(value, "stadt.koko.example!!nachbar.example!not-for-mail");
	assert_int_equal(
		relay("nachbar.example", "<r1@nachbar.example>", "koko.forum", "").rc, KERR_EXISTS);
}

static void test_relay_refused(void **state)
{
	(void)state;
	/* outside the peer's scope, unknown group, no peer at all */
	assert_int_equal(
		relay("nachbar.example", "<r2@nachbar.example>", "koko.local", "").rc, KERR_DENIED);
	assert_int_equal(
		relay("nachbar.example", "<r3@nachbar.example>", "koko.gone", "").rc, KERR_DENIED);
	assert_int_equal(
		relay("fremd.example", "<r4@nachbar.example>", "koko.forum", "").rc, KERR_DENIED);
	/* newgroup is not acted upon */
	assert_int_equal(relay("nachbar.example", "<r5@nachbar.example>", "koko.forum",
				 "Control: newgroup koko.neu\r\n")
				 .rc,
		KERR_DENIED);
	/* a refused Message-ID is still wanted */
	assert_int_equal(relay("nachbar.example", "<r2@nachbar.example>", "koko.forum", "").rc, 0);
}

/* While one peer was told to send it, the other is told to wait; a refusal ends that at once. */
static void test_relay_claims(void **state)
{
	struct forum *one = town_peer(&town, "nachbar.example");
	struct forum *two = town_peer(&town, "nachbar.example");
	const char *bad = "Message-ID: <w1@nachbar.example>\r\n\r\nx\r\n";

	(void)state;
	town.env.claims = claims_new();
	assert_int_equal(forum_wanted(one, lit("<w1@nachbar.example>")), 0);
	assert_int_equal(forum_wanted(one, lit("<w1@nachbar.example>")), 0);
	assert_int_equal(forum_wanted(two, lit("<w1@nachbar.example>")), KERR_BUSY);
	assert_int_equal(give(one, FORUM_RELAY, bad, "<w1@nachbar.example>").rc, KERR_INVALID);
	assert_int_equal(forum_wanted(two, lit("<w1@nachbar.example>")), 0);
	assert_int_equal(relay("nachbar.example", "<w1@nachbar.example>", "koko.forum", "").rc, 0);
	assert_int_equal(forum_wanted(one, lit("<w1@nachbar.example>")), KERR_EXISTS);
	assert_int_equal(forum_wanted(two, lit("<w1@nachbar.example>")), KERR_EXISTS);
	claims_free(town.env.claims);
	town.env.claims = NULL;
	forum_free(one);
	forum_free(two);
}

/* Of a cross-post only the groups in scope are taken. */
static void test_relay_scope(void **state)
{
	struct forum *f = town_forum(&town, "anke");
	struct forum_art art;

	(void)state;
	assert_int_equal(
		relay("nachbar.example", "<s1@nachbar.example>", "koko.forum,koko.local", "").rc,
		0);
	assert_int_equal(forum_article_mid(f, lit("<s1@nachbar.example>"), &art), 0);
	assert_true(slice_find(slice_str(art.xref), lit("koko.local")) == strlen(art.xref));
	forum_free(f);
}

/* base64 of SHA-256 of the key "geheim" */
#define LOCK "Cancel-Lock: sha256:rdsPXngmyFfXN20b2bwzwMVEeQourJYUSoryKxKYyUA=\r\n"
#define KEY "Cancel-Key: sha256:geheim\r\n"

static void relay_cancel(const char *mid, const char *target, const char *more, int want)
{
	char control[400];

	snprintf(control, sizeof control, "Control: cancel %s\r\n%s", target, more);
	assert_int_equal(relay("nachbar.example", mid, "koko.forum", control).rc, want);
}

static void test_relay_cancel(void **state)
{
	(void)state;
	assert_int_equal(
		relay("nachbar.example", "<c1@nachbar.example>", "koko.forum", LOCK).rc, 0);
	relay_cancel("<k1@nachbar.example>", "<c1@nachbar.example>", "", KERR_DENIED);
	relay_cancel("<k2@nachbar.example>", "<c1@nachbar.example>",
		"Cancel-Key: sha256:falsch\r\n", KERR_DENIED);
	assert_int_equal(sees("anke", "<c1@nachbar.example>"), 0);
	relay_cancel("<k3@nachbar.example>", "<c1@nachbar.example>", KEY, 0);
	assert_int_equal(sees("anke", "<c1@nachbar.example>"), KERR_NOTFOUND);
}

/* The cancel comes first; it is judged when its target comes. */
static void test_relay_cancel_first(void **state)
{
	(void)state;
	relay_cancel("<k4@nachbar.example>", "<c4@nachbar.example>", KEY, 0);
	relay_cancel("<k5@nachbar.example>", "<c5@nachbar.example>", KEY, 0);
	assert_int_equal(
		relay("nachbar.example", "<c4@nachbar.example>", "koko.forum", LOCK).rc, 0);
	assert_int_equal(sees("anke", "<c4@nachbar.example>"), KERR_NOTFOUND);
	assert_int_equal(relay("nachbar.example", "<c5@nachbar.example>", "koko.forum", "").rc, 0);
	assert_int_equal(sees("anke", "<c5@nachbar.example>"), 0);
}

/* ---- login ---- */

static void test_login(void **state)
{
	static const struct {
		const char *user, *pass;
		int rc;
	} rows[] = {
		{"anke",               "anke",   0          },
		{"ANKE",               "anke",   0          },
		{"anke@stadt.example", "anke",   0          },
		{"anke",               "falsch", KERR_DENIED},
		{"niemand",            "x",      KERR_DENIED},
		{"lea",                "lea",    KERR_DENIED},
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct forum *f = town_forum(&town, NULL);
		struct answer a = {.rc = 1};
		struct ticket t = {0};

		assert_int_equal(forum_login(f, slice_str(rows[i].user), slice_str(rows[i].pass),
					 on_answer, &a, &t),
			0);
		town_run(&town);
		assert_int_equal(a.rc, rows[i].rc);
		assert_int_equal(forum_has_login(f), rows[i].rc == 0);
		forum_free(f);
	}
}

/* A member that is removed sees nothing from the next question on, in a conversation that goes on.
 */
static void test_removed_member(void **state)
{
	struct answer a = post("anke", "koko.forum", "");
	struct forum *f = town_forum(&town, "cem");
	struct forum_art art;

	(void)state;
	assert_int_equal(forum_article_mid(f, slice_str(a.mid), &art), 0);
	town_member(&town, "koko.forum", "cem", ROLE_NONE);
	assert_int_equal(forum_article_mid(f, slice_str(a.mid), &art), KERR_NOTFOUND);
	town_member(&town, "koko.forum", "cem", ROLE_WRITER);
	assert_int_equal(forum_article_mid(f, slice_str(a.mid), &art), 0);
	forum_free(f);
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
		cmocka_unit_test(test_post_and_read),
		cmocka_unit_test(test_post_refused),
		cmocka_unit_test(test_post_as_any),
		cmocka_unit_test(test_message_id),
		cmocka_unit_test(test_message_id_hidden),
		cmocka_unit_test(test_max_article),
		cmocka_unit_test(test_crosspost_xref),
		cmocka_unit_test(test_groups_seen),
		cmocka_unit_test(test_newnews_hides),
		cmocka_unit_test(test_newnews_pauses),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_cancel_hides),
		cmocka_unit_test(test_relay),
		cmocka_unit_test(test_relay_refused),
		cmocka_unit_test(test_relay_claims),
		cmocka_unit_test(test_relay_scope),
		cmocka_unit_test(test_relay_cancel),
		cmocka_unit_test(test_relay_cancel_first),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_removed_member),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
