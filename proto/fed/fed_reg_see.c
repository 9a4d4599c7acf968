/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Questions to the registry that others of its answers answer; above all who may know what.  A
 * daemon that was taken out of a closed group may have what it might have had as a member, and the
 * one record that takes it out, so that it learns of it; of later ones it hears nothing.  Likewise
 * one that a record took in which is void.  docs/federation.md section 5
 */
#include "proto/fed/fed_reg.h"

/* ---- looking up ---- */

struct groups {
	const struct fed_reg *reg;
	fed_group_fn fn;
	void *arg;
};

static bool groups_on(void *arg, const struct fed_record_key *key, uint64_t serial)
{
	const struct groups *w = arg;
	struct fed_gid gid;

	return key->type != FED_REC_GROUP || !fed_gid_parse(slice_str(key->s), &gid) ||
	       w->fn(w->arg, fed_reg_group(w->reg, &gid), serial);
}

void fed_reg_groups(const struct fed_reg *r, fed_group_fn fn, void *arg)
{
	struct groups w = {r, fn, arg};

	fed_reg_each(r, groups_on, &w);
}

struct find {
	struct slice name;
	const struct fed_group *found;
};

static bool find_on(void *arg, const struct fed_group *g, uint64_t serial)
{
	struct find *f = arg;

	(void)serial;
	if (slice_eq(g->group, f->name))
		f->found = g;
	return !f->found;
}

const struct fed_group *fed_reg_group_named(const struct fed_reg *r, struct slice name)
{
	struct find f = {name, NULL};

	fed_reg_groups(r, find_on, &f);
	return f.found;
}

uint64_t fed_reg_federation_serial(const struct fed_reg *r)
{
	const struct fed_federation *f = fed_reg_federation(r);
	struct fed_record_key key = {.type = FED_REC_FEDERATION};

	if (!f)
		return 0;
	memcpy(key.s, f->fid.s, sizeof f->fid.s);
	return fed_reg_serial(r, &key);
}

bool fed_reg_forked(const struct fed_reg *r, const struct fed_record_key *key)
{
	struct fed_version v;

	return fed_reg_version(r, key, fed_reg_held(r, key), 1, &v);
}

struct slice fed_reg_text_by(const struct fed_reg *r, const struct fed_record_key *key,
	uint64_t serial, const struct fed_hash *hash)
{
	struct fed_version v;

	for (size_t i = 0; fed_reg_version(r, key, serial, i, &v); i++)
		if (fed_hash_eq(&v.hash, hash))
			return v.text;
	return slice_of(NULL, 0);
}

uint64_t fed_reg_told_out(
	const struct fed_reg *r, const struct fed_record_key *key, uint64_t serial)
{
	return serial > 0 && fed_reg_heals(r, key, serial + 1) ? serial + 1 : serial;
}

struct find_tls {
	const struct fed_reg *reg;
	const struct fed_hash *spki;
	const struct fed_daemon *found;
};

static bool has_tls(void *arg, const struct fed_record_key *key, uint64_t serial)
{
	struct find_tls *f = arg;
	const struct fed_daemon *d = NULL;
	struct fed_oid oid;

	(void)serial;
	if (key->type == FED_REC_DAEMON && fed_oid_parse(slice_str(key->s), &oid))
		d = fed_reg_daemon(f->reg, &oid);
	for (size_t i = 0; d && i < d->n_tls; i++)
		if (fed_hash_eq(&d->tls[i], f->spki))
			f->found = d;
	return !f->found;
}

const struct fed_daemon *fed_reg_tls(const struct fed_reg *r, const struct fed_hash *spki)
{
	struct find_tls f = {r, spki, NULL};

	fed_reg_each(r, has_tls, &f);
	return f.found;
}

uint64_t fed_reg_stray(
	const struct fed_reg *r, const struct fed_record_key *key, const struct fed_oid *who)
{
	const struct fed_strays *s = fed_reg_strays(r, key);

	return s ? fed_strays_find(s, who) : 0;
}

/* ---- who ---- */

bool fed_reg_active(const struct fed_reg *r, const struct fed_oid *oid)
{
	const struct fed_federation *f = fed_reg_federation(r);
	const struct fed_member_daemon *d = f ? fed_federation_daemon(f, oid) : NULL;

	return d && d->state == FED_ACTIVE;
}

