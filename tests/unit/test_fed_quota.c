/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much an origin may put into a group in an hour. */
#include "proto/fed/fed_quota.h"

#include "tests/rig/unit.h"

enum { HOUR = 3600, NOW = 500 * HOUR };

static const struct fed_gid gid = {"domahgkwvl6vrki4agdbc7aw6b"},
			    other = {"aaaaaaaaaaaaaaaaaaaaaaaaaa"};
static const struct fed_oid oid = {"pwnhljpyvzmagwfbua4kgkol6tzpbspzsp2sv27nqqhebpejauka"};

/* Entries of 10 bytes signed at t that go in before one is refused; at most 1,000. */
static unsigned fill(struct fed_quota *q, const struct fed_gid *g, uint64_t t, int64_t now)
{
	unsigned n = 0;

	while (n < 1000 && fed_quota_has(q, g, &oid, t, 10, now)) {
		fed_quota_count(q, g, &oid, t, 10, now);
		n++;
	}
	return n;
}

static void test_live(void **state)
{
	struct fed_quota q;

	(void)state;
	fed_quota_init(&q, 5, 0);
	assert_int_equal(fill(&q, &gid, NOW, NOW), 5);
	assert_int_equal(q.n_refused, 1);
	assert_int_equal(fill(&q, &other, NOW, NOW), 5);
	assert_int_equal(fill(&q, &gid, NOW + HOUR, NOW + HOUR), 5);
	fed_quota_fini(&q);
	fed_quota_init(&q, 0, 45);
	assert_int_equal(fill(&q, &gid, NOW, NOW), 4);
	fed_quota_fini(&q);
	fed_quota_init(&q, 0, 0);
	assert_int_equal(fill(&q, &gid, NOW, NOW), 1000);
	fed_quota_fini(&q);
}

/* History is not held back; a lie about t is, by what arrives. */
static void test_history(void **state)
{
	struct fed_quota q;
	unsigned n = 0;

	(void)state;
	fed_quota_init(&q, 5, 0);
	for (uint64_t t = 0; t < 300 * (uint64_t)HOUR; t += HOUR)
		n += fill(&q, &gid, t, NOW);
	assert_int_equal(n, 5 * FED_QUOTA_ARRIVED);
	assert_int_equal(fill(&q, &gid, 400 * (uint64_t)HOUR, NOW + HOUR), 5);
	fed_quota_fini(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
