/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Neighbours.  All members compute the same graph: nothing but the gid and the oids goes into it,
 * and the order in which members are given does not matter.
 */
#include "proto/fed/fed_nb.h"

#include "proto/base/mem.h"

struct hash {
	uint8_t b[CRYPTO_HASH_LEN];
};

/* The smallest pair hashes of one member so far, ascending. */
struct near {
	struct hash h[FED_NB_NEAR];
	uint16_t with[FED_NB_NEAR];
	size_t n;
};

/* A member in the order that self would turn to others. */
struct turn {
	struct hash h;
	uint16_t at;
};

static int cmp_hash(const struct hash *a, const struct hash *b)
{
	return memcmp(a->b, b->b, sizeof a->b);
}

/* The same for both sides: the smaller oid first. */
static void pair_hash(const struct fed_gid *gid, const struct fed_oid *a, const struct fed_oid *b,
	struct hash *out)
{
	bool in_order = fed_oid_cmp(a, b) < 0;
	const struct slice parts[] = {lit("kokod-nb-v1\n"), fed_gid_slice(gid),
		fed_oid_slice(in_order ? a : b), fed_oid_slice(in_order ? b : a)};

	crypto->sha256(parts, array_len(parts), out->b);
}

static void ring_hash(const struct fed_gid *gid, const struct fed_oid *oid, struct hash *out)
{
	const struct slice parts[] = {fed_gid_slice(gid), fed_oid_slice(oid)};

	crypto->sha256(parts, array_len(parts), out->b);
}

/* Keep it when it is among the smallest. */
static void near_add(struct near *n, const struct hash *h, uint16_t with)
{
	size_t at = n->n;

	while (at > 0 && cmp_hash(h, &n->h[at - 1]) < 0)
		at--;
	if (at == FED_NB_NEAR)
		return;
	if (n->n < FED_NB_NEAR)
		n->n++;
	for (size_t i = n->n - 1; i > at; i--) {
		n->h[i] = n->h[i - 1];
		n->with[i] = n->with[i - 1];
	}
	n->h[at] = *h;
	n->with[at] = with;
}

/* Those next to self in the ring of ring hashes. */
static void mark_ring(const struct fed_gid *gid, const struct fed_oid *members, size_t n,
	size_t self, bool *is_nb)
{
	struct hash mine, h, least, most, below, above;
	size_t at_least = self, at_most = self, at_below = self, at_above = self;

	ring_hash(gid, &members[self], &mine);
	least = most = below = above = mine;
	for (size_t i = 0; i < n; i++) {
		if (i == self)
			continue;
		ring_hash(gid, &members[i], &h);
		if (cmp_hash(&h, &least) < 0)
			least = h, at_least = i;
		if (cmp_hash(&h, &most) > 0)
			most = h, at_most = i;
		if (cmp_hash(&h, &mine) < 0 && (at_below == self || cmp_hash(&h, &below) > 0))
			below = h, at_below = i;
		if (cmp_hash(&h, &mine) > 0 && (at_above == self || cmp_hash(&h, &above) < 0))
			above = h, at_above = i;
	}
	is_nb[at_below == self ? at_most : at_below] = true;
	is_nb[at_above == self ? at_least : at_above] = true;
}

/* Every pair once: the nearest of all members, and self's turn to each. */
static void hash_pairs(const struct fed_gid *gid, const struct fed_oid *members, size_t n,
	size_t self, struct near *near, struct turn *turn)
{
	struct hash h;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = i + 1; k < n; k++) {
			pair_hash(gid, &members[i], &members[k], &h);
			near_add(&near[i], &h, (uint16_t)k);
			near_add(&near[k], &h, (uint16_t)i);
			if (i == self || k == self)
				turn[i == self ? k : i] =
					(struct turn){h, (uint16_t)(i == self ? k : i)};
		}
	}
}

static void mark_near(const struct near *near, size_t n, size_t self, bool *is_nb)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < near[i].n; k++) {
			if (i == self)
				is_nb[near[i].with[k]] = true;
			else if (near[i].with[k] == self)
				is_nb[i] = true;
		}
	}
}

static int cmp_turns(const void *a, const void *b)
{
	return cmp_hash(&((const struct turn *)a)->h, &((const struct turn *)b)->h);
}

/* For each neighbour that is down the next in turn that is neither. */
static void mark_substitutes(
	struct turn *turn, size_t n, size_t self, const bool *down, bool *is_nb)
{
	size_t n_down = 0;

	for (size_t i = 0; i < n; i++)
		n_down += is_nb[i] && down[i];
	if (n_down == 0)
		return;
	turn[self] = turn[n - 1]; /* self has none: the others move together */
	qsort(turn, n - 1, sizeof *turn, cmp_turns);
	for (size_t i = 0; i + 1 < n && n_down > 0; i++) {
		size_t at = turn[i].at;
		if (is_nb[at] || down[at])
			continue;
		is_nb[at] = true;
		n_down--;
	}
}

static void mark_far(const struct fed_gid *gid, const struct fed_oid *members, size_t n,
	size_t self, const bool *down, bool *is_nb)
{
	struct near *near = mem_array(n, sizeof *near);
	struct turn *turn = mem_array(n, sizeof *turn);

	hash_pairs(gid, members, n, self, near, turn);
	mark_ring(gid, members, n, self, is_nb);
	mark_near(near, n, self, is_nb);
	if (down)
		mark_substitutes(turn, n, self, down, is_nb);
	free(near);
	free(turn);
}

size_t fed_nb_of(const struct fed_gid *gid, const struct fed_oid *members, size_t n, size_t self,
	const bool *down, uint16_t *out)
{
	size_t count = 0;

	if (n > FED_NB_MEMBERS_MAX)
		n = FED_NB_MEMBERS_MAX;
	if (n == 0 || self >= n)
		return 0;
	bool *is_nb = mem_array(n, sizeof *is_nb);
	for (size_t i = 0; i < n && n <= FED_NB_ALL; i++)
		is_nb[i] = true;
	if (n > FED_NB_ALL)
		mark_far(gid, members, n, self, down, is_nb);
	for (size_t i = 0; i < n; i++)
		if (is_nb[i] && i != self)
			out[count++] = (uint16_t)i;
	free(is_nb);
	return count;
}
