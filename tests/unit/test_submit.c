/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mail to groups and persons over the town: who may send to whom, what stands where, not twice. */
#include "tests/rig/town.h"

#include <stdio.h>

#include "proto/mail.h"
#include "tests/rig/unit.h"

static struct town town;

struct answer {
	int rc;
	char mid[256], why[320];
};

static void on_answer(void *arg, const struct forum_result *r)
{
	struct answer *a = arg;

	a->rc = r->rc;
	snprintf(a->mid, sizeof a->mid, "%.*s", SLICE_ARG(r->mid));
	snprintf(a->why, sizeof a->why, "%s", r->why);
}

static struct answer submit_to(
	struct forum *f, const struct forum_rcpt *to, size_t n_to, const char *text)
{
	struct forum_mail m = {.to = to,
		.n_to = n_to,
		.sender = lit("anke@stadt.example"),
		.with = lit("ESMTPSA")};
	struct answer a = {.rc = 1000};
	struct ticket t = {0};
	struct err why = {""};
	struct buf b;

	buf_init(&b, 1 << 16);
	buf_addz(&b, text);
	int rc = forum_submit(f, &m, &b, on_answer, &a, &t, &why);
	assert_int_equal(b.len, 0);
	if (rc == 0)
		town_run(&town);
	else
		snprintf(a.why, sizeof a.why, "%s", why.text);
	a.rc = rc == 0 ? a.rc : rc;
	buf_fini(&b);
	return a;
}

/* Submit as login to names at stadt.example, blanks between. */
static struct answer submit(const char *login, const char *names, const char *text)
{
	struct forum *f = town_forum(&town, login);
	struct slice rest = slice_str(names), name;
	struct forum_rcpt to[8];
	size_t n = 0;

	while (slice_word(&rest, &name))
		assert_int_equal(forum_rcpt(f, name, lit("stadt.example"), &to[n++]), 0);
	struct answer a = submit_to(f, to, n, text);
	forum_free(f);
	return a;
}

/* Message num of a group, or (owner) of his INBOX; 0: none there. */
static size_t message(const char *owner, const char *group, uint32_t num, struct buf *out)
{
	struct group_rec g;
	struct view *v;
	struct row r;

	buf_reset(out);
	assert_int_equal(view_open(town.store, &v), 0);
	int rc = view_group_named(
		v, owner ? town_account(&town, owner) : 0, slice_str(owner ? "INBOX" : group), &g);
	if (rc == 0)
		rc = view_row(v, g.id, num, false, &r);
	if (rc == 0)
		assert_int_equal(view_content_all(v, r.content, out), 0);
	view_close(v);
	return out->len;
}

static int set_up(void **state)
{
	(void)state;
	town_build(&town);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	town_assert_clean(&town);
	town_fini(&town);
	return 0;
}

#define ANKE "From: Anke <anke@stadt.example>\r\nDate: Mon, 23 Nov 2026 13:00:00 +0000\r\n"

/* Whom MAIL may name. */
static void senders(void **state)
{
	static const struct {
		const char *login, *local, *domain;
		int rc;
	} rows[] = {
		{"anke",     "anke",  "stadt.example", 0          },
		{"anke",     "anke",  "STADT.example", 0          },
		{"anke",     "Anke",  "stadt.example", KERR_DENIED},
		{"anke",     "cem",   "stadt.example", KERR_DENIED},
		{NULL,       "anke",  "stadt.example", KERR_DENIED},
		{"importer", "other", "else.example",  0          },
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct forum *f = town_forum(&town, rows[i].login);

		assert_int_equal(
			forum_sender(f, slice_str(rows[i].local), slice_str(rows[i].domain)),
			rows[i].rc);
		forum_free(f);
	}
}

/* Whom RCPT may name; shared: a group of several municipalities, one for a mail. */
static void recipients(void **state)
{
	static const struct {
		const char *login, *local, *domain;
		int rc;
		bool shared;
	} rows[] = {
		{"anke",   "koko.forum",  "stadt.koko.example", 0,             true },
		{"anke",   "KOKO.Forum",  "stadt.EXAMPLE",      0,             true },
		{"anke",   "koko.local",  "stadt.example",      0,             false},
		{"anke",   "koko.local",  "else.example",       KERR_DENIED,   false},
		{"oezlem", "koko.forum",  "stadt.example",      KERR_NOTFOUND, false},
		{"oezlem", "koko.open",   "stadt.example",      0,             true },
		{"doerte", "koko.forum",  "stadt.example",      KERR_NOTFOUND, false},
		{"anke",   "koko.board",  "stadt.example",      KERR_NOTFOUND, false},
		{"anke",   "koko.absent", "stadt.example",      KERR_NOTFOUND, false},
		{"anke",   "Cem",         "stadt.example",      0,             false},
		{"oezlem", "cem",         "stadt.koko.example", 0,             false},
		{"anke",   "cem",         "else.example",       KERR_DENIED,   false},
		{"anke",   "lea",         "stadt.example",      KERR_NOTFOUND, false},
		{"anke",   "gerd",        "stadt.example",      KERR_NOTFOUND, false},
		{NULL,     "cem",         "stadt.example",      KERR_NOTFOUND, false},
		{"anke",   "../x",        "stadt.example",      KERR_NOTFOUND, false},
		{NULL,     "koko.forum",  "stadt.example",      KERR_NOTFOUND, false},
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct forum *f = town_forum(&town, rows[i].login);
		struct forum_rcpt to = {.shared = false};

		assert_int_equal(
			forum_rcpt(f, slice_str(rows[i].local), slice_str(rows[i].domain), &to),
			rows[i].rc);
		assert_int_equal(to.shared, rows[i].shared);
		forum_free(f);
	}
}

