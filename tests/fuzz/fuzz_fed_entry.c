/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as an article that an origin signs, and as an entry of a peer: what the origin makes is
 * taken everywhere and stays the same entry, what is taken from a peer can be passed on.
 */
#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_entry.h"
#include "tests/fuzz/fuzz.h"

static const char oid[] = "pwnhljpyvzmagwfbua4kgkol6tzpbspzsp2sv27nqqhebpejauka";

/* Stored and relayed it is the same entry still, over any number of hops. */
static void check_relay(const struct fed_entry *en, struct slice group, struct slice name)
{
	struct fed_entry again;
	struct buf out;

	buf_init(&out, 1 << 22);
	fed_sign_add_field(&out, &en->sign);
	FUZZ_CHECK(fed_entry_store(en, lit("forum.b.example"), &out) == 0);
	if (out.len <= MSG_MAX_HEAD) {
		FUZZ_CHECK(fed_entry_parse(&again, buf_slice(&out)) == 0);
		FUZZ_CHECK(fed_hash_eq(&again.e, &en->e));
		FUZZ_CHECK(fed_entry_check(&again, group, name) == 0);
	}
	buf_fini(&out);
}

static void take(struct slice in)
{
	struct slice group = lit("kreis.test"), name = lit("forum.a.example");
	struct fed_entry en;

	if (fed_entry_parse(&en, in) < 0) {
		FUZZ_CHECK(en.a.why != NULL);
		return;
	}
	if (fed_entry_check(&en, group, name) == 0)
		check_relay(&en, group, name);
	else
		FUZZ_CHECK(en.a.why != NULL);
}

static void make(struct slice in, enum fed_kind y)
{
	struct fed_make m = {.e = 1,
		.y = y,
		.name = lit("forum.a.example"),
		.group = lit("kreis.test"),
		.actor = lit("u1@forum.a.example")};
	const uint8_t seed[CRYPTO_KEY_LEN] = {0};
	struct fed_sign sign;
	struct fed_entry en;
	struct article a;
	const char *why = NULL;
	struct buf out, whole;

	memcpy(m.o.s, oid, sizeof m.o.s);
	memset(m.g.s, 'a', FED_GID_LEN);
	memset(m.k.s, 'a', FED_KEYID_LEN);
	if (article_parse(&a, in, &msg_limits_inject) < 0)
		return;
	buf_init(&out, 1 << 22);
	buf_init(&whole, 1 << 22);
	if (fed_entry_prepare(&a, &m, &out, &sign, &why) == 0) {
		fed_entry_seal(&sign, 1, &fed_hash_none, 1, 1, seed);
		fed_sign_add_field(&whole, &sign);
		buf_add(&whole, buf_slice(&out));
		FUZZ_CHECK(fed_entry_parse(&en, buf_slice(&whole)) == 0);
		FUZZ_CHECK(fed_entry_check(&en, m.group, m.name) == 0);
		FUZZ_CHECK(en.sign.z == a.body.len);
		check_relay(&en, m.group, m.name);
	} else {
		FUZZ_CHECK(why != NULL);
	}
	buf_fini(&out);
	buf_fini(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);

	crypto_ossl_install();
	take(in);
	make(in, FED_ARTICLE);
	make(in, FED_CONTROL);
	return 0;
}
