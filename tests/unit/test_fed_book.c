/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Invitations by the clock: used once, expired, tried too often; what is kept is read again. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "daemon/fed_book.h"
#include "proto/base/mem.h"
#include "tests/rig/fed_rig.h"

enum { NOW = 1795309300, KEPT_MAX = 64 };

#define SPKI "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"
#define HOST lit("forum.b.example")

static struct arena ar;
static struct fed_book *book;
static struct fed_oid a, b;
static int64_t clock_at;
static char secret[FED_SECRET_LEN + 1];

/* ---- an owner that keeps in memory ---- */

static struct kept {
	char key[FED_BOOK_KEY];
	uint64_t serial;
	char *text;
} kept[KEPT_MAX];

static size_t n_kept;

static void keep(void *arg, const char *key, uint64_t serial, struct slice text)
{
	(void)arg;
	assert_true(n_kept < KEPT_MAX && strlen(key) < FED_BOOK_KEY);
	for (size_t i = 0; i < n_kept; i++)
		assert_false(strcmp(kept[i].key, key) == 0 && kept[i].serial >= serial);
	snprintf(kept[n_kept].key, sizeof kept[0].key, "%s", key);
	kept[n_kept].serial = serial;
	kept[n_kept++].text = mem_dup(text);
}

static void drop(void *arg, const char *key)
{
	size_t n = 0;

	(void)arg;
	for (size_t i = 0; i < n_kept; i++) {
		if (strcmp(kept[i].key, key) == 0)
			free(kept[i].text);
		else
			kept[n++] = kept[i];
	}
	assert_true(n < n_kept);
	n_kept = n;
}

static int64_t now(void *arg)
{
	(void)arg;
	return clock_at;
}

static const struct fed_book_ops ops = {.keep = keep, .drop = drop, .now_at = now};

/* As after a restart. */
static void again(void)
{
	fed_book_free(book);
	book = fed_book_new(&ops, NULL);
	for (size_t i = 0; i < n_kept; i++)
		assert_true(fed_book_load(
			book, slice_str(kept[i].key), kept[i].serial, slice_str(kept[i].text)));
}

static int set_up(void **state)
{
	(void)state;
	arena_init(&ar);
	clock_at = NOW;
	book = fed_book_new(&ops, NULL);
	return fed_book_invite(book, HOST, lit("kreis.b"), secret);
}

static int tear_down(void **state)
{
	(void)state;
	fed_book_free(book);
	for (size_t i = 0; i < n_kept; i++)
		free(kept[i].text);
	n_kept = 0;
	arena_fini(&ar);
	return 0;
}

/* ---- the one that joins ---- */

static struct fed_join_try tried(void)
{
	struct fed_join_try t = {.book = book, .self = a};

	for (size_t i = 0; i < sizeof t.exporter; i++)
		t.exporter[i] = (uint8_t)i;
	assert_true(fed_hash_parse(lit(SPKI), &t.spki));
	return t;
}

static int prove(struct fed_join_try *t, const char *with)
{
	struct fed_hash proof;

	fed_join_proof(with, t->exporter, &a, &b, &proof);
	return fed_book_join_ops.proof(t, &b, &proof);
}

static int send_record(struct fed_join_try *t, const char *edits, const char *sigs)
{
	const struct fed_record *rec = fed_rig_make(&ar, fed_rig_daemon, edits, NULL, sigs);

	return fed_book_join_ops.record(t, &b, rec->text);
}

#define B_RECORD "oid: @a\nroot: !a|oid: @b\nroot: !b|name: ~a|name: ~b|sign: #a|sign: #b"

static const struct fed_invite *invite(void)
{
	const struct fed_invite *i = fed_book_invited(book, HOST);

	assert_non_null(i);
	return i;
}

static void assert_state(enum fed_invite_state want)
{
	assert_int_equal(fed_book_state(book, invite()), want);
}

