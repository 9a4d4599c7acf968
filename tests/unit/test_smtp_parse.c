/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines, paths and parameters: every row, and every line cut at every place. */
#include "tests/rig/unit.h"

#include "proto/smtp/smtp_parse.h"
#include "tests/rig/splits.h"

/* ---- lines ---- */

/* Take all lines of the pieces as a session does; what is left over stays. */
static void take_lines(void *arg, const struct slice *pieces, size_t n, struct buf *answer)
{
	struct buf in;

	(void)arg;
	buf_init(&in, 1 << 16);
	for (size_t i = 0; i < n; i++) {
		struct smtp_line l;
		size_t used;
		enum scan got;

		buf_add(&in, pieces[i]);
		do {
			got = smtp_take(buf_slice(&in), 40, &used, &l);
			if (got == SCAN_OK)
				buf_addf(
					answer, "[%.*s|%.*s]", SLICE_ARG(l.verb), SLICE_ARG(l.arg));
			if (got == SCAN_BAD)
				buf_addf(answer, "{%s}", l.why);
			if (got == SCAN_BAD && l.fatal)
				goto out;
			buf_drop(&in, used);
		} while (got != SCAN_MORE);
	}
out:
	buf_fini(&in);
}

static void lines(void **state)
{
	static const struct {
		struct slice in;
		const char *want;
	} rows[] = {
		{lit("NOOP\r\n"),				      "[NOOP|]"                           },
		{lit("MAIL FROM:<a@b> SIZE=1 \r\n"),                   "[MAIL|FROM:<a@b> SIZE=1]"          },
		{lit("\r\nQUIT\r\n"),                                  "[|][QUIT|]"                        },
		{lit("NOOP"),					  ""				  },
		{lit("NOOP\nQUIT\r\n"),                                "{line does not end in CRLF}[QUIT|]"},
		{lit("NO\rOP\r\n"),				    "{control character in the command}"},
		{lit("NO\0OP\r\n"),				    "{control character in the command}"},
		{lit("NO\x7fOP\r\n"),                                  "{control character in the command}"},
		{lit("NOOP \xc3\xa4\r\n"),                             "[NOOP|\xc3\xa4]"                   },
		{lit("NOOP \xc3\r\n"),                                 "{command is not UTF-8}"            },
		{lit("NOOP 345678901234567890123456789012345678\r\n"), "{line is too long}"                },
		{lit("NOOP 34567890123456789012345678901234\r\n"),
                 "[NOOP|34567890123456789012345678901234]"                                                 },
		{lit("auth 345678901234567890123456789012345678\r\n"),
                 "[auth|345678901234567890123456789012345678]"                                             },
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct buf answer;

		buf_init(&answer, 4096);
		assert_true(splits_check(take_lines, NULL, rows[i].in, &answer));
		assert_buf(&answer, rows[i].want);
		buf_fini(&answer);
	}
}

/* ---- paths ---- */

static void paths(void **state)
{
	static const struct {
		const char *in, *local, *domain, *rest;
		bool utf8;
	} rows[] = {
		{"TO:<a.b@c.d>",               "a.b",                 "c.d",         "",     false},
		{"to: <a@b> X=1",              "a",                   "b",           " X=1", false},
		{"TO:<>",                      "",                    "",            "",     false},
		{"TO:<@x.y,@z:a@b>",           "a",                   "b",           "",     false},
		{"TO:<\"a b\\\"c\"@d>",        "a b\"c",              "d",           "",     false},
		{"TO:<\"a@b\"@d>",             "a@b",                 "d",           "",     false},
		{"TO:<a@[127.0.0.1]>",         "a",                   "[127.0.0.1]", "",     false},
		{"TO:<a@[IPv6:::1]>",          "a",                   "[IPv6:::1]",  "",     false},
		{"TO:<postMASTER>",            "postMASTER",          "",            "",     false},
		{"TO:<\xc3\xbc@b>",            "\xc3\xbc",            "b",           "",     true },
		{"TO:<a@\xc3\xbc.b>",          "a",                   "\xc3\xbc.b",  "",     true },
		{"TO:<!#$%&'*+-/=?^_`{|}~@b>", "!#$%&'*+-/=?^_`{|}~", "b",           "",     false},
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(slice_str(rows[i].in)), arg = in;
		struct smtp_path p;

		assert_true(smtp_path_take(&arg, lit("TO:"), &p));
		assert_slice(smtp_path_local(&p), rows[i].local);
		assert_slice(smtp_path_domain(&p), rows[i].domain);
		assert_slice(arg, rows[i].rest);
		assert_int_equal(p.utf8, rows[i].utf8);
		splits_free(in);
	}
}

