/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits of connections: all together, per source, and the early refusal near the top. */
#include "tests/rig/unit.h"

#include "daemon/crypto_ossl.h"
#include "daemon/limits.h"
#include "proto/base/coll.h"

static void per_source(void **state)
{
	struct limits *l = limits_new(1000, 2);
	struct limits_state st;

	(void)state;
	assert_int_equal(limits_enter(l, "192.0.2.1"), 0);
	assert_int_equal(limits_enter(l, "192.0.2.1"), 0);
	assert_int_equal(limits_enter(l, "192.0.2.1"), KERR_BUSY);
	assert_int_equal(limits_enter(l, "192.0.2.2"), 0);
	limits_leave(l, "192.0.2.1");
	assert_int_equal(limits_enter(l, "192.0.2.1"), 0);
	limits_state(l, &st);
	assert_int_equal(st.n_conns, 3);
	assert_int_equal(st.n_refused_source, 1);
	limits_free(l);
}

static void random_near_the_top(void **state)
{
	struct limits *l = limits_new(100, 1000);
	struct limits_state st;
	int tries = 0;

	(void)state;
	for (int i = 0; i < 75; i++)
		assert_int_equal(limits_enter(l, "192.0.2.1"), 0);
	do {
		if (limits_enter(l, "192.0.2.1") == 0)
			assert_true(++tries <= 25);
		limits_state(l, &st);
	} while (st.n_refused_full == 0);
	assert_int_equal(st.n_conns, 100);
	assert_true(st.n_refused_early > 0);
	for (int i = 0; i < 100; i++)
		limits_leave(l, "192.0.2.1");
	limits_state(l, &st);
	assert_int_equal(st.n_conns, 0);
	assert_int_equal(limits_enter(l, "192.0.2.1"), 0);
	limits_free(l);
}

static void counts(void **state)
{
	struct map *m = map_new();

	(void)state;
	assert_int_equal(counts_add(m, lit("a"), 1), 1);
	assert_int_equal(counts_add(m, lit("a"), 1), 2);
	assert_int_equal(counts_add(m, lit("a"), -1), 1);
	assert_int_equal(map_count(m), 1);
	assert_int_equal(counts_add(m, lit("a"), -1), 0);
	assert_int_equal(map_count(m), 0);
	map_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(per_source),
		cmocka_unit_test(random_near_the_top),
		cmocka_unit_test(counts),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