static void test_joins(void **state)
{
	struct fed_join_try t = tried();
	char numbers[FED_SAS_LEN + 1];

	(void)state;
	again();
	t.book = book;
	assert_state(FED_INVITE_OPEN);
	assert_int_equal(prove(&t, secret), 0);
	assert_state(FED_INVITE_OPEN); /* the record may never come */
	assert_int_equal(send_record(&t, B_RECORD, "b"), 0);
	fed_join_sas(t.exporter, &a, &b, numbers);
	again();
	assert_state(FED_INVITE_JOINING);
	assert_string_equal(invite()->numbers, numbers);
	assert_string_equal(invite()->oid.s, b.s);
	assert_string_equal(invite()->prefix, "kreis.b");
	assert_string_equal(invite()->secret, "");
	assert_int_equal(invite()->joined_at, NOW);
	assert_true(slice_starts(slice_str(invite()->record), lit("record: daemon\n")));
	/* it was for one */
	t = tried();
	assert_int_equal(prove(&t, secret), KERR_DENIED);
	clock_at += FED_INVITE_S;
	assert_state(FED_INVITE_JOINING);
	assert_int_equal(fed_book_forget(book, HOST), 0);
	assert_int_equal(fed_book_forget(book, HOST), KERR_NOTFOUND);
	assert_int_equal(n_kept, 0);
}

/* A record of another daemon, of another key, not signed, or under another name. */
static void test_wrong_record(void **state)
{
	struct fed_join_try t = tried();

	(void)state;
	assert_int_equal(send_record(&t, B_RECORD, "b"), KERR_DENIED); /* no proof */
	assert_int_equal(prove(&t, secret), 0);
	assert_int_equal(send_record(&t, NULL, "a"), KERR_INVALID);
	assert_int_equal(send_record(&t, B_RECORD, "B"), KERR_INVALID);
	assert_int_equal(send_record(&t, B_RECORD "|AAAAE\naddr|AAAAI\naddr", "b"), KERR_INVALID);
	assert_int_equal(fed_book_join_ops.record(&t, &b, lit("record: x\n")), KERR_INVALID);
	assert_int_equal(send_record(&t,
				 "oid: @a\nroot: !a|oid: @b\nroot: !b|name: ~a|name: ~c|sign: "
				 "#a|sign: #b",
				 "b"),
		KERR_CONFLICT);
	again();
	assert_state(FED_INVITE_OPEN);
	assert_string_equal(invite()->other, "forum.c.example");
	t = tried();
	assert_int_equal(prove(&t, secret), 0);
	assert_int_equal(send_record(&t, B_RECORD, "b"), 0);
	assert_string_equal(invite()->other, "");
}

static void test_expires(void **state)
{
	struct fed_join_try t = tried();

	(void)state;
	clock_at += FED_INVITE_S - 1;
	assert_state(FED_INVITE_OPEN);
	clock_at++;
	assert_state(FED_INVITE_EXPIRED);
	assert_int_equal(prove(&t, secret), KERR_DENIED);
	/* a new one takes its place */
	assert_int_equal(fed_book_invite(book, HOST, lit("kreis.b"), secret), 0);
	clock_at += FED_INVITE_TRY_S;
	assert_int_equal(prove(&t, secret), 0);
}

static void test_tries(void **state)
{
	struct fed_join_try t = tried();

	(void)state;
	for (int i = 0; i < FED_INVITE_TRIES - 1; i++) {
		assert_int_equal(prove(&t, "bbbbbbbbbbbbbbbbbbbbbbbbbb"), KERR_DENIED);
		/* within 10 s not even the right one is looked at */
		assert_int_equal(prove(&t, secret), KERR_BUSY);
		clock_at += FED_INVITE_TRY_S - 1;
		assert_int_equal(prove(&t, secret), KERR_BUSY);
		clock_at++;
	}
	assert_int_equal(prove(&t, secret), 0);
	again();
	t.book = book;
	assert_int_equal(invite()->n_tries, FED_INVITE_TRIES - 1);
	assert_int_equal(prove(&t, "bbbbbbbbbbbbbbbbbbbbbbbbbb"), KERR_DENIED);
	assert_state(FED_INVITE_VOID);
	clock_at += FED_INVITE_TRY_S;
	assert_int_equal(prove(&t, secret), KERR_DENIED);
	assert_int_equal(send_record(&t, B_RECORD, "b"), KERR_DENIED);
	again();
	assert_state(FED_INVITE_VOID);
}

