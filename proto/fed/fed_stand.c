/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The record of the serial before says who may sign; it is found by `prev`, for it may be one of
 * two that share a serial.
 */
#include "proto/fed/fed_stand.h"

#include "proto/fed/fed_paper.h"

static bool signer(void *arg, const struct fed_keyid *keyid, struct fed_signer *out)
{
	return fed_reg_signer(arg, keyid, out);
}

static struct fed_known known_of(const struct fed_reg *r)
{
	return (struct fed_known){
		.arg = (void *)r, .signer = signer, .federation = fed_reg_federation(r)};
}

/* ---- benches ---- */

static bool has_oid(const struct fed_oid *v, size_t n, const struct fed_oid *oid)
{
	for (size_t i = 0; i < n; i++)
		if (fed_oid_eq(&v[i], oid))
			return true;
	return false;
}

static void add_bench(struct fed_tally *out, const struct fed_oid *v, size_t n, uint64_t need,
	const struct fed_signers *by)
{
	struct fed_bench *b = &out->bench[out->n_bench++];

	b->n = n;
	b->need = need;
	for (size_t i = 0; i < n; i++) {
		b->may[i] = v[i];
		b->has[i] = has_oid(by->oid, by->n, &v[i]);
		b->n_signed += b->has[i];
	}
}

static int64_t lacks(const struct fed_bench *b)
{
	return (int64_t)b->need - (int64_t)b->n_signed;
}

const struct fed_bench *fed_stand_near(const struct fed_tally *s)
{
	const struct fed_bench *near = &s->bench[0];

	for (size_t i = 1; i < s->n_bench; i++)
		if (lacks(&s->bench[i]) < lacks(near))
			near = &s->bench[i];
	return near;
}

static void add_benches(const struct fed_reg *r, const struct fed_record *before,
	const struct fed_signers *by, struct fed_tally *out)
{
	const struct fed_federation *f = fed_reg_federation(r);

	if (before->type == FED_REC_FEDERATION) {
		f = &before->federation;
	} else if (before->type == FED_REC_GROUP && before->group.n_deputy > 0) {
		const struct fed_group *g = &before->group;

		add_bench(out, g->deputy, g->n_deputy, g->quorum, by);
	}
	if (f)
		add_bench(out, f->admin, f->n_admin, f->quorum, by);
}

/* Its root key has signed, or the record would be refused. */
static bool is_of(const struct fed_tally *s, const struct fed_oid *oid)
{
	return s->key.type == FED_REC_DAEMON && strcmp(s->key.s, oid->s) == 0;
}

bool fed_stand_may(const struct fed_tally *s, const struct fed_oid *oid)
{
	if (is_of(s, oid))
		return true;
	for (size_t i = 0; i < s->n_bench; i++)
		if (has_oid(s->bench[i].may, s->bench[i].n, oid))
			return true;
	return false;
}

bool fed_stand_has(const struct fed_tally *s, const struct fed_oid *oid)
{
	if (is_of(s, oid))
		return true;
	for (size_t i = 0; i < s->n_bench; i++)
		for (size_t k = 0; k < s->bench[i].n; k++)
			if (s->bench[i].has[k] && fed_oid_eq(&s->bench[i].may[k], oid))
				return true;
	return false;
}

/* ---- signatures that count for nothing ---- */

static bool is_root(const struct fed_record *rec, const struct fed_sigline *sig)
{
	struct fed_keyid id;

	if (rec->type != FED_REC_DAEMON)
		return false;
	fed_keyid_of(&rec->daemon.root, &id);
	return fed_keyid_eq(&sig->keyid, &id);
}

static bool counts(const struct fed_reg *r, const struct fed_record *rec,
	const struct fed_sigline *sig, struct fed_tally *out)
{
	struct fed_signer s;

	if (is_root(rec, sig)) /* which was looked at */
		return true;
	out->foul_by = (struct fed_oid){{0}};
	if (!fed_reg_signer(r, &sig->keyid, &s) || s.revoked || !fed_sig_holds(rec, sig, &s.key))
		return false;
	out->foul_by = s.oid;
	return fed_stand_may(out, &s.oid);
}

