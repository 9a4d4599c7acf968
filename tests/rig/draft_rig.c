/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A registry, and the draft under way. */
#include "tests/rig/draft_rig.h"

#include "daemon/crypto_ossl.h"

struct draft_rig rig;

void rig_begin(void)
{
	crypto_ossl_install();
	rig.a = fed_rig_oid('a');
	rig.b = fed_rig_oid('b');
	rig.c = fed_rig_oid('c');
	fed_rig_seed('a', rig.seed_a);
	memset(rig.root_a, 'a', sizeof rig.root_a);
}

static struct fed_pos highest(void *arg, const struct fed_gid *gid, const struct fed_oid *oid)
{
	(void)arg;
	(void)gid;
	(void)oid;
	return rig.highest;
}

const struct fed_places rig_places = {.highest = highest};

void rig_give(const uint8_t seed[CRYPTO_KEY_LEN])
{
	struct fed_reg_result res;
	struct buf out;

	buf_init(&out, FED_RECORD_MAX);
	if (fed_draft_end(&rig.d, seed, &out, &rig.err) < 0)
		fail_msg("%s", rig.err.text);
	if (fed_reg_give(rig.reg, buf_slice(&out), false, &res, &rig.err) != FED_REG_TAKEN)
		fail_msg("%s", rig.err.text);
	buf_fini(&out);
	fed_draft_fini(&rig.d);
}

void rig_refused(int rc, int want, const char *part)
{
	assert_int_equal(rc, want);
	if (!strstr(rig.err.text, part))
		fail_msg("\"%s\" does not say \"%s\"", rig.err.text, part);
}

struct slice rig_text(enum fed_record_type type, const char *id)
{
	struct fed_record_key key = {.type = type};

	snprintf(key.s, sizeof key.s, "%s", id);
	return fed_reg_text(rig.reg, &key, 0);
}

struct fed_profile rig_profile(char who)
{
	struct fed_profile p = {
		.root = fed_rig_root(who),
		.sign = fed_rig_public(who),
		.name = fed_rig_name(who),
		.title = lit("Kreis"),
		.contact = lit("postmaster@forum.a.example"),
		.addr = {lit("forum.a.example:8433"), lit("[2001:db8::1]:8433")},
		.n_addr = 2,
		.issued_at = 1795309201,
	};

	p.spki = fed_hash_none;
	return p;
}

void rig_daemon(char who)
{
	const struct fed_profile p = rig_profile(who);
	uint8_t root[CRYPTO_KEY_LEN];

	memset(root, who, sizeof root);
	assert_int_equal(fed_draft_daemon(&rig.d, &p, &rig.err), 0);
	rig_give(root);
}

int rig_federation(const struct fed_oid *self)
{
	const struct fed_federation *f = fed_reg_federation(rig.reg);

	return fed_draft_federation_next(
		&rig.d, rig_text(FED_REC_FEDERATION, f->fid.s), self, &rig.err);
}

void rig_take_in(const struct fed_oid *oid, char who, const char *prefix)
{
	assert_int_equal(rig_federation(&rig.a), 0);
	assert_int_equal(
		fed_draft_daemon_in(&rig.d, oid, fed_rig_name(who), slice_str(prefix), &rig.err),
		0);
	rig_give(rig.seed_a);
}

int rig_up(void **state)
{
	(void)state;
	rig.reg = fed_reg_new();
	rig.highest = (struct fed_pos){.epoch = 0};
	rig_daemon('a');
	assert_int_equal(fed_draft_federation(&rig.d, &rig.a, lit("Kreise"), fed_rig_name('a'),
				 lit("kreis.a"), &rig.err),
		0);
	rig_give(rig.seed_a);
	return 0;
}

int rig_down(void **state)
{
	(void)state;
	fed_reg_free(rig.reg);
	return 0;
}

int rig_up_two(void **state)
{
	(void)rig_up(state);
	rig_daemon('b');
	rig_take_in(&rig.b, 'b', "kreis.b");
	return 0;
}
