/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fedbench: what KHEADS by a cookie costs a daemon with 110,000 feeds when nothing is new, as the
 * peer port's session answers it.  Prints µs a command.
 */
#include <stdio.h>
#include <time.h>

#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_node.h"

enum { FEEDS = 110000, ROUNDS = 2000, PER_GROUP = 53 };

static const struct fed_outside outside = {.news = NULL};

static void random_digits(char *out, size_t n)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

	crypto_random(out, n);
	for (size_t i = 0; i < n; i++)
		out[i] = digits[(unsigned char)out[i] % 32];
	out[n] = '\0';
}

static void fill(struct fed_feeds *feeds)
{
	struct fed_feed_name name = {.epoch = {.n = 1}};

	for (unsigned i = 0; i < FEEDS; i++) {
		if (i % PER_GROUP == 0)
			random_digits(name.gid.s, FED_GID_LEN);
		random_digits(name.oid.s, FED_OID_LEN);
		struct fed_feed *f = fed_feeds_make(feeds, &name);
		f->high = 1;
		fed_feeds_touch(feeds, f);
	}
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* What step_heads asks when a neighbour comes with the last cookie. */
static bool found(void *arg, const struct fed_feed *f, uint64_t low)
{
	(void)low;
	(void)f;
	*(bool *)arg = true;
	return false;
}

static bool found_record(
	void *arg, const struct fed_record_key *key, uint64_t serial, const struct fed_hash *hash)
{
	(void)hash;
	(void)key;
	(void)serial;
	*(bool *)arg = true;
	return false;
}

int main(void)
{
	struct fed_feeds feeds;
	struct fed_oid who = {""};
	bool any = false;

	crypto_ossl_install();
	fed_feeds_init(&feeds);
	fill(&feeds);
	struct fed_reg *reg = fed_reg_new();
	struct fed_node *n = fed_node_new(&(struct fed_node_opts){
		.name = lit("x.example"), .reg = reg, .feeds = &feeds, .outside = &outside});
	const struct fed_heads_query q = {.who = &who, .since = fed_node_count(n)};
	double begun = now_us();

	for (unsigned i = 0; i < ROUNDS; i++) {
		fed_node_heads(n, &q, found, &any);
		fed_node_records(n, &q, found_record, &any);
	}
	printf("KHEADS by cookie over %d feeds without news: %.3f us%s\n", FEEDS,
		(now_us() - begun) / ROUNDS, any ? " (news?)" : "");
	fed_node_free(n);
	fed_feeds_fini(&feeds);
	fed_reg_free(reg);
	return any;
}
