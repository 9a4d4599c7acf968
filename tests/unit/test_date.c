/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates: the calendar against gmtime, then each text form in both directions. */
#include "tests/rig/unit.h"

#include <time.h>

#include "proto/base/date.h"
#include "tests/rig/splits.h"

enum { NOW = 1795442351 }; /* Mon, 23 Nov 2026 13:59:11 UTC */

static void calendar(void **state)
{
	(void)state;
	for (int64_t at = 0; at < INT64_C(253402300799); at += INT64_C(86399) * 97) {
		time_t t = (time_t)at;
		struct date_parts d;
		struct tm tm;
		int64_t back;

		gmtime_r(&t, &tm);
		date_parts_of(at, &d);
		assert_int_equal(d.year, tm.tm_year + 1900);
		assert_int_equal(d.month, tm.tm_mon + 1);
		assert_int_equal(d.day, tm.tm_mday);
		assert_int_equal(d.weekday, tm.tm_wday);
		assert_int_equal(d.second, tm.tm_sec);
		assert_true(date_seconds(&d, &back));
		assert_int_equal(back, at);
	}
}

static const struct {
	const char *in;
	int64_t at; /* -1: no date */
} rows[] = {
	{"Mon, 23 Nov 2026 13:59:11 +0000",                                NOW                  },
	{"23 Nov 2026 14:59:11 +0100",                                     NOW                  },
	{"Mon,23 nov 2026 08:59:11 EST",                                   NOW                  },
	{" Mon (Mo\\)ntag) , 23 Nov 26 13 : 59 : 11 (x) Z (UTC (really))", NOW                  },
	{"23 Nov 126 13:59:11 UT",					 NOW                  },
	{"Mon,\r\n 23 Nov 2026 13:59 GMT",                                 NOW - 11             },
	{"1 Jan 70 00:00 GMT",					     0                    },
	{"1 Jan 1970 00:00:00 +0100",				      -1                   },
	{"31 Dec 9999 23:59:59 +0000",                                     INT64_C(253402300799)},
	{"31 Dec 9999 23:59:59 -0001",                                     -1                   },
	{"29 Feb 2028 00:00:00 +0000",                                     1835395200           },
	{"29 Feb 2026 00:00:00 +0000",                                     -1                   },
	{"31 Jun 2026 00:00:00 +0000",                                     -1                   },
	{"0 Jan 2026 00:00:00 +0000",				      -1                   },
	{"1 Jan 2026 24:00:00 +0000",				      -1                   },
	{"1 Jan 2026 1:00:00 +0000",				       -1                   },
	{"1 Jan 2026 01:00:00 +0060",				      -1                   },
	{"1 Jan 2026 01:00:00 100",					-1                   },
	{"1 Jan 2026 01:00:00",					    -1                   },
	{"1 Jan 20260 01:00:00 GMT",				       -1                   },
	{"1 Jän 2026 01:00:00 GMT",				       -1                   },
	{"Mon, 23 Nov 2026 13:59:11 +0000 x",                              -1                   },
	{"Xyz, 23 Nov 2026 13:59:11 +0000",                                -1                   },
	{"(((((",							  -1                   },
	{"1 Jan 2026 01:00:00 (\\",					-1                   },
	{"",							       -1		   },
};

static void parse_prefix(void *arg, struct slice prefix)
{
	int64_t at;

	(void)arg;
	if (date_parse(prefix, &at))
		assert_true(at >= 0);
}

static void parses(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct slice in = splits_copy(slice_str(rows[i].in));
		int64_t at = -1;
		if (date_parse(in, &at) != (rows[i].at >= 0) || at != rows[i].at)
			fail_msg("%s: %lld", rows[i].in, (long long)at);
		splits_free(in);
		splits_prefixes(parse_prefix, NULL, slice_str(rows[i].in));
	}
}