static void to_one_person(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 16);
	struct answer a = submit(
		"anke", "cem", ANKE "Bcc: x@y\r\nMessage-ID: <1@laptop.example>\r\n\r\nnur Du\r\n");
	assert_int_equal(a.rc, 0);
	assert_string_equal(a.mid, "<1@laptop.example>");
	assert_true(message("cem", NULL, 1, &b) > 0);
	assert_string_equal(buf_cstr(&b),
		"Return-Path: <anke@stadt.example>\r\nDelivered-To: cem@stadt.example\r\n"
		"Received: from client.invalid\r\n\tby stadt.koko.example with ESMTPSA\r\n"
		"\tfor <cem@stadt.example>;\r\n\tMon, 23 Nov 2026 14:00:00 +0000\r\n" ANKE
		"Message-ID: <1@laptop.example>\r\n\r\nnur Du\r\n");
	assert_int_equal(message("anke", NULL, 1, &b), 0);
	buf_fini(&b);
}

/* The article and the copies have one Message-ID, that of the article; none has Bcc. */
static void to_a_group_and_persons(void **state)
{
	static const char *const who[] = {"cem", "doerte"};
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 16);
	struct answer a = submit("anke", "cem koko.forum doerte",
		ANKE "Subject: an alle\r\nBcc: doerte@stadt.example\r\n"
		     "Message-ID: <2@laptop.example>\r\n\r\nText\r\n");
	assert_int_equal(a.rc, 0);
	assert_true(slice_ends(slice_str(a.mid), lit("@stadt.koko.example>")));
	assert_true(message(NULL, "koko.forum", 1, &b) > 0);
	assert_non_null(strstr(buf_cstr(&b), a.mid));
	assert_non_null(strstr(buf_cstr(&b), "\r\nNewsgroups: koko.forum\r\n"));
	assert_null(strstr(buf_cstr(&b), "doerte"));
	assert_null(strstr(buf_cstr(&b), "Received"));
	for (size_t i = 0; i < array_len(who); i++) {
		assert_true(message(who[i], NULL, 1, &b) > 0);
		assert_non_null(strstr(buf_cstr(&b), a.mid));
		assert_null(strstr(buf_cstr(&b), "laptop"));
		assert_null(strstr(buf_cstr(&b), "doerte"));
		assert_null(strstr(buf_cstr(&b), "Injection"));
	}
	/* what answers the old name, to the person alone, threads with the article */
	submit("anke", "cem", ANKE "In-Reply-To: <2@laptop.example>\r\n\r\nnoch was\r\n");
	assert_true(message("cem", NULL, 2, &b) > 0);
	const char *reply = strstr(buf_cstr(&b), "In-Reply-To: ");
	assert_non_null(reply);
	assert_true(slice_starts(slice_str(reply + 13), slice_str(a.mid)));
	buf_fini(&b);
}

/* What answers a mail by its old name is the article's child in the group. */
static void answers_thread_in_groups(void **state)
{
	struct answer first;
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 16);
	first = submit("anke", "koko.forum",
		ANKE "Subject: a\r\nMessage-ID: <4@laptop.example>\r\n\r\nText\r\n");
	assert_int_equal(first.rc, 0);
	submit("anke", "koko.forum",
		ANKE "Subject: b\r\nIn-Reply-To: <4@laptop.example>\r\n\r\nText\r\n");
	assert_true(message(NULL, "koko.forum", 2, &b) > 0);
	const char *references = strstr(buf_cstr(&b), "\r\nReferences: ");
	assert_non_null(references);
	assert_true(slice_starts(slice_str(references + 14), slice_str(first.mid)));
	buf_fini(&b);
}

/* Several local groups are one article; a group whose right has gone is refused at the end. */
static void to_several_groups(void **state)
{
	static const struct forum_rcpt mixed[] = {{.name = "koko.local"}, {.name = "koko.forum"}};
	static const char text[] = ANKE "Subject: s\r\n\r\nText\r\n";
	struct forum *anke = town_forum(&town, "anke"), *doerte = town_forum(&town, "doerte");
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 16);
	assert_int_equal(submit("anke", "koko.local koko.secret", text).rc, 0);
	assert_true(message(NULL, "koko.secret", 1, &b) > 0);
	assert_non_null(strstr(buf_cstr(&b), "\r\nNewsgroups: koko.local,koko.secret\r\n"));
	assert_int_equal(submit_to(anke, mixed, 2, text).rc, KERR_INVALID);
	assert_int_equal(submit_to(doerte, mixed, 1,
				 "From: doerte@stadt.example\r\nSubject: s\r\n\r\nText\r\n")
				 .rc,
		KERR_DENIED);
	assert_int_equal(message(NULL, "koko.local", 2, &b), 0);
	buf_fini(&b);
	forum_free(anke);
	forum_free(doerte);
}

