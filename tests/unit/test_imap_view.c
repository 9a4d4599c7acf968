/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sequence numbers by gaps, against an array of all numbers. */
#include "proto/imap/imap_view.h"
#include "tests/rig/unit.h"

enum { MOST = 200 };

static uint32_t next_random(uint32_t *r)
{
	*r = *r * 1103515245u + 12345u;
	return *r >> 16;
}

/* Numbers 1..next-1 of which some are there; the ranges of the others. */
static void make(bool *there, uint32_t next, uint32_t *random, struct mail_range *v,
	struct mail_ranges *absent)
{
	*absent = (struct mail_ranges){.v = v};
	for (uint32_t i = 1; i < next; i++) {
		there[i] = next_random(random) % 3 > 0;
		if (there[i])
			continue;
		if (absent->n > 0 && v[absent->n - 1].last + 1 == i)
			v[absent->n - 1].last = i;
		else
			v[absent->n++] = (struct mail_range){i, i};
	}
}

static void check(const struct imap_view *v, const bool *there)
{
	uint32_t seq = 0;

	for (uint32_t i = 1; i < v->next; i++) {
		seq += there[i];
		assert_int_equal(imap_view_upto(v, i), seq);
		assert_int_equal(imap_view_seq(v, i), there[i] ? seq : 0);
		if (there[i])
			assert_int_equal(imap_view_num(v, seq), i);
	}
	assert_int_equal(v->count, seq);
	assert_int_equal(imap_view_upto(v, UINT32_MAX), seq);
	assert_int_equal(imap_view_seq(v, v->next), 0);
	assert_int_equal(imap_view_seq(v, 0), 0);
}

static void test_like_an_array(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (uint32_t next = 1; next < MOST; next++) {
		struct mail_range ranges[MOST];
		struct mail_ranges absent;
		bool there[MOST + 1] = {0};
		struct imap_view v;

		imap_view_init(&v);
		make(there, next, &random, ranges, &absent);
		imap_view_set(&v, 1, next, &absent);
		check(&v, there);
		imap_view_fini(&v);
	}
}

static void test_low_mark(void **state)
{
	struct mail_range r = {5, 5};
	struct mail_ranges absent = {.v = &r, .n = 1};
	struct imap_view v;

	(void)state;
	imap_view_init(&v);
	imap_view_set(&v, 4, 7, &absent);
	assert_int_equal(v.count, 2);
	assert_int_equal(imap_view_num(&v, 1), 4);
	assert_int_equal(imap_view_num(&v, 2), 6);
	imap_view_fini(&v);
}

/* What is gone stays until it may be told; what is new is there at once. */
static void test_keep_old(void **state)
{
	struct mail_range r[] = {
		{2, 2},
                {6, 6}
        };
	struct mail_ranges none = {0}, some = {.v = r, .n = 2};
	struct imap_view old, now;

	(void)state;
	imap_view_init(&old);
	imap_view_init(&now);
	imap_view_set(&old, 1, 5, &none);
	imap_view_set(&now, 1, 8, &some);
	assert_int_equal(now.count, 5);
	imap_view_keep_old(&now, &old);
	assert_int_equal(now.count, 6);
	assert_int_equal(imap_view_seq(&now, 2), 2);
	assert_int_equal(imap_view_seq(&now, 6), 0);
	assert_int_equal(imap_view_seq(&now, 7), 6);
	imap_view_fini(&old);
	imap_view_fini(&now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_an_array),
		cmocka_unit_test(test_low_mark),
		cmocka_unit_test(test_keep_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