/* The clock is set back: nobody is locked out. */
static void test_clock_back(void **state)
{
	struct fed_join_try t = tried();

	(void)state;
	assert_int_equal(prove(&t, "bbbbbbbbbbbbbbbbbbbbbbbbbb"), KERR_DENIED);
	clock_at -= 3600;
	assert_int_equal(prove(&t, secret), 0);
}

static void count(void *arg, const struct fed_invite *i)
{
	(void)i;
	(*(size_t *)arg)++;
}

static void test_many(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 1; i < FED_INVITES_MAX; i++) {
		char host[32];

		snprintf(host, sizeof host, "h%u.example", (unsigned)i);
		assert_int_equal(fed_book_invite(book, slice_str(host), lit("x"), secret), 0);
		for (; n_kept > 0; n_kept--) /* it is not what is tested */
			free(kept[n_kept - 1].text);
	}
	assert_int_equal(fed_book_invite(book, lit("z.example"), lit("x"), secret), KERR_FULL);
	fed_book_each(book, count, &n);
	assert_int_equal(n, FED_INVITES_MAX);
}

static void test_sponsor(void **state)
{
	struct fed_token t = {.host = "forum.a.example",
				 .port = 8433,
				 .oid = a,
				 .secret = "abcdefghijklmnopqrstuvwxyz"},
			 back;
	char numbers[FED_SAS_LEN + 1];

	(void)state;
	assert_true(fed_gid_parse(lit("domahgkwvl6vrki4agdbc7aw6b"), &t.fid));
	assert_false(fed_book_sponsored(book, &back, numbers));
	fed_book_sponsor(book, &t, "22466 37519");
	again();
	assert_true(fed_book_sponsored(book, &back, numbers));
	assert_string_equal(back.host, t.host);
	assert_int_equal(back.port, t.port);
	assert_string_equal(back.oid.s, a.s);
	assert_string_equal(back.fid.s, t.fid.s);
	assert_string_equal(back.secret, ""); /* it is used */
	assert_string_equal(numbers, "22466 37519");
	fed_book_joined(book);
	fed_book_joined(book);
	again();
	assert_false(fed_book_sponsored(book, &back, numbers));
}

static void assert_stopped(bool paused, bool blocked)
{
	bool p, k;

	fed_book_stopped(book, &b, &p, &k);
	assert_int_equal(p, paused);
	assert_int_equal(k, blocked);
}

static void test_stop(void **state)
{
	(void)state;
	assert_stopped(false, false);
	fed_book_stop(book, &b, true, false);
	assert_stopped(true, false);
	fed_book_stop(book, &b, true, true);
	again();
	assert_stopped(true, true);
	fed_book_stop(book, &b, false, true);
	again();
	assert_stopped(false, true);
	fed_book_stop(book, &b, false, false);
	again();
	assert_stopped(false, false);
	assert_int_equal(n_kept, 1); /* the invitation */
}

/* What is no text of the book is said, and left out. */
static void test_damaged(void **state)
{
	static const struct {
		const char *key, *text;
	} rows[] = {
		{"invite:x", ""                          },
		{"invite:x", "host a.example\n"          },
		{"invite:x", "host a.example\nmade x\n"  },
		{"invite:x", "made 1\n"                  },
		{"peer:x",   "paused\n"                  },
		{"sponsor",  ""                          },
		{"sponsor",  "host a.example\nport 70000"},
		{"other",    ""                          },
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++)
		assert_false(
			fed_book_load(book, slice_str(rows[i].key), 1, slice_str(rows[i].text)));
	assert_null(fed_book_invited(book, lit("a.example")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_joins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong_record, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_expires, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tries, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_clock_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sponsor, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stop, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged, set_up, tear_down),
	};

	crypto_ossl_install();
	a = fed_rig_oid('a');
	b = fed_rig_oid('b');
	return cmocka_run_group_tests(tests, NULL, NULL);
}
