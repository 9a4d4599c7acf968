/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Neighbours: the same for everybody, symmetric, connected, few; values of another program. */
#include "tests/rig/unit.h"

#include <stdlib.h>

#include "daemon/crypto_ossl.h"
#include "proto/base/mem.h"
#include "proto/fed/fed_nb.h"

enum { MOST = 400, DEGREE_MAX = 32 };

static struct fed_oid all[MOST];
static struct fed_gid gid = {"domahgkwvl6vrki4agdbc7aw6b"};

/* Root keys 0, 1, 2 ... as two bytes and zeros. */
static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < MOST; i++) {
		struct fed_public key = {
			{(uint8_t)i, (uint8_t)(i >> 8)}
                };
		fed_oid_of(&key, &all[i]);
	}
	return 0;
}

static void of(size_t n, size_t self, const char *want)
{
	uint16_t out[MOST];
	char text[512] = "";
	size_t len = 0, count = fed_nb_of(&gid, all, n, self, NULL, out);

	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%u ", out[i]);
	assert_string_equal(text, want);
}

/* Computed by a program in another language from docs/federation.md section 5 alone. */
static void vector(void **state)
{
	(void)state;
	of(20, 0, "1 2 10 13 15 16 19 ");
	of(20, 7, "3 8 12 13 14 18 ");
	of(20, 19, "0 2 6 12 15 18 ");
	of(53, 5, "26 31 33 38 43 44 ");
}

static void few_members(void **state)
{
	uint16_t out[MOST];

	(void)state;
	of(1, 0, "");
	of(2, 1, "0 ");
	of(16, 3, "0 1 2 4 5 6 7 8 9 10 11 12 13 14 15 ");
	assert_true(fed_nb_of(&gid, all, 17, 3, NULL, out) < 16);
	assert_int_equal(fed_nb_of(&gid, all, 0, 0, NULL, out), 0);
	assert_int_equal(fed_nb_of(&gid, all, 5, 5, NULL, out), 0);
}

/* ---- properties ---- */

struct graph {
	size_t n;
	bool *edge; /* n * n */
};

static void build(struct graph *g, const struct fed_oid *members, size_t n)
{
	uint16_t out[MOST];

	g->n = n;
	g->edge = mem_array(n * n, sizeof *g->edge);
	for (size_t i = 0; i < n; i++) {
		size_t count = fed_nb_of(&gid, members, n, i, NULL, out);
		for (size_t k = 0; k < count; k++) {
			assert_true(out[k] < n && out[k] != i);
			assert_true(k == 0 || out[k] > out[k - 1]);
			g->edge[i * n + out[k]] = true;
		}
	}
}

/* How many are reached from 0. */
static size_t reach(const struct graph *g)
{
	size_t *todo = mem_array(g->n, sizeof *todo), n_todo = 1, done = 0;
	bool *seen = mem_array(g->n, sizeof *seen);

	seen[0] = true;
	while (done < n_todo) {
		size_t at = todo[done++];
		for (size_t k = 0; k < g->n; k++) {
			if (!g->edge[at * g->n + k] || seen[k])
				continue;
			seen[k] = true;
			todo[n_todo++] = k;
		}
	}
	free(todo);
	free(seen);
	return n_todo;
}

static void check(const struct fed_oid *members, size_t n)
{
	struct graph g;
	size_t edges = 0;

	build(&g, members, n);
	for (size_t i = 0; i < n; i++) {
		size_t degree = 0;
		for (size_t k = 0; k < n; k++) {
			assert_int_equal(g.edge[i * n + k], g.edge[k * n + i]);
			degree += g.edge[i * n + k];
		}
		assert_true(degree >= (n <= FED_NB_ALL ? n - 1 : FED_NB_NEAR));
		assert_true(degree <= DEGREE_MAX);
		edges += degree;
	}
	assert_int_equal(reach(&g), n);
	assert_true(edges <= n * (n <= FED_NB_ALL ? n : 2 + 2 * FED_NB_NEAR));
	free(g.edge);
}

/* Any members in any order: everybody is reached over few edges, both ways. */
static void random_members(void **state)
{
	static const size_t sizes[] = {1, 2, 15, 16, 17, 18, 20, 31, 53, 53, 80};
	struct fed_oid some[MOST];

	(void)state;
	srand(20261124);
	for (size_t i = 0; i < array_len(sizes); i++) {
		memcpy(some, all, sizeof some);
		for (size_t k = 0; k < sizes[i]; k++) {
			size_t with = k + (size_t)rand() % (MOST - k);
			struct fed_oid kept = some[k];
			some[k] = some[with];
			some[with] = kept;
		}
		gid.s[i] = 'a';
		check(some, sizes[i]);
	}
	gid = (struct fed_gid){"domahgkwvl6vrki4agdbc7aw6b"};
}

/* 400 members: those of one, and the ring alone connects all. */
static void many_members(void **state)
{
	uint16_t out[MOST], back[MOST];

	(void)state;
	size_t n = fed_nb_of(&gid, all, MOST, 7, NULL, out);
	assert_true(n >= FED_NB_NEAR && n <= DEGREE_MAX);
	for (size_t i = 0; i < n && i < 3; i++) {
		size_t n_back = fed_nb_of(&gid, all, MOST, out[i], NULL, back), k = 0;
		while (k < n_back && back[k] != 7)
			k++;
		assert_true(k < n_back);
	}
}

static bool is_in(uint16_t v, const uint16_t *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == v)
			return true;
	return false;
}

static void stand_ins(void **state)
{
	uint16_t plain[MOST], out[MOST];
	bool down[53] = {false};

	(void)state;
	size_t n = fed_nb_of(&gid, all, 53, 5, NULL, plain);
	assert_int_equal(fed_nb_of(&gid, all, 53, 5, down, out), n);
	down[plain[0]] = down[plain[1]] = true;
	size_t with = fed_nb_of(&gid, all, 53, 5, down, out);
	assert_int_equal(with, n + 2);
	for (size_t i = 0; i < n; i++)
		assert_true(is_in(plain[i], out, with));
	/* one that stands in is down too: the next one; all down: nobody is left */
	for (size_t i = 0; i < with; i++)
		down[out[i]] = down[out[i]] || !is_in(out[i], plain, n);
	assert_int_equal(fed_nb_of(&gid, all, 53, 5, down, out), n + 2);
	for (size_t i = 0; i < with; i++)
		assert_true(!down[out[i]] || is_in(out[i], plain, n));
	memset(down, 1, sizeof down);
	assert_int_equal(fed_nb_of(&gid, all, 53, 5, down, out), n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vector),
		cmocka_unit_test(few_members),
		cmocka_unit_test(random_members),
		cmocka_unit_test(many_members),
		cmocka_unit_test(stand_ins),
	};

	crypto_ossl_install();
	return cmocka_run_group_tests(tests, set_up, NULL);
}