static void no_paths(void **state)
{
	static const char *const rows[] = {"", "TO", "TO:", "TO:<", "TO:<a@b", "TO:a@b",
		"FROM:<a@b>", "TO:<a>", "TO:<@b>", "TO:<a@>", "TO:<.a@b>", "TO:<a.@b>",
		"TO:<a..b@c>", "TO:<a@.b>", "TO:<a@b..c>", "TO:<a b@c>", "TO:<a@b>x", "TO:<\"a@b>",
		"TO:<\"\"@b>", "TO:<\"a\\", "TO:<a@[>", "TO:<a@[]>", "TO:<a@[x>", "TO:<a@[x>y]>",
		"TO:<@x a@b>", "TO:<@x:>", "TO:<<a@b>>", "TO:<a@b,c@d>", "TO:<a,b@c>",
		"TO:<\"a\"b@c>"};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(slice_str(rows[i])), arg = in;
		struct smtp_path p;

		if (smtp_path_take(&arg, lit("TO:"), &p))
			fail_msg("%s was taken", rows[i]);
		splits_free(in);
	}
}

static void try_prefix(void *arg, struct slice prefix)
{
	struct slice rest = prefix;
	struct smtp_path p;

	(void)arg;
	if (smtp_path_take(&rest, lit("TO:"), &p))
		assert_true(prefix.len >= 36);
}

/* No piece of a path is one. */
static void path_prefixes(void **state)
{
	(void)state;
	splits_prefixes(try_prefix, NULL, lit("TO:<@x.y:\"a\\b c\"@[IPv6:1234:5678::9]> SIZE=1"));
}

/* 254 bytes fit, 255 do not. */
static void path_length(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1024);
	for (size_t n = 250; n <= 260; n++) {
		struct slice arg;
		struct smtp_path p;

		buf_reset(&b);
		buf_addz(&b, "TO:<");
		for (size_t i = 0; i + 4 < n; i++)
			buf_addc(&b, 'a');
		buf_addz(&b, "@b.c>");
		arg = buf_slice(&b);
		assert_int_equal(smtp_path_take(&arg, lit("TO:"), &p), n <= SMTP_PATH_MAX);
	}
	buf_fini(&b);
}

/* ---- parameters ---- */

static void params(void **state)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{"",                  "."                 },
		{" SIZE=1  X-y=<> Z", "SIZE:1 X-y:<> Z: ."},
		{" A=",               "!"                 },
		{" A=b=c",            "!"                 },
		{" =b",               "!"                 },
		{" -a",               "!"                 },
		{" A=1 b?",           "A:1 !"             },
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice rest = slice_str(rows[i].in);
		struct smtp_param p;
		struct buf said;
		enum scan got;

		buf_init(&said, 256);
		while ((got = smtp_param_next(&rest, &p)) == SCAN_OK)
			buf_addf(&said, "%.*s:%.*s ", SLICE_ARG(p.key), (int)p.value.len,
				p.value.len > 0 ? p.value.p : "");
		buf_addc(&said, got == SCAN_BAD ? '!' : '.');
		assert_buf(&said, rows[i].want);
		buf_fini(&said);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(paths),
		cmocka_unit_test(no_paths),
		cmocka_unit_test(path_prefixes),
		cmocka_unit_test(path_length),
		cmocka_unit_test(params),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
