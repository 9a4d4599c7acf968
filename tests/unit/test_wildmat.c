/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wildmats: the examples of RFC 3977 section 4.2, odd patterns, and the time limit. */
#include "tests/rig/unit.h"

#include <time.h>

#include "proto/base/wildmat.h"
#include "tests/rig/splits.h"

static const struct {
	const char *pattern, *text;
	bool match;
} rows[] = {
	{"a*,!*b,*c*",          "aaa",            true },
	{"a*,!*b,*c*",          "abb",            false},
	{"a*,!*b,*c*",          "ccb",            true },
	{"a*,!*b,*c*",          "xxx",            false},
	{"*",		   "",               true },
	{"*",		   "koko.test",      true },
	{"koko.?est",           "koko.test",      true },
	{"koko.??",
         "koko.\xc3\xbc"
		"b",			      true },
	{"koko.?",
         "koko.\xc3\xbc"
		"b",			      false},
	{"*\xbc",               "\xc3\xbc",       false},
	{"a**b",                "ab",             true },
	{"?*",		  "",               false},
	{"!koko.*",             "koko.test",      false},
	{"*,!koko.*",           "koko.test",      false},
	{"*,!koko.*,koko.test", "koko.test",      true },
	{"koko",                "koko.test",      false},
	{"koko.test",           "koko",           false},
	{"",		    "",               false},
	{"*.test",              "koko.test.test", true },
	{"[",		   "[",              false},
	{"[a-",		 "a",              false},
	{"a\\",		 "a\\",            false},
	{"a,",		  "a",              false},
	{",a",		  "a",              false},
	{"a!b",		 "a!b",            false},
	{"!",		   "a",              false},
	{"a b",		 "a b",            false},
	{"\xff",                "\xff",           false},
};

static void match_prefix(void *arg, struct slice prefix)
{
	if (wildmat_match(prefix, slice_str(arg)))
		assert_true(wildmat_valid(prefix));
	assert_true(wildmat_prefix(prefix).len <= prefix.len);
}

static void matches(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice pat = splits_copy(slice_str(rows[i].pattern));
		struct slice text = splits_copy(slice_str(rows[i].text));
		if (wildmat_match(pat, text) != rows[i].match)
			fail_msg("\"%s\" on \"%s\"", rows[i].pattern, rows[i].text);
		splits_prefixes(match_prefix, (void *)(uintptr_t)rows[i].text, pat);
		splits_free(pat);
		splits_free(text);
	}
}

static void prefixes(void **state)
{
	(void)state;
	assert_slice(wildmat_prefix(lit("nrw.koko.*")), "nrw.koko.");
	assert_slice(wildmat_prefix(lit("nrw.k?ko")), "nrw.k");
	assert_slice(wildmat_prefix(lit("nrw.koko")), "nrw.koko");
	assert_slice(wildmat_prefix(lit("*")), "");
	assert_slice(wildmat_prefix(lit("a,b")), "");
	assert_slice(wildmat_prefix(lit("!a")), "");
	assert_slice(wildmat_prefix(lit("[")), "");
}

/* Rows 16 and 17 of the table of bad inputs: many stars over 1,000 names, and 10 kB of pattern. */
static void bounded(void **state)
{
	char name[64], big[10240];
	clock_t begin = clock();

	(void)state;
	memset(name, 'a', sizeof name);
	for (int i = 0; i < 1000; i++)
		assert_false(wildmat_match(lit("*a*a*a*a*a*a*a*a*b"), slice_of(name, sizeof name)));
	memset(big, '[', sizeof big);
	assert_false(wildmat_match(slice_of(big, sizeof big), slice_of(name, sizeof name)));
	memset(big, '*', sizeof big);
	assert_true(wildmat_match(slice_of(big, sizeof big), slice_of(name, sizeof name)));
	for (size_t i = 1; i < sizeof big; i += 2)
		big[i] = 'a';
	assert_false(wildmat_match(slice_of(big, sizeof big), slice_of(name, sizeof name)));
	/* 50 ms are asked; sanitizers and a busy machine get ten times that */
	assert_true(clock() - begin < CLOCKS_PER_SEC / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