/* What one place refuses, none gets. */
static void all_or_nothing(void **state)
{
	struct buf b;
	struct answer a;

	(void)state;
	buf_init(&b, 1 << 16);
	a = submit("anke", "cem koko.local",
		ANKE "Subject: weg\r\nAuto-Submitted: auto-replied\r\n\r\nabwesend\r\n");
	assert_int_equal(a.rc, KERR_DENIED);
	assert_string_equal(a.why, "automatic replies do not enter groups");
	a = submit("anke", "cem koko.local", ANKE "\r\nohne Betreff\r\n");
	assert_int_equal(a.rc, KERR_INVALID);
	a = submit("anke", "koko.local cem", ANKE "To: a@b\r\nTo: a@b\r\nSubject: x\r\n\r\nx\r\n");
	assert_int_equal(a.rc, KERR_INVALID);
	assert_int_equal(message("cem", NULL, 1, &b), 0);
	assert_int_equal(message(NULL, "koko.local", 1, &b), 0);
	a = submit("anke", "cem", ANKE "Auto-Submitted: auto-replied\r\n\r\nabwesend\r\n");
	assert_int_equal(a.rc, 0);
	assert_true(message("cem", NULL, 1, &b) > 0);
	buf_fini(&b);
}

static const char again[] = ANKE "Subject: s\r\nMessage-ID: <3@stadt.example>\r\n\r\nText\r\n";

static void nothing_twice(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 16);
	assert_int_equal(submit("anke", "cem koko.local", again).rc, 0);
	assert_int_equal(submit("anke", "cem koko.local", again).rc, 1);
	assert_int_equal(message("cem", NULL, 2, &b), 0);
	assert_int_equal(message(NULL, "koko.local", 2, &b), 0);
	/* to somebody else it is another mail; the group has the article already */
	assert_int_equal(submit("anke", "doerte", again).rc, 0);
	assert_int_equal(submit("anke", "doerte koko.local", again).rc, KERR_EXISTS);
	assert_int_equal(message("doerte", NULL, 2, &b), 0);
	buf_fini(&b);
}

/* Two connections of one program at once: the store decides. */
static void at_once(void **state)
{
	struct forum *f[2] = {town_forum(&town, "anke"), town_forum(&town, "anke")};
	struct answer a[2] = {{.rc = 1000}, {.rc = 1000}};
	struct ticket t[2] = {{0}};
	struct forum_rcpt to;
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 16);
	assert_int_equal(forum_rcpt(f[0], lit("cem"), lit("stadt.example"), &to), 0);
	for (unsigned i = 0; i < 2; i++) {
		buf_addz(&b, again);
		assert_int_equal(forum_submit(f[i], &(struct forum_mail){.to = &to, .n_to = 1}, &b,
					 on_answer, &a[i], &t[i], NULL),
			0);
	}
	town_run(&town);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(a[i].rc, 0);
		forum_free(f[i]);
	}
	assert_true(message("cem", NULL, 1, &b) > 0);
	assert_int_equal(message("cem", NULL, 2, &b), 0);
	buf_fini(&b);
}

/* Someone who was disabled behind RCPT gets nothing, nor do the others. */
static void gone_since_rcpt(void **state)
{
	struct forum *f = town_forum(&town, "anke");
	struct forum_rcpt to[2];
	struct ticket t = {0};
	struct err why;
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 16);
	assert_int_equal(forum_rcpt(f, lit("cem"), lit("stadt.example"), &to[0]), 0);
	to[1] = to[0];
	to[1].account = town_account(&town, "lea");
	buf_addz(&b, again);
	assert_int_equal(forum_submit(f, &(struct forum_mail){.to = to, .n_to = 2}, &b, on_answer,
				 NULL, &t, &why),
		KERR_NOTFOUND);
	assert_string_equal(why.text, "a recipient is gone");
	assert_int_equal(message("cem", NULL, 1, &b), 0);
	buf_fini(&b);
	forum_free(f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(senders, set_up, tear_down),
		cmocka_unit_test_setup_teardown(recipients, set_up, tear_down),
		cmocka_unit_test_setup_teardown(answers_thread_in_groups, set_up, tear_down),
		cmocka_unit_test_setup_teardown(to_several_groups, set_up, tear_down),
		cmocka_unit_test_setup_teardown(to_one_person, set_up, tear_down),
		cmocka_unit_test_setup_teardown(to_a_group_and_persons, set_up, tear_down),
		cmocka_unit_test_setup_teardown(all_or_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(gone_since_rcpt, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
