/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a record: what is read is written again byte for byte, and the rules give a verdict
 * on it and its successor whatever stands in it.
 */
#include "daemon/crypto_ossl.h"
#include "proto/fed/fed_rules.h"
#include "tests/fuzz/fuzz.h"

/* Every key is known, all of one daemon: signatures still do not hold. */
static bool signer(void *arg, const struct fed_keyid *keyid, struct fed_signer *out)
{
	(void)arg;
	memset(out, 0, sizeof *out);
	memcpy(out->oid.s, keyid->s, FED_KEYID_LEN);
	return keyid->s[0] != 'a';
}

static void check_rules(const struct fed_record *rec)
{
	struct fed_known known = {.signer = signer,
		.federation = rec->type == FED_REC_FEDERATION ? &rec->federation : NULL};
	struct fed_chain chain = {.last = rec};
	struct fed_record next = *rec;
	struct err why = {""};

	FUZZ_CHECK(fed_record_accepts(&chain, rec, &known, &why) == FED_SAME);
	chain.last = NULL;
	enum fed_verdict v = fed_record_accepts(&chain, rec, &known, &why);
	FUZZ_CHECK(v == FED_ACCEPT || why.text[0] != '\0');

	chain.last = rec;
	next.text = lit("");
	next.serial = rec->serial + 1;
	fed_record_hash(rec->text, &next.prev);
	v = fed_record_accepts(&chain, &next, &known, &why);
	FUZZ_CHECK(v == FED_ACCEPT || v == FED_REFUSED || v == FED_NEED_KEY);
}

static void check_group(const struct fed_group *g)
{
	struct fed_claim c = {
		.o = g->owner, .at = {.epoch = 1, .n = 1},
                     .article = true
        };

	if (g->n_moderator > 0)
		c.actor = g->moderator[0];
	enum fed_judgement j = fed_group_judge(g, g, NULL, &c);
	FUZZ_CHECK(j != FED_COUNTS || fed_group_begin(g, &g->owner, &c.o, UINT64_MAX) == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct fed_record rec;
	struct arena ar;
	struct err err = {""};
	struct buf out;

	crypto_ossl_install();
	arena_init(&ar);
	buf_init(&out, FED_RECORD_MAX);
	int rc = fed_record_parse(in, &ar, &rec, &err);
	if (rc < 0)
		rc = fed_record_parse_unsigned(in, &ar, &rec, &err);
	if (rc == 0) {
		fed_record_write(&out, &rec);
		FUZZ_CHECK(slice_eq(buf_slice(&out), rec.signed_));
		check_rules(&rec);
		if (rec.type == FED_REC_GROUP)
			check_group(&rec.group);
	} else {
		FUZZ_CHECK(err.text[0] != '\0');
	}
	buf_fini(&out);
	arena_fini(&ar);
	return 0;
}
