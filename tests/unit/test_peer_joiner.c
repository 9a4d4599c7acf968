/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one who accepts an invitation: every answer there can be, cut everywhere. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_cmd.h"
#include "proto/fed/peer_joiner.h"
#include "tests/rig/fed_rig.h"
#include "tests/rig/splits.h"

enum { NOW = 1795309300 };

/* The certificate that fed_rig's daemon record names. */
#define SPKI "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"
#define GREETING "200 kokod peer port\r\n"
#define ASKED "KREC daemon @a *\r\n"
#define JOIN "KJOIN @b "

static struct arena ar;
static struct peer_joiner_opts opts;
static unsigned n_done;

static int set_up(void **state)
{
	const struct fed_record *own;

	(void)state;
	arena_init(&ar);
	own = fed_rig_make(&ar, fed_rig_daemon,
		"oid: @a\nroot: !a|oid: @b\nroot: !b|sign: #a|sign: #b", NULL, "b");
	opts = (struct peer_joiner_opts){
		.token = {.host = "forum.a.example",
			  .port = 8433,
			  .oid = fed_rig_oid('a'),
			  .secret = "abcdefghijklmnopqrstuvwxyz"},
		.self = fed_rig_oid('b'),
		.record = own->text,
	};
	for (size_t i = 0; i < sizeof opts.exporter; i++)
		opts.exporter[i] = (uint8_t)i;
	assert_true(fed_hash_parse(lit(SPKI), &opts.spki));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_fini(&ar);
	return 0;
}

/* ---- a conversation ---- */

static void done(void *arg, const struct peer_joined *j)
{
	struct buf *answer = arg;

	n_done++;
	buf_addf(answer, "[%s|%.40s|%s", kerr_name(j->rc), j->why, j->numbers);
	if (j->has_clock)
		buf_addf(answer, "|%lld", (long long)j->clock_s);
	if (j->rc == 0) {
		assert_true(slice_starts(j->record, lit("record: daemon\n")));
		assert_true(slice_ends(j->record, lit("\n")));
	}
	buf_addc(answer, ']');
}

static void converse(void *arg, const struct slice *pieces, size_t n, struct buf *answer)
{
	const struct session_ops *ops = &peer_joiner_ops;
	struct peer_joiner_opts o = opts;
	enum sess_need need;
	struct buf in, end;
	void *s;

	(void)arg;
	buf_init(&end, 4096);
	o.done = done;
	o.arg = &end;
	n_done = 0;
	s = peer_joiner_new(&o);
	buf_init(&in, 8 * 1024 * 1024);
	need = ops->start(s, NOW);
	for (size_t i = 0; i < n && need != NEED_CLOSE; i++) {
		size_t used = 1;

		buf_add(&in, pieces[i]);
		while (need != NEED_CLOSE && used > 0) {
			need = ops->feed(s, buf_slice(&in), NOW, &used);
			buf_drop(&in, used);
		}
	}
	assert_true(n_done <= 1);
	buf_add(answer, buf_slice(ops->output(s)));
	buf_add(answer, buf_slice(&end));
	if (need == NEED_CLOSE)
		buf_addz(answer, "(closed)");
	ops->free(s);
	buf_fini(&in);
	buf_fini(&end);
}

/* The other says `in`; we say what begins with `want` and ends with `end`. */
static void says(const char *in, const char *want, const char *end)
{
	struct buf said, wanted, answer;

	buf_init(&said, 64 * 1024);
	buf_init(&wanted, 64 * 1024);
	buf_init(&answer, 1024 * 1024);
	fed_rig_add(&said, in);
	fed_rig_add(&wanted, want);
	assert_true(splits_check(converse, NULL, buf_slice(&said), &answer));
	if (!slice_starts(buf_slice(&answer), buf_slice(&wanted)) ||
		!slice_ends(buf_slice(&answer), slice_str(end)))
		fail_msg("\"%s\" is not \"%s ... %s\"", buf_cstr(&answer), buf_cstr(&wanted), end);
	buf_fini(&said);
	buf_fini(&wanted);
	buf_fini(&answer);
}

/* GREETING, a's record with edits and signatures, and what comes behind. */
static const char *served(struct buf *b, const char *edits, const char *sigs, const char *behind)
{
	const struct fed_record *rec = fed_rig_make(&ar, fed_rig_daemon, edits, NULL, sigs);

	buf_init(b, 64 * 1024);
	buf_addz(b, GREETING "294 1\r\n");
	fed_record_add_wire(b, rec->text);
	buf_addz(b, ".\r\n");
	buf_addz(b, behind);
	return buf_cstr(b);
}

