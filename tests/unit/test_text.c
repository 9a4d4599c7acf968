/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-8, numbers and the encodings of RFC 4648, with the RFC's own vectors. */
#include "tests/rig/unit.h"

#include "proto/base/text.h"
#include "tests/rig/splits.h"

static void utf8(void **state)
{
	static const struct {
		const char *in;
		bool valid;
		const char *clean;
	} rows[] = {
		{"",			       true,  ""                },
		{"Gr\xc3\xbc\xc3\x9f"
		 "e aus Viersen", true,
                 "Gr\xc3\xbc\xc3\x9f"
			"e aus Viersen"                                     },
		{"\xf4\x8f\xbf\xbf",               true,  "\xf4\x8f\xbf\xbf"},
		{"\xf4\x90\x80\x80",               false, "\xef\xbf\xbd"    },
		{"\xc0\xaf",                       false, "\xef\xbf\xbd"    },
		{"\xed\xa0\x80",                   false, "\xef\xbf\xbd"    },
		{"\xe0\x9f\xbf",                   false, "\xef\xbf\xbd"    },
		{"a\xc3",			  false, "a\xef\xbf\xbd"   },
		{"12345678\xff"
		 "12345678",      false,
                 "12345678\xef\xbf\xbd"
			"12345678"					  },
		{"\xe2\x82"
		 "a",             false,
                 "\xef\xbf\xbd"
			"a"						 },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(slice_str(rows[i].in));
		assert_int_equal(utf8_valid(in), rows[i].valid);
		buf_reset(&b);
		utf8_add_clean(&b, in);
		assert_buf(&b, rows[i].clean);
		splits_free(in);
	}
	assert_slice(utf8_cut(lit("a\xc3\xbc"), 2), "a");
	assert_slice(utf8_cut(lit("a\xc3\xbc"), 3), "a\xc3\xbc");
	assert_slice(utf8_cut(lit("\xf0\x9f\x98\x80"), 3), "");
	buf_fini(&b);
}

static void numbers(void **state)
{
	uint64_t n;

	(void)state;
	assert_true(text_number(lit("00000000000000000007"), 10, &n));
	assert_int_equal(n, 7);
	assert_true(text_number(lit("18446744073709551615"), UINT64_MAX, &n));
	assert_false(text_number(lit("18446744073709551616"), UINT64_MAX, &n));
	assert_false(text_number(lit("99999999999999999999"), UINT64_MAX, &n));
	assert_false(text_number(lit("000000000000000000001"), 10, &n));
	assert_false(text_number(lit(""), 10, &n));
	assert_false(text_number(lit("-1"), 10, &n));
	assert_false(text_number(lit("1 "), 10, &n));
	assert_true(text_size(lit("10M"), UINT64_MAX, &n));
	assert_int_equal(n, 10 << 20);
	assert_true(text_size(lit("2g"), UINT64_MAX, &n));
	assert_int_equal(n, (uint64_t)2 << 30);
	assert_true(text_size(lit("512"), 512, &n));
	assert_false(text_size(lit("1K"), 1023, &n));
	assert_false(text_size(lit("K"), 1023, &n));
	assert_false(text_size(lit("99999999999G"), UINT64_MAX, &n));
	assert_false(text_size(lit(""), 1023, &n));
}

/* RFC 4648 section 10 */
static const char *const vectors[][3] = {
	{"",       "",         ""          },
	{"f",      "Zg==",     "my"        },
	{"fo",     "Zm8=",     "mzxq"      },
	{"foo",    "Zm9v",     "mzxw6"     },
	{"foob",   "Zm9vYg==", "mzxw6yq"   },
	{"fooba",  "Zm9vYmE=", "mzxw6ytb"  },
	{"foobar", "Zm9vYmFy", "mzxw6ytboi"},
};

static void encodings(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < array_len(vectors); i++) {
		struct slice plain = slice_str(vectors[i][0]);
		buf_reset(&b);
		base64_add(&b, plain);
		assert_buf(&b, vectors[i][1]);
		buf_reset(&b);
		assert_true(base64_decode(&b, slice_str(vectors[i][1])));
		assert_buf(&b, vectors[i][0]);
		buf_reset(&b);
		base32_add(&b, plain);
		assert_buf(&b, vectors[i][2]);
		buf_reset(&b);
		assert_true(base32_decode(&b, slice_str(vectors[i][2])));
		assert_buf(&b, vectors[i][0]);
	}
	buf_reset(&b);
	base64url_add(&b, lit("\xfb\xff\xfe"));
	assert_buf(&b, "-__-");
	assert_true(base64url_decode(&b, lit("-__-Zg")));
	assert_buf(&b, "-__-\xfb\xff\xfe"
		       "f");
	buf_reset(&b);
	hex_add(&b, lit("\x01\xfe"));
	assert_buf(&b, "01fe");
	buf_reset(&b);
	text_add_lower(&b, lit("GRO\xc3\x9c"));
	assert_buf(&b, "gro\xc3\x9c");
	buf_fini(&b);
}

static void strict(void **state)
{
	static const char *const bad64[] = {"Z", "Zg",
		"Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Z===", "Zm 9", "Zm9v\n", "====", "Zm-v"};
	static const char *const bad32[] = {"m", "mz", "mzx", "MY", "my=", "mzxw6y", "m1"};
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < array_len(bad64); i++)
		assert_false(base64_decode(&b, slice_str(bad64[i])));
	for (size_t i = 0; i < array_len(bad32); i++)
		assert_false(base32_decode(&b, slice_str(bad32[i])));
	assert_int_equal(b.len, 0);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8),
		cmocka_unit_test(numbers),
		cmocka_unit_test(encodings),
		cmocka_unit_test(strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
