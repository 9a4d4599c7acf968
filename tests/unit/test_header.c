/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Header fields: pushed at every cut and walked in memory, with the same answers. */
#include "tests/rig/unit.h"

#include "proto/msg/header.h"
#include "tests/rig/splits.h"

static const struct msg_limits small = {.max_line = 20, .max_head = 60, .max_fields = 4};

static void add_field(struct buf *answer, const struct header_field *f)
{
	buf_addc(answer, '[');
	buf_add(answer, f->name);
	buf_addc(answer, '=');
	buf_add(answer, f->value);
	buf_addc(answer, ']');
}

/* Feed one piece until it is used up or the head has ended. */
static enum scan feed_piece(
	struct header_parser *p, struct slice in, size_t *total, struct buf *answer)
{
	struct header_field f;
	size_t used;

	for (;;) {
		enum scan rc = header_take(p, in, &used, &f);
		*total += used;
		in = slice_from(in, used);
		if (rc != SCAN_OK || p->ended)
			return rc;
		add_field(answer, &f);
	}
}

static void feed(void *arg, const struct slice *pieces, size_t n, struct buf *answer)
{
	struct header_parser p;
	enum scan rc = SCAN_MORE;
	size_t total = 0;

	header_init(&p, arg);
	for (size_t i = 0; i < n && rc == SCAN_MORE; i++)
		rc = feed_piece(&p, pieces[i], &total, answer);
	if (rc == SCAN_BAD)
		buf_addz(answer, p.why);
	else
		buf_addf(answer, "%s %zu", p.ended ? "body at" : "more", total);
	header_fini(&p);
}

static void walk(const struct msg_limits *limits, struct slice in, struct buf *answer)
{
	struct header_walk w;
	struct header_field f;
	enum scan rc;

	header_walk_init(&w, in, limits);
	while ((rc = header_next(&w, &f)) == SCAN_OK) {
		assert_ptr_equal(f.raw.p + f.raw.len, in.p + w.at);
		add_field(answer, &f);
	}
	if (rc == SCAN_BAD)
		buf_addz(answer, w.why);
	else
		buf_addf(answer, "body at %zu", w.at);
}

static const struct {
	struct slice in;
	const char *answer;
} rows[] = {
	{lit("A: b\r\n\r\nbody"),							  "[A=b]body at 8"                             },
	{lit("A:b\r\nC:\t d \r\n\r\n"),						    "[A=b][C=d]body at 15"                       },
	{lit("A: b\r\n c\r\n\td\r\n\r\n"),						 "[A=b\r\n c\r\n\td]body at 16"               },
	{lit("A:\r\n b\r\n\r\n"),							  "[A=b]body at 10"                            },
	{lit("A:\r\n\r\n"),								"[A=]body at 6"                              },
	{lit("A : b\r\n\r\n"),							     "[A=b]body at 9"                             },
	{lit("\r\nA: b\r\n"),							      "body at 2"                                  },
	{lit("A: b:c\r\n \r\n\r\n"),						       "[A=b:c]body at 13"                          },
	{lit("A\r\n\r\n"),								 "line of the head without a field name"      },
	{lit(": b\r\n\r\n"),							       "line of the head without a field name"      },
	{lit(" b\r\nA: b\r\n\r\n"),							"line of the head without a field name"      },
	{lit("\xc3\xa4: b\r\n\r\n"),						       "line of the head without a field name"      },
	{lit("A b: c\r\n\r\n"),							    "line of the head without a field name"      },
	{lit("A: b\nC: d\r\n\r\n"),							"LF without CR in the head"                  },
	{lit("A: b\rC: d\r\n\r\n"),							"CR without LF in the head"                  },
	{lit("A: b\r\r\n\r\n"),							    "CR without LF in the head"                  },
	{lit("A: b\r\n\r\r\n"),							    "[A=b]CR without LF in the head"             },
	{lit("A: b\r\n\n"),								"[A=b]LF without CR in the head"             },
	{lit("A: \0b\r\n\r\n"),							    "NUL byte in the head"                       },
	{lit("A: 45678901234567890\r\n\r\n"),					      "[A=45678901234567890]body at 24"            },
	{lit("A: 456789012345678901\r\n\r\n"),                                             "line of the head is too long"               },
	{lit("A: 4567890123456789012345"),						 "line of the head is too long"               },
	{lit("A: 45678901234567890\rx\n"),						 "line of the head is too long"               },
	{lit("A: b\r\n 2345678901234567890x\r\n\r\n"),                                     "line of the head is too long"               },
	{lit("A: 4567890123456789\r\n 234567890123456789\r\n 234567890123456789\r\n\r\n"),
         "head is too big"													      },
	{lit("A:\r\nB:\r\nC:\r\nD:\r\n\r\n"),					      "[A=][B=][C=][D=]body at 18"                 },
	{lit("A:\r\nB:\r\nC:\r\nD:\r\nE:\r\n\r\n"),                                        "[A=][B=][C=][D=]too many fields in the head"},
};