/* Time and zone are not asked for, right or wrong. */
static void days(void **state)
{
	static const struct {
		const char *in;
		int64_t day; /* -1: none */
	} dates[] = {
		{"Tue, 24 Nov 2026 23:30:00 -1200", 20781},
		{"24 Nov 26 23:59:60 EST",          20781},
		{"Tue, 24 Nov 2026 10:00:00",       20781},
		{"(c) 24 (c) Nov 2026",             20781},
		{"24 Nov 2026 gestern",             20781},
		{"1 Jan 1970",                      0    },
		{"31 Dec 1969",                     -1   },
		{"31 Nov 2026",                     -1   },
		{"24 Nov",                          -1   },
		{"Foo, 24 Nov 2026",                -1   },
		{"",				-1   },
	};

	(void)state;
	for (size_t i = 0; i < array_len(dates); i++) {
		struct slice in = splits_copy(slice_str(dates[i].in));
		int64_t day = -1;

		if (date_parse_day(in, &day) != (dates[i].day >= 0) || day != dates[i].day)
			fail_msg("%s: %lld", dates[i].in, (long long)day);
		splits_free(in);
	}
}

static void prints(void **state)
{
	struct buf b;
	int64_t at;

	(void)state;
	buf_init(&b, 1000);
	date_add(&b, NOW);
	assert_buf(&b, "Mon, 23 Nov 2026 13:59:11 +0000");
	buf_reset(&b);
	date_add_http(&b, 86400);
	assert_buf(&b, "Fri, 02 Jan 1970 00:00:00 GMT");
	buf_reset(&b);
	date_add_nntp(&b, NOW);
	assert_buf(&b, "20261123135911");
	buf_reset(&b);
	date_add_iso(&b, NOW);
	assert_buf(&b, "2026-11-23T13:59:11Z");
	buf_reset(&b);
	date_add_imap(&b, 86400 * 2);
	assert_buf(&b, " 3-Jan-1970 00:00:00 +0000");
	assert_true(date_parse_imap(buf_slice(&b), &at));
	assert_int_equal(at, 86400 * 2);
	assert_true(date_parse_imap(lit("23-Nov-2026 14:59:11 +0100"), &at));
	assert_int_equal(at, NOW);
	assert_false(date_parse_imap(lit("23-Nov-2026 14:59:11 GMT"), &at));
	assert_false(date_parse_imap(lit("23-Nov-26 14:59:11 +0100"), &at));
	buf_reset(&b);
	date_add(&b, -5);
	assert_buf(&b, "Thu, 1 Jan 1970 00:00:00 +0000");
	buf_fini(&b);
}

/* RFC 3977 section 7.3.2: two-digit years up to now's are of this century. */
static void nntp(void **state)
{
	static const struct {
		const char *day, *time;
		int year; /* 0: no date */
	} args[] = {
		{"20261123", "135911", 2026},
		{"261123",   "135911", 2026},
		{"271123",   "135911", 1970},
		{"991231",   "235959", 1999},
		{"700101",   "000000", 1970},
		{"690101",   "000000", 1970},
		{"19000228", "000000", 1970},
		{"19001301", "000000", 0   },
		{"20260229", "000000", 0   },
		{"2026112",  "000000", 0   },
		{"20261123", "13591",  0   },
		{"2026112x", "135911", 0   },
		{"+2026112", "135911", 0   },
	};

	(void)state;
	for (size_t i = 0; i < array_len(args); i++) {
		struct date_parts d;
		int64_t at;
		bool ok =
			date_parse_nntp(slice_str(args[i].day), slice_str(args[i].time), NOW, &at);
		assert_int_equal(ok, args[i].year != 0);
		if (!ok)
			continue;
		date_parts_of(at, &d);
		assert_int_equal(d.year, args[i].year);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calendar),
		cmocka_unit_test(parses),
		cmocka_unit_test(days),
		cmocka_unit_test(prints),
		cmocka_unit_test(nntp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