static void test_joins(void **state)
{
	struct buf in, out;

	(void)state;
	buf_init(&out, 64 * 1024);
	buf_addz(&out, ASKED JOIN);
	/* proof and numbers are those of test_fed_join.c for other oids: here their places */
	says(served(&in, NULL, "a", "390 send the record\r\n295 joined\r\n"), buf_cstr(&out),
		"](closed)");
	struct slice whole = buf_slice(&in);
	buf_reset(&out);
	converse(NULL, &whole, 1, &out);
	struct slice record = lit("record: daemon\r\nv: 1\r\n");
	assert_true(slice_find(buf_slice(&out), record) < out.len);
	assert_true(slice_find(buf_slice(&out), lit("\r\n.\r\n[ok||")) < out.len ||
		    slice_find(buf_slice(&out), lit("\r\n.\r\n[0||")) < out.len);
	buf_fini(&in);
	buf_fini(&out);
}

static void test_refused(void **state)
{
	struct buf in;

	(void)state;
	says(served(&in, NULL, "a", "494 no such invitation\r\n"), ASKED JOIN,
		"[denied|%1 does not accept the token (any more):|](closed)");
	buf_fini(&in);
	says(served(&in, NULL, "a", "390 send\r\n494 not valid\r\n"), ASKED JOIN,
		"[denied|%1 has invited a daemon of another name:|](closed)");
	buf_fini(&in);
}

#define OTHER "[invalid|at %1 another daemon answers than the on|](closed)"
#define NONE "[invalid|what answers at %1 is no kokod, or not i|](closed)"

/* Another daemon, another key, a record that is not signed, or no record: no proof is given. */
static void test_other_daemon(void **state)
{
	struct buf in;

	(void)state;
	says(GREETING "492 not yours\r\n", ASKED, OTHER);
	says(GREETING "294 1\r\nrecord: daemon\r\n.\r\n", ASKED, OTHER);
	says(served(&in, "oid: @a\nroot: !a|oid: @b\nroot: !b|sign: #a|sign: #b", "b", ""), ASKED,
		OTHER);
	buf_fini(&in);
	says(served(&in, "AAAAE\naddr|AAAAI\naddr", "a", ""), ASKED, OTHER);
	buf_fini(&in);
	says(served(&in, NULL, "A", ""), ASKED, OTHER);
	buf_fini(&in);
}

static void test_no_kokod(void **state)
{
	(void)state;
	says("220 mail.example ESMTP\r\n", "", NONE);
	says("200 news.example InterNetNews\r\n", "", NONE);
	says("200 kokod peer port\n", "", NONE);
	says(GREETING "what?\r\n", ASKED, NONE);
	says("", "", "");
	says(GREETING, ASKED, "");
}

/* A greeting that tells the time. */
static void test_clock(void **state)
{
	(void)state;
	says("200 kokod peer port 1795309330\r\n492 no\r\n", ASKED,
		"[invalid|at %1 another daemon answers than the on||30](closed)");
	says("200 kokod peer port 1795312901\r\n", "",
		"[conflict|the clocks here and at %1 are %2 seconds||3601](closed)");
	says("200 kokod peer port 1795308000\r\n", "",
		"[conflict|the clocks here and at %1 are %2 seconds||-1300](closed)");
}

/* More than any record. */
static void test_endless(void **state)
{
	struct buf in, out;
	struct slice whole;

	(void)state;
	buf_init(&in, 8 * 1024 * 1024);
	buf_init(&out, 8 * 1024 * 1024);
	buf_addz(&in, GREETING "294 1\r\n");
	for (int i = 0; i < 5 * 1024 * 1024 / 16; i++)
		buf_addz(&in, "record: daemon\r\n");
	whole = buf_slice(&in);
	converse(NULL, &whole, 1, &out);
	assert_true(slice_ends(buf_slice(&out), lit(OTHER)));
	buf_reset(&in);
	for (int i = 0; i < FED_LINE_MAX; i++)
		buf_addc(&in, 'x');
	whole = buf_slice(&in);
	buf_reset(&out);
	converse(NULL, &whole, 1, &out);
	assert_true(slice_ends(buf_slice(&out), lit(NONE)));
	buf_fini(&in);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_joins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_daemon, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_kokod, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_clock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_endless, set_up, tear_down),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