static void fields(void **state)
{
	struct buf answer, walked;

	(void)state;
	buf_init(&answer, 1000);
	buf_init(&walked, 1000);
	for (size_t i = 0; i < array_len(rows); i++) {
		assert_true(splits_check(feed, (void *)(uintptr_t)&small, rows[i].in, &answer));
		assert_buf(&answer, rows[i].answer);
		struct slice in = splits_copy(rows[i].in);
		buf_reset(&walked);
		walk(&small, in, &walked);
		if (!slice_starts(buf_slice(&answer), lit("more")) && in.p[in.len - 1] == '\n')
			assert_buf(&walked, rows[i].answer);
		splits_free(in);
	}
	buf_fini(&answer);
	buf_fini(&walked);
}

/* Found by fuzzing: a line longer than the whole parser holds, all in one piece. */
static void huge_line(void **state)
{
	struct buf in, answer;

	(void)state;
	buf_init(&in, 4000);
	buf_init(&answer, 1000);
	while (in.len < 3000)
		buf_addz(&in, "A: x");
	assert_true(splits_check(feed, (void *)(uintptr_t)&small, buf_slice(&in), &answer));
	assert_buf(&answer, "line of the head is too long");
	buf_fini(&in);
	buf_fini(&answer);
}

/* Mail may end without an empty line, but not within a line. */
static void without_end(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	walk(&small, lit("A: b\r\nC: d\r\n"), &b);
	assert_buf(&b, "[A=b][C=d]body at 12");
	buf_reset(&b);
	walk(&small, lit("A: b\r\nC: d"), &b);
	assert_buf(&b, "[A=b]head ends in the middle of a line");
	buf_reset(&b);
	walk(&small, lit(""), &b);
	assert_buf(&b, "body at 0");
	buf_fini(&b);
}

/* n fields "Xnnn: <pad>", each one line of `line` bytes, then the empty line. */
static void make_head(struct buf *b, int n, size_t line)
{
	buf_reset(b);
	for (int i = 0; i < n; i++) {
		size_t begin = b->len;
		buf_addf(b, "X%03d: ", i);
		while (b->len - begin < line)
			buf_addc(b, 'x');
		buf_addz(b, "\r\n");
	}
	buf_addz(b, "\r\n");
}

static const char *why_of(const struct msg_limits *limits, const struct buf *in)
{
	struct header_walk w;
	struct header_field f;
	enum scan rc;

	header_walk_init(&w, buf_slice(in), limits);
	while ((rc = header_next(&w, &f)) == SCAN_OK)
		;
	return rc == SCAN_BAD ? w.why : "";
}

static void check_limits(const struct msg_limits *limits)
{
	int n = (int)limits->max_fields, lines = (int)(limits->max_head / 512);
	struct buf b;

	buf_init(&b, 1 << 20);
	make_head(&b, 1, 998);
	assert_string_equal(why_of(limits, &b), "");
	make_head(&b, 1, 999);
	assert_string_equal(why_of(limits, &b), "line of the head is too long");
	make_head(&b, 1, 2000);
	assert_string_equal(why_of(limits, &b), "line of the head is too long");
	make_head(&b, n, 10);
	assert_string_equal(why_of(limits, &b), "");
	make_head(&b, n + 1, 10);
	assert_string_equal(why_of(limits, &b), "too many fields in the head");
	make_head(&b, lines, 510);
	assert_string_equal(why_of(limits, &b), "");
	buf_cut(&b, b.len - 2);
	buf_addz(&b, "A:\r\n\r\n");
	assert_string_equal(why_of(limits, &b), "head is too big");
	buf_fini(&b);
}

/* Row 25: a head of 64 KiB + 1, lines of 999 and 2,000 bytes, 201 fields. */
static void real_limits(void **state)
{
	(void)state;
	assert_int_equal(msg_limits_relay.max_fields, 200);
	assert_int_equal(msg_limits_relay.max_head, 64 * 1024);
	check_limits(&msg_limits_relay);
	check_limits(&msg_limits_inject);
}

static void unfolds(void **state)
{
	struct arena ar;
	struct buf b;

	(void)state;
	arena_init(&ar);
	buf_init(&b, 1000);
	assert_slice(header_unfold(lit("a b"), &ar), "a b");
	assert_int_equal(ar.used, 0);
	assert_slice(header_unfold(lit("a\r\n b\r\n\t c"), &ar), "a b\t c");
	header_add_flat(&b, lit("a\tb\r\n\tc\rd\ne\0f"));
	assert_buf(&b, "a b c d e f");
	buf_fini(&b);
	arena_fini(&ar);
}

static void collapses(void **state)
{
	static const struct {
		const char *in, *out;
	} values[] = {
		{"",                 ""     },
		{" \t\r\n ",         ""     },
		{"a",                "a"    },
		{" a \t b\r\n \tc ", "a b c"},
		{"a\r\n b",          "a b"  },
	};

	char out[32];

	(void)state;
	for (size_t i = 0; i < array_len(values); i++) {
		struct slice in = splits_copy(slice_str(values[i].in));
		assert_slice(slice_of(out, header_collapse(in, out)), values[i].out);
		splits_free(in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(huge_line),
		cmocka_unit_test(without_end),
		cmocka_unit_test(real_limits),
		cmocka_unit_test(unfolds),
		cmocka_unit_test(collapses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