bool fed_reg_reads(const struct fed_reg *r, const struct fed_oid *who, const struct fed_gid *gid)
{
	const struct fed_federation *f = fed_reg_federation(r);
	const struct fed_group *g = fed_reg_group(r, gid);

	if (!f || !fed_reg_active(r, who))
		return false;
	return fed_gid_eq(&f->fid, gid) || (g && fed_group_reads(g, f, who));
}

/* A cut stays for ever, so one that was never in need not be looked for in all serials. */
static bool has_cut(const struct fed_group *g, const struct fed_oid *who)
{
	for (size_t i = 0; i < g->n_cut; i++)
		if (fed_oid_eq(&g->cut[i].oid, who))
			return true;
	return false;
}

static bool was_member(
	const struct fed_reg *r, const struct fed_oid *who, const struct fed_gid *gid)
{
	const struct fed_group *g = fed_reg_group(r, gid);

	return g && g->closed && has_cut(g, who) && fed_reg_active(r, who);
}

/* By one of two records that stand against each other. */
static bool is_member_by(struct slice text, const struct fed_oid *who)
{
	struct fed_record rec;
	struct err why;
	struct arena ar;

	arena_init(&ar);
	bool is = fed_record_parse(text, &ar, &rec, &why) == 0 && rec.group.closed &&
		  fed_group_member(&rec.group, who);
	arena_fini(&ar);
	return is;
}

bool fed_reg_misled(const struct fed_reg *r, const struct fed_oid *who, const struct fed_gid *gid)
{
	struct fed_record_key key = {.type = FED_REC_GROUP};
	struct fed_version v;

	memcpy(key.s, gid->s, sizeof gid->s);
	if (!fed_reg_active(r, who) || fed_reg_reads(r, who, gid))
		return false;
	if (was_member(r, who, gid) || fed_reg_stray(r, &key, who) > 0)
		return true;
	for (size_t i = 0;
		fed_reg_forked(r, &key) && fed_reg_version(r, &key, fed_reg_held(r, &key), i, &v);
		i++)
		if (is_member_by(v.text, who))
			return true;
	return false;
}

static bool is_member_at(const struct fed_reg *r, const struct fed_gid *gid, uint64_t serial,
	const struct fed_oid *who)
{
	const struct fed_group *g = fed_reg_group_at(r, gid, serial);

	return g && fed_group_member(g, who);
}

static uint64_t serial_stray(const struct fed_reg *r, const struct fed_oid *who,
	const struct fed_record_key *key, uint64_t upto)
{
	uint64_t serial = fed_reg_active(r, who) ? fed_reg_stray(r, key, who) : 0;

	if (serial == fed_reg_held(r, key) && fed_reg_forked(r, key))
		return 0; /* nobody has decided yet */
	return serial < upto ? fed_reg_told_out(r, key, serial) : serial == upto ? serial : 0;
}

/*
 * Of a closed group, for one who is not in it: the first record behind its last membership; where
 * that had a rival, also the one that decides.
 */
static uint64_t serial_out(const struct fed_reg *r, const struct fed_oid *who,
	const struct fed_gid *gid, const struct fed_record_key *key, uint64_t upto)
{
	uint64_t serial = upto;

	if (!was_member(r, who, gid))
		return serial_stray(r, who, key, upto);
	while (serial > 0 && !is_member_at(r, gid, serial, who) &&
		!is_member_at(r, gid, serial - 1, who))
		serial--;
	if (serial == 0)
		return serial_stray(r, who, key, upto);
	return serial < upto ? fed_reg_told_out(r, key, serial) : serial;
}

uint64_t fed_reg_shows(const struct fed_reg *r, const struct fed_oid *who,
	const struct fed_record_key *key, uint64_t upto)
{
	struct fed_gid gid;

	if (key->type != FED_REC_GROUP)
		return fed_reg_active(r, who) ? upto : 0;
	if (!fed_gid_parse(slice_str(key->s), &gid))
		return 0;
	return fed_reg_reads(r, who, &gid) ? upto : serial_out(r, who, &gid, key, upto);
}

uint64_t fed_reg_begin(const struct fed_reg *r, const struct fed_oid *who,
	const struct fed_gid *gid, const struct fed_oid *feed, uint64_t epoch)
{
	const struct fed_group *g = fed_reg_group(r, gid);

	return g ? fed_group_begin(g, who, feed, epoch) : 1;
}
