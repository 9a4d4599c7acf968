/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans against a plain array of flags, at random. */
#include "proto/fed/fed_span.h"

#include "tests/rig/unit.h"

enum { SPACE = 40, ROUNDS = 20000 };

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static void compare(const struct fed_spans *s, const bool *flags)
{
	uint64_t n = 0, last = 0;

	for (uint64_t i = 0; i < SPACE; i++) {
		uint64_t is_free = i, next = i;

		n += flags[i];
		assert_int_equal(fed_spans_has(s, i), flags[i]);
		while (is_free < SPACE && flags[is_free])
			is_free++;
		while (next < SPACE && !flags[next])
			next++;
		assert_int_equal(fed_spans_free(s, i), is_free);
		assert_int_equal(fed_spans_next(s, i), next < SPACE ? next : UINT64_MAX);
	}
	assert_int_equal(fed_spans_count(s), n);
	for (size_t i = 0; i < fed_spans_n(s); i++) {
		const struct fed_span *at = fed_spans_at(s, i);

		assert_true(at->from <= at->to);
		assert_true(i == 0 || at->from > last + 1);
		last = at->to;
	}
}

static void test_random(void **state)
{
	bool flags[SPACE] = {false};
	struct fed_spans s, copy;

	(void)state;
	seed = 7;
	fed_spans_init(&s);
	fed_spans_init(&copy);
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t from = draw(SPACE), to = from + draw(SPACE - from);
		bool add = draw(2) == 0;

		if (draw(3) > 0)
			to = from;
		for (uint32_t n = from; n <= to; n++)
			flags[n] = add;
		if (add)
			fed_spans_add(&s, from, to);
		else
			fed_spans_take(&s, from, to);
		compare(&s, flags);
	}
	fed_spans_copy(&copy, &s);
	compare(&copy, flags);
	fed_spans_fini(&s);
	fed_spans_fini(&copy);
}

static void test_ends(void **state)
{
	struct fed_spans s;

	(void)state;
	fed_spans_init(&s);
	fed_spans_add(&s, 5, UINT64_MAX - 1);
	fed_spans_add(&s, 0, 2);
	fed_spans_add(&s, 3, 4);
	assert_int_equal(fed_spans_n(&s), 1);
	fed_spans_take(&s, 10, UINT64_MAX);
	assert_int_equal(fed_spans_count(&s), 10);
	fed_spans_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
