/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines, ranges, names and overview lines. */
#include "tests/rig/unit.h"

#include "proto/base/mem.h"
#include "proto/nntp/nntp_cmds.h"
#include "proto/nntp/nntp_over.h"
#include "tests/rig/splits.h"

static const struct {
	const char *in, *answer; /* words in brackets, or the reason */
} lines[] = {
	{"DATE\r\n",								"[DATE]"                          },
	{"ARTICLE  1\t\r\n",							"[ARTICLE][1]"                    },
	{" GROUP a\r\n",							    "[GROUP][a]"                      },
	{"\r\n",								    "[]"			      },
	{"GROUP \xc3\xbc\r\n",						      "[GROUP][\xc3\xbc]"               },
	{"A a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a\r\n",
         "[A][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a]["
		"a][a][a][a][a][a]"										   },
	{"A a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a\r\n",
         "too many arguments"											 },
	{"DATE\n",								  "line does not end in CRLF"       },
	{"\n",								      "line does not end in CRLF"       },
	{"DATE\rX\r\n",							     "keyword is not ASCII"            },
	{"DATE \r\r\n",							     "control character in the command"},
	{"D\xff\r\n",							       "keyword is not ASCII"            },
	{"DATE \xff\r\n",							   "argument is not UTF-8"           },
	{"DATE \x01\r\n",							   "control character in the command"},
	{"DATE \x7f\r\n",							   "control character in the command"},
	{"DATE\r",								  "more"			    },
	{"",									"more"			    },
};

static void add_args(struct buf *b, const struct nntp_args *a)
{
	buf_addf(b, "[%.*s]", SLICE_ARG(a->verb));
	for (unsigned i = 0; i < a->n; i++)
		buf_addf(b, "[%.*s]", SLICE_ARG(a->v[i]));
}

/* Takes one line, as a session does: what is not used is offered again with more behind it. */
static void take(void *arg, const struct slice *pieces, size_t n, struct buf *answer)
{
	struct nntp_args a;
	struct buf in;
	size_t used = 0;
	enum scan got = SCAN_MORE;

	(void)arg;
	buf_init(&in, 1 << 20);
	for (size_t i = 0; i < n && got == SCAN_MORE; i++) {
		buf_add(&in, pieces[i]);
		struct slice exact = splits_copy(buf_slice(&in));

		got = nntp_take(exact, &used, &a);
		if (got == SCAN_OK)
			add_args(answer, &a);
		else if (got == SCAN_BAD)
			buf_addz(answer, a.why);
		splits_free(exact);
	}
	if (got == SCAN_MORE)
		buf_addz(answer, "more");
	buf_fini(&in);
}

static void takes_lines(void **state)
{
	struct buf answer;

	(void)state;
	buf_init(&answer, 1 << 20);
	for (size_t i = 0; i < array_len(lines); i++) {
		assert_true(splits_check(take, NULL, slice_str(lines[i].in), &answer));
		assert_buf(&answer, lines[i].answer);
	}
	assert_true(splits_check(take, NULL, slice_of("A\0B\r\n", 5), &answer));
	assert_buf(&answer, "keyword is not ASCII");
	buf_fini(&answer);
}

/* The longest line that is taken, and one byte more. */
static void bounds_lines(void **state)
{
	static char line[NNTP_LINE_MAX + 1];
	struct nntp_args a;
	size_t used;

	(void)state;
	memset(line, 'x', sizeof line);
	line[NNTP_LINE_MAX - 2] = '\r';
	line[NNTP_LINE_MAX - 1] = '\n';
	assert_int_equal(nntp_take(slice_of(line, NNTP_LINE_MAX), &used, &a), SCAN_OK);
	assert_int_equal(used, NNTP_LINE_MAX);
	memset(line, 'x', sizeof line);
	assert_int_equal(nntp_take(slice_of(line, NNTP_LINE_MAX - 1), &used, &a), SCAN_MORE);
	assert_int_equal(nntp_take(slice_of(line, NNTP_LINE_MAX), &used, &a), SCAN_BAD);
	assert_true(a.fatal);
	assert_int_equal(used, 0);
}

static void moves_args(void **state)
{
	struct slice in = splits_copy(slice_str("LIST ACTIVE a.*\r\n"));
	struct nntp_args a;
	size_t used;

	(void)state;
	assert_int_equal(nntp_take(in, &used, &a), SCAN_OK);
	char *copy = mem_dup(a.line);
	nntp_args_move(&a, copy);
	splits_free(in);
	assert_slice(a.verb, "LIST");
	assert_slice(a.v[1], "a.*");
	free(copy);
}

static void ranges(void **state)
{
	static const struct {
		const char *in;
		bool dash, ok;
		uint32_t lo, hi;
	} rows[] = {
		{"1",                   false, true,  1,            1           },
		{"0",                   false, true,  0,            0           },
		{"0000000000000007",    false, true,  7,            7           },
		{"00000000000000007",   false, false, 0,            0           },
		{"2147483647",          false, true,  NNTP_NUM_MAX, NNTP_NUM_MAX},
		{"2147483648",          false, true,  2147483648u,  2147483648u },
		{"9999999999999999",    false, true,  2147483648u,  2147483648u },
		{"9223372036854775808", false, false, 0,            0           },
		{"1-",                  false, false, 0,            0           },
		{"1-",                  true,  true,  1,            NNTP_NUM_MAX},
		{"5-3",                 true,  true,  5,            3           },
		{"1-2",                 true,  true,  1,            2           },
		{"1-2-",                true,  false, 0,            0           },
		{"-",                   true,  false, 0,            0           },
		{"-5",                  true,  false, 0,            0           },
		{"1-x",                 true,  false, 0,            0           },
		{"x",                   true,  false, 0,            0           },
		{"+1",                  true,  false, 0,            0           },
		{"",                    true,  false, 0,            0           },
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct nntp_range r;
		struct slice in = splits_copy(slice_str(rows[i].in));

		assert_int_equal(nntp_range_parse(in, rows[i].dash, &r), rows[i].ok);
		if (rows[i].ok) {
			assert_int_equal(r.lo, rows[i].lo);
			assert_int_equal(r.hi, rows[i].hi);
		}
		splits_free(in);
	}
}

