/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slices, the cursor and errors: edges of empty input and of the last byte. */
#include "tests/rig/unit.h"

#include "proto/base/err.h"
#include "proto/base/scan.h"
#include "proto/base/slice.h"
#include "proto/base/text.h"
#include "tests/rig/splits.h"

static void compares(void **state)
{
	(void)state;
	assert_true(slice_eq(slice_of(NULL, 0), lit("")));
	assert_true(slice_eq_ci(lit("Message-ID"), lit("MESSAGE-id")));
	assert_false(slice_eq_ci(lit("a"), lit("ab")));
	assert_true(slice_cmp(lit("a"), lit("b")) < 0);
	assert_true(slice_cmp(lit("a\xff"), lit("aa")) > 0);
	assert_true(slice_cmp(lit("a"), lit("aa")) < 0);
	assert_int_equal(slice_cmp(lit(""), slice_of(NULL, 0)), 0);
	assert_true(slice_starts(lit("abc"), lit("")));
	assert_false(slice_starts(lit("ab"), lit("abc")));
	assert_true(slice_starts_ci(lit("ABc"), lit("ab")));
	assert_true(slice_ends(lit("abc"), lit("bc")));
	assert_false(slice_ends(lit("c"), lit("bc")));
}

static void finds(void **state)
{
	(void)state;
	assert_int_equal(slice_chr(lit("abc"), 'c'), 2);
	assert_int_equal(slice_chr(lit("abc"), 'x'), 3);
	assert_int_equal(slice_chr(slice_of(NULL, 0), 'x'), 0);
	assert_int_equal(slice_find(lit("a\r\nb"), lit("\r\n")), 1);
	assert_int_equal(slice_find(lit("ab"), lit("abc")), 2);
	assert_int_equal(slice_find(lit("ab"), lit("")), 0);
	assert_slice(slice_trim(lit(" \t a b\r\n ")), "a b");
	assert_slice(slice_trim(lit("  ")), "");
}

/* Parts of a split, each in brackets. */
static void split_to(struct buf *b, struct slice in)
{
	struct slice rest = in, part;

	buf_reset(b);
	while (slice_split(&rest, ',', &part)) {
		buf_addc(b, '[');
		buf_add(b, part);
		buf_addc(b, ']');
	}
	assert_null(rest.p);
	assert_false(slice_split(&rest, ',', &part));
}

static void splits(void **state)
{
	static const char *const rows[][2] = {
		{"a,,b", "[a][][b]"},
                {"",     ""        },
                {"a,",   "[a][]"   },
                {",",    "[][]"    },
                {"abc",  "[abc]"   }
        };
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(slice_str(rows[i][0]));
		split_to(&b, in);
		assert_buf(&b, rows[i][1]);
		splits_free(in);
	}
	buf_fini(&b);
}

static void words(void **state)
{
	struct slice rest = lit("  GROUP\tkoko.test "), w;

	(void)state;
	assert_true(slice_word(&rest, &w));
	assert_slice(w, "GROUP");
	assert_true(slice_word(&rest, &w));
	assert_slice(w, "koko.test");
	assert_false(slice_word(&rest, &w));
}

static void c_strings(void **state)
{
	char dst[4];

	(void)state;
	assert_true(slice_cstr(lit("abc"), dst, sizeof dst));
	assert_string_equal(dst, "abc");
	assert_false(slice_cstr(lit("abcd"), dst, sizeof dst));
	assert_string_equal(dst, "");
	assert_false(slice_cstr(lit("a\0b"), dst, sizeof dst));
	assert_true(slice_cstr(slice_of(NULL, 0), dst, sizeof dst));
}

static bool is_digit(int ch)
{
	return ascii_digit(ch);
}

static void cursor(void **state)
{
	struct cursor c = cursor_of(lit("Uid 18446744073709551616 12 7a"));
	uint64_t n;

	(void)state;
	assert_false(cursor_take(&c, 'u'));
	assert_true(cursor_take_ci(&c, lit("UID")));
	assert_int_equal(cursor_blanks(&c), 1);
	assert_false(cursor_number(&c, UINT64_MAX, &n));
	assert_int_equal(c.at, 4);
	assert_int_equal(cursor_run(&c, is_digit).len, 20);
	assert_true(cursor_take(&c, ' '));
	assert_false(cursor_number(&c, 11, &n));
	assert_true(cursor_number(&c, 12, &n));
	assert_int_equal(n, 12);
	cursor_blanks(&c);
	assert_true(cursor_number(&c, 9, &n));
	assert_int_equal(cursor_peek(&c), 'a');
	c.at++;
	assert_int_equal(cursor_peek(&c), -1);
	assert_int_equal(cursor_rest(&c).len, 0);
	assert_false(cursor_number(&c, 9, &n));
}

static void errors(void **state)
{
	struct err err;
	char text[400];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_string_equal(kerr_name(KERR_IO), "io");
	assert_string_equal(kerr_name(-99), "unknown");
	assert_string_equal(kerr_name(3), "ok");
	assert_int_equal(err_set(NULL, KERR_FULL, "%s", "x"), KERR_FULL);
	assert_int_equal(err_set(&err, KERR_FULL, "map full at %d GiB", 8), KERR_FULL);
	assert_int_equal(err_prefix(&err, KERR_FULL, "group %s", "koko.test"), KERR_FULL);
	assert_string_equal(err.text, "group koko.test: map full at 8 GiB");
	err_prefix(&err, KERR_FULL, "%s", text);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares),
		cmocka_unit_test(finds),
		cmocka_unit_test(splits),
		cmocka_unit_test(words),
		cmocka_unit_test(c_strings),
		cmocka_unit_test(cursor),
		cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