static void look_for_foul(
	const struct fed_reg *r, const struct fed_record *rec, struct fed_tally *out)
{
	for (size_t i = 0; i < rec->n_sig && !out->foul; i++)
		out->foul = !counts(r, rec, &rec->sig[i], out);
}

/* ---- the whole ---- */

static bool is_held(const struct fed_reg *r, const struct fed_tally *s, struct slice text)
{
	struct slice held = fed_reg_text(r, &s->key, s->serial);
	struct fed_version v;

	if (held.p && slice_eq(fed_record_lines(held), fed_record_lines(text)))
		return true;
	for (size_t i = 0; fed_reg_version(r, &s->key, s->serial, i, &v); i++)
		if (slice_eq(fed_record_lines(v.text), fed_record_lines(text)))
			return true;
	return false;
}

static enum fed_stand refuse(struct err *why, const char *text)
{
	err_set(why, KERR_INVALID, "%s", text);
	return FED_STAND_REFUSED;
}

/* Of a daemon record: where there are two of the serial before, and no more than that. */
static enum fed_stand stand_of(
	const struct fed_reg *r, const struct fed_tally *s, enum fed_authority by)
{
	bool forked = fed_reg_forked(r, &s->key);

	if (s->key.type == FED_REC_DAEMON && !forked)
		return FED_STAND_AHEAD;
	if (by == FED_BY_QUORUM || (by == FED_BY_WRITER && !forked))
		return FED_STAND_ENOUGH;
	return FED_STAND_WAITS;
}

/* Upon the record of the serial before. */
static enum fed_stand look(const struct fed_reg *r, const struct fed_record *before,
	const struct fed_record *rec, struct fed_tally *out, struct err *why)
{
	const struct fed_known known = known_of(r);
	struct fed_signers by;
	enum fed_authority a;

	if (!fed_record_follows(before, rec, &known, why))
		return FED_STAND_REFUSED;
	a = fed_record_authority(before, rec, &known);
	if (rec->type == FED_REC_DAEMON && a == FED_BY_NOBODY)
		return refuse(why, "not signed by the root key of its daemon");
	fed_record_signers(rec, &known, &by);
	add_benches(r, before, &by, out);
	look_for_foul(r, rec, out);
	if (fed_reg_held(r, &out->key) >= rec->serial)
		return is_held(r, out, rec->text) ? FED_STAND_DONE : FED_STAND_VOID;
	return stand_of(r, out, a);
}

static enum fed_stand stand(const struct fed_reg *r, const struct fed_record *rec, struct arena *ar,
	struct fed_tally *out, struct err *why)
{
	struct fed_record before;
	struct slice text;

	if (rec->serial < 2)
		return refuse(why, "a record that one daemon signs alone");
	fed_record_key_of(rec, &out->key);
	out->serial = rec->serial;
	if (fed_reg_held(r, &out->key) == 0)
		return rec->type == FED_REC_GROUP && rec->group.closed
			       ? FED_STAND_OUTSIDE
			       : refuse(why, "of something that this daemon does not have");
	text = fed_reg_text_by(r, &out->key, rec->serial - 1, &rec->prev);
	if (!text.p)
		return fed_reg_held(r, &out->key) + 1 < rec->serial ? FED_STAND_AHEAD
								    : FED_STAND_VOID;
	if (fed_record_parse(text, ar, &before, why) < 0)
		return FED_STAND_REFUSED;
	return look(r, &before, rec, out, why);
}

enum fed_stand fed_reg_stand(
	const struct fed_reg *r, struct slice text, struct fed_tally *out, struct err *why)
{
	enum fed_stand s = FED_STAND_REFUSED;
	struct fed_record rec;
	struct arena ar;

	*out = (struct fed_tally){.serial = 0};
	arena_init(&ar);
	if (fed_record_parse(text, &ar, &rec, why) == 0)
		s = stand(r, &rec, &ar, out, why);
	arena_fini(&ar);
	return s;
}
