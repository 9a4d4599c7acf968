/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the lines of one record say to each other: ids that must be computed from what they are made
 * of, names that must be unique, lines that need or exclude each other.  docs/federation.md section
 * 3
 */
#include "proto/base/text.h"
#include "proto/fed/fed_record_priv.h"

static int refuse(struct err *err, const char *why)
{
	return err_set(err, KERR_INVALID, "%s", why);
}

/* ---- daemon ---- */

static int check_daemon(const struct fed_daemon *d, struct err *err)
{
	struct fed_oid oid;

	fed_oid_of(&d->root, &oid);
	if (!fed_oid_eq(&oid, &d->oid))
		return refuse(err, "oid is not that of the root key");
	for (size_t i = 0; i < d->n_sign; i++) {
		if (fed_public_eq(&d->sign[i], &d->root))
			return refuse(err, "root key used for signing entries");
		for (size_t k = 0; k < d->n_revoked; k++)
			if (fed_public_eq(&d->sign[i], &d->revoked[k]))
				return refuse(err, "signing key that is revoked");
	}
	return 0;
}

/* ---- federation ---- */

static bool is_gone(const struct fed_federation *f, const struct fed_oid *oid)
{
	const struct fed_member_daemon *d = fed_federation_daemon(f, oid);

	return !d || d->state == FED_GONE;
}

static int check_admins(const struct fed_federation *f, struct err *err)
{
	if (f->quorum < 1 || f->quorum > f->n_admin)
		return refuse(err, "quorum is not between 1 and the number of admins");
	for (size_t i = 0; i < f->n_admin; i++)
		if (is_gone(f, &f->admin[i]))
			return refuse(err, "admin that is no daemon of the federation, or gone");
	return 0;
}

/* Names and mail domains in force: no two of them alike. */
static int check_names(const struct fed_federation *f, struct arena *ar, struct err *err)
{
	size_t n = 0, max = size_add(f->n_daemon, f->n_domain);
	struct slice *name = arena_alloc(ar, size_mul(max, sizeof *name));

	for (size_t i = 0; i < f->n_daemon; i++)
		if (f->daemon[i].state != FED_GONE)
			name[n++] = f->daemon[i].name;
	for (size_t i = 0; i < f->n_domain; i++) {
		if (!fed_federation_daemon(f, &f->domain[i].oid))
			return refuse(err, "domain of no daemon of the federation");
		if (!is_gone(f, &f->domain[i].oid))
			name[n++] = f->domain[i].domain;
	}
	return fed_all_differ(name, n) ? 0 : refuse(err, "two daemons with one name or domain");
}

/* Order in which everything under a prefix comes right behind it: dots before all other bytes. */
static int cmp_prefixes(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;

	for (size_t i = 0; i < n; i++) {
		int cx = x->p[i] == '.' ? 0 : (unsigned char)x->p[i];
		int cy = y->p[i] == '.' ? 0 : (unsigned char)y->p[i];
		if (cx != cy)
			return cx - cy;
	}
	return (x->len > y->len) - (x->len < y->len);
}

/* No prefix is another's, or under another's: a newsgroup has one possible founder. */
static int check_prefixes(const struct fed_federation *f, struct arena *ar, struct err *err)
{
	struct slice *prefix = arena_alloc(ar, size_mul(f->n_daemon, sizeof *prefix));
	size_t n = 0;

	for (size_t i = 0; i < f->n_daemon; i++) {
		if (fed_prefix_has(lit("kokod"), f->daemon[i].prefix))
			return refuse(err, "prefix kokod belongs to the protocol");
		if (f->daemon[i].state != FED_GONE)
			prefix[n++] = f->daemon[i].prefix;
	}
	if (n > 1)
		qsort(prefix, n, sizeof *prefix, cmp_prefixes);
	for (size_t i = 1; i < n; i++)
		if (fed_prefix_has(prefix[i - 1], prefix[i]))
			return refuse(err, "prefix that is another's, or under another's");
	return 0;
}

static int check_federation(const struct fed_record *rec, struct arena *ar, struct err *err)
{
	const struct fed_federation *f = &rec->federation;
	struct fed_gid fid;

	fed_gid_of(&f->founder, f->title, f->salt, &fid);
	if (rec->serial == 1 && !fed_gid_eq(&fid, &f->fid))
		return refuse(err, "fid is not that of founder, title and salt");
	int rc = check_admins(f, err);
	if (rc == 0)
		rc = check_names(f, ar, err);
	return rc < 0 ? rc : check_prefixes(f, ar, err);
}

/* ---- group ---- */

static int check_deputies(const struct fed_group *g, struct err *err)
{
	size_t max = g->n_deputy ? g->n_deputy : 1;

	if (g->quorum < 1 || g->quorum > max)
		return refuse(err, "quorum is not between 1 and the number of deputies");
	for (size_t i = 0; i < g->n_deputy; i++)
		if (fed_oid_eq(&g->deputy[i], &g->owner))
			return refuse(err, "owner that is deputy too");
	return 0;
}