static void names(void **state)
{
	(void)state;
	assert_true(nntp_field_valid(lit("Subject")));
	assert_true(nntp_field_valid(lit(":bytes")));
	assert_false(nntp_field_valid(lit("Subject:")));
	assert_false(nntp_field_valid(lit(":")));
	assert_false(nntp_field_valid(lit("")));
	assert_false(nntp_field_valid(lit("S\xc3\xbc")));
	assert_true(nntp_keyword_valid(lit("ACTIVE.TIMES")));
	assert_false(nntp_keyword_valid(lit("ab")));
	assert_false(nntp_keyword_valid(lit("1ab")));
	assert_false(nntp_keyword_valid(lit("a?b")));
}

/* Each row of the table is found by its own name, and says who is known. */
static void finds_commands(void **state)
{
	(void)state;
	for (size_t i = 0; i < nntp_n_cmds; i++) {
		const struct nntp_cmd *c = &nntp_cmds[i];
		struct nntp_args a = {.verb = c->verb, .v = {c->variant}, .n = c->variant.len > 0};
		int code;

		assert_ptr_equal(nntp_cmd_find(&a, &code), c);
		assert_int_equal(a.n, 0);
		assert_true(c->min <= c->max);
	}
	struct nntp_args mode = {.verb = lit("MODE"), .v = {lit("X")}, .n = 1};
	struct nntp_args none = {.verb = lit("MOD")};
	int code;

	assert_null(nntp_cmd_find(&mode, &code));
	assert_int_equal(code, 501);
	assert_null(nntp_cmd_find(&none, &code));
	assert_int_equal(code, 500);
}

static void overview(void **state)
{
	struct forum_over o;
	struct buf b;

	(void)state;
	assert_true(nntp_over_parse(lit("7\tS\tF\tD\t<m@x>\t\t123\t4\tXref: h g:7"), &o));
	assert_int_equal(o.num, 7);
	assert_slice(nntp_over_get(o.fields, OVER_SUBJECT), "S");
	assert_slice(nntp_over_get(o.fields, OVER_MESSAGE_ID), "<m@x>");
	assert_slice(nntp_over_get(o.fields, OVER_REFERENCES), "");
	assert_int_equal(o.bytes, 123);
	assert_int_equal(o.lines, 4);
	assert_slice(o.xref, "h g:7");
	buf_init(&b, 1000);
	o.bytes -= strlen("Xref: h g:7\r\n");
	nntp_over_add(&b, &o);
	assert_buf(&b, "7\tS\tF\tD\t<m@x>\t\t123\t4\tXref: h g:7\r\n");
	buf_fini(&b);
	assert_false(nntp_over_parse(lit("7\tS\tF"), &o));
	assert_false(nntp_over_parse(lit("x\tS\tF\tD\t<m@x>\t\t1\t4"), &o));
	assert_slice(nntp_over_get(lit("a\tb"), OVER_DATE), "");
}

/* What a cut line is taken as: never more than it has, and only with the field before References.
 */
static void over_prefix(void *arg, struct slice prefix)
{
	const struct forum_over *whole = arg;
	struct forum_over o;
	unsigned tabs = 0;

	for (size_t i = 0; i < prefix.len; i++)
		tabs += prefix.p[i] == '\t';
	assert_int_equal(nntp_over_parse(prefix, &o), tabs >= OVER_N_FIELDS);
	if (tabs < OVER_N_FIELDS)
		return;
	assert_int_equal(o.num, whole->num);
	assert_true(slice_starts(whole->fields, o.fields) && o.bytes <= whole->bytes);
	assert_true(o.lines <= whole->lines && slice_starts(whole->xref, o.xref));
	for (unsigned f = 0; f < OVER_REFERENCES; f++)
		assert_true(slice_eq(nntp_over_get(o.fields, (enum nntp_over_field)f),
			nntp_over_get(whole->fields, (enum nntp_over_field)f)));
}

static void overview_cut_everywhere(void **state)
{
	static const char line[] = "17\tRe: Gr\xc3\xbc\xc3\x9f"
				   "e\tAnke <anke@v.example>\tThu, 12 Nov 2026 08:12:00 +0000\t"
				   "<b@x>\t<a@x> <c@x>\t892\t18\tXref: v.example nrw.koko.forum:17";
	struct forum_over whole;

	(void)state;
	assert_true(nntp_over_parse(slice_str(line), &whole));
	splits_prefixes(over_prefix, &whole, slice_str(line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_lines),
		cmocka_unit_test(bounds_lines),
		cmocka_unit_test(moves_args),
		cmocka_unit_test(ranges),
		cmocka_unit_test(names),
		cmocka_unit_test(finds_commands),
		cmocka_unit_test(overview),
		cmocka_unit_test(overview_cut_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