/* A closed group lists its members, a public one those who may only read. */
static int check_members(const struct fed_record *rec, struct err *err)
{
	const struct fed_group *g = &rec->group;

	if (g->closed && !fed_group_member(g, &g->owner))
		return refuse(err, "owner of a closed group that is no member");
	for (size_t i = 0; i < g->n_member; i++) {
		if (g->member[i].joined < 1 || g->member[i].joined > rec->serial)
			return refuse(err, "member with a serial of joining that is none yet");
		if (!g->closed && g->member[i].rw)
			return refuse(err, "member with rw in a public group");
	}
	return 0;
}

static int check_starts(const struct fed_group *g, struct err *err)
{
	if (g->n_start && !g->history_join)
		return refuse(err, "start in a group with history: all");
	for (size_t i = 0; i < g->n_start && g->closed; i++)
		if (!fed_group_member(g, &g->start[i].oid))
			return refuse(err, "start of a daemon that is no member");
	return 0;
}

static int check_group(const struct fed_record *rec, struct err *err)
{
	const struct fed_group *g = &rec->group;
	struct fed_gid gid;

	fed_gid_of(&g->founder, g->group, g->salt, &gid);
	if (!fed_gid_eq(&gid, &g->gid))
		return refuse(err, "gid is not that of founder, group and salt");
	if (fed_prefix_has(lit("kokod"), g->group))
		return refuse(err, "newsgroups under kokod belong to the protocol");
	if (g->inn && g->closed)
		return refuse(err, "inn: yes in a closed group");
	if (g->gateway.s[0] && !g->inn)
		return refuse(err, "gateway in a group with inn: no");
	int rc = check_deputies(g, err);
	if (rc == 0)
		rc = check_members(rec, err);
	return rc < 0 ? rc : check_starts(g, err);
}

/* ---- all ---- */

static int check_sigs(const struct fed_record *rec, struct err *err)
{
	for (size_t i = 0; i < rec->n_sig; i++)
		for (size_t k = 0; k < i; k++)
			if (fed_keyid_eq(&rec->sig[i].keyid, &rec->sig[k].keyid))
				return refuse(err, "two signatures of one key");
	return 0;
}

int fed_record_check(const struct fed_record *rec, struct arena *ar, struct err *err)
{
	int rc = check_sigs(rec, err);

	if (rc < 0)
		return rc;
	switch (rec->type) {
	case FED_REC_DAEMON:
		return check_daemon(&rec->daemon, err);
	case FED_REC_FEDERATION:
		return check_federation(rec, ar, err);
	case FED_REC_GROUP:
		return check_group(rec, err);
	}
	return refuse(err, "unknown type");
}

/* ---- look-ups ---- */

const struct fed_member_daemon *fed_federation_daemon(
	const struct fed_federation *f, const struct fed_oid *oid)
{
	for (size_t i = 0; i < f->n_daemon; i++)
		if (fed_oid_eq(&f->daemon[i].oid, oid))
			return &f->daemon[i];
	return NULL;
}

const struct fed_member *fed_group_member(const struct fed_group *g, const struct fed_oid *oid)
{
	for (size_t i = 0; i < g->n_member; i++)
		if (fed_oid_eq(&g->member[i].oid, oid))
			return &g->member[i];
	return NULL;
}

uint64_t fed_group_begin(const struct fed_group *now, const struct fed_oid *oid,
	const struct fed_oid *feed, uint64_t epoch)
{
	for (size_t i = 0; i < now->n_start && now->history_join; i++) {
		const struct fed_start *s = &now->start[i];

		if (!fed_oid_eq(&s->oid, oid) || !fed_oid_eq(&s->of, feed))
			continue;
		if (epoch == s->epoch)
			return s->n;
		return epoch > s->epoch ? 1 : UINT64_MAX;
	}
	return 1;
}

bool fed_federation_owns(
	const struct fed_federation *f, const struct fed_oid *oid, struct slice name)
{
	const struct fed_member_daemon *d = fed_federation_daemon(f, oid);

	if (!d)
		return false;
	if (slice_eq_ci(d->name, name))
		return true;
	for (size_t i = 0; i < f->n_domain; i++)
		if (fed_oid_eq(&f->domain[i].oid, oid) && slice_eq_ci(f->domain[i].domain, name))
			return true;
	return false;
}

enum fed_key_state fed_daemon_key(
	const struct fed_daemon *d, const struct fed_keyid *keyid, struct fed_public *out)
{
	struct fed_keyid id;

	for (size_t i = 0; i < d->n_sign + d->n_revoked; i++) {
		bool revoked = i >= d->n_sign;
		const struct fed_public *key = revoked ? &d->revoked[i - d->n_sign] : &d->sign[i];
		fed_keyid_of(key, &id);
		if (!fed_keyid_eq(&id, keyid))
			continue;
		*out = *key;
		return revoked ? FED_KEY_REVOKED : FED_KEY_GOOD;
	}
	return FED_KEY_UNKNOWN;
}
