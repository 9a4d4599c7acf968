/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drafts that say who signs the next ones: admins, deputies, owner and quorum. */
#include "proto/fed/fed_draft_priv.h"
#include "proto/fed/fed_rules.h"

/* ---- lists of oids ---- */

static size_t find(const struct fed_oid *v, size_t n, const struct fed_oid *oid)
{
	size_t i = 0;

	while (i < n && !fed_oid_eq(&v[i], oid))
		i++;
	return i;
}

static void drop(struct fed_oid *v, size_t *n, size_t i)
{
	memmove(&v[i], &v[i + 1], (*n - i - 1) * sizeof *v);
	(*n)--;
}

static int too_few(struct err *err, uint64_t quorum, const char *how)
{
	return err_set(err, KERR_DENIED,
		"%llu must sign together, and fewer would be left: %s first",
		(unsigned long long)quorum, how);
}

/* ---- federation ---- */

int fed_draft_admin_out(struct fed_draft *d, const struct fed_oid *oid, struct err *err)
{
	struct fed_federation *f = &d->rec.federation;
	size_t i = find(f->admin, f->n_admin, oid);

	if (i == f->n_admin)
		return err_set(err, KERR_NOTFOUND, "it is no admin of the federation");
	if (f->n_admin == 1)
		return err_set(err, KERR_DENIED, "the last admin of the federation stays");
	if (f->quorum == f->n_admin)
		return too_few(err, f->quorum, "kokoctl federation quorum");
	drop(f->admin, &f->n_admin, i);
	return 0;
}

/* ---- group ---- */

static int check_reads(const struct fed_group *g, const struct fed_federation *fed,
	const struct fed_oid *oid, struct err *err)
{
	if (fed_group_reads(g, fed, oid))
		return 0;
	return err_set(err, KERR_INVALID,
		"its daemon is not in the group, or not active: kokoctl group invite first");
}

int fed_draft_by_quorum(const struct fed_draft *d, const struct fed_federation *fed,
	const struct fed_oid *self, struct err *err)
{
	const struct fed_group *g = &d->rec.group;

	return find(g->deputy, g->n_deputy, self) < g->n_deputy
		       ? 0
		       : fed_draft_by_admin(fed, self, err);
}

int fed_draft_deputy(struct fed_draft *d, const struct fed_federation *fed,
	const struct fed_oid *oid, struct err *err)
{
	struct fed_group *g = &d->rec.group;

	if (fed_oid_eq(&g->owner, oid))
		return err_set(err, KERR_INVALID, "the owner of a group is no deputy of it");
	if (find(g->deputy, g->n_deputy, oid) < g->n_deputy)
		return err_set(err, KERR_EXISTS, "it is a deputy already");
	if (g->n_deputy == FED_DEPUTIES_MAX)
		return err_set(
			err, KERR_TOOBIG, "the group has %d deputies already", FED_DEPUTIES_MAX);
	int rc = check_reads(g, fed, oid, err);
	if (rc == 0)
		g->deputy[g->n_deputy++] = *oid;
	return rc;
}

int fed_draft_deputy_out(struct fed_draft *d, const struct fed_oid *oid, struct err *err)
{
	struct fed_group *g = &d->rec.group;
	size_t i = find(g->deputy, g->n_deputy, oid);

	if (i == g->n_deputy)
		return err_set(err, KERR_NOTFOUND, "it is no deputy of the group");
	if (g->n_deputy > 1 && g->quorum == g->n_deputy)
		return too_few(err, g->quorum, "kokoctl group quorum");
	drop(g->deputy, &g->n_deputy, i);
	return 0;
}

int fed_draft_owner(struct fed_draft *d, const struct fed_federation *fed,
	const struct fed_oid *oid, struct err *err)
{
	struct fed_group *g = &d->rec.group;
	size_t i = find(g->deputy, g->n_deputy, oid);
	const struct fed_member *m = fed_group_member(g, oid);
	int rc = check_reads(g, fed, oid, err);

	if (rc == 0 && fed_oid_eq(&g->owner, oid))
		rc = err_set(err, KERR_EXISTS, "the group is its already");
	if (rc == 0 && m && !m->rw)
		rc = err_set(err, KERR_INVALID, "the owner of a group writes in it");
	if (rc < 0)
		return rc;
	if (i < g->n_deputy)
		drop(g->deputy, &g->n_deputy, i);
	if (g->quorum > g->n_deputy && g->n_deputy > 0)
		g->quorum = g->n_deputy;
	else if (g->n_deputy == 0)
		g->quorum = 1;
	g->owner = *oid;
	return 0;
}

/* ---- either ---- */

int fed_draft_quorum(struct fed_draft *d, uint64_t quorum, struct err *err)
{
	bool group = d->rec.type == FED_REC_GROUP;
	uint64_t *q = group ? &d->rec.group.quorum : &d->rec.federation.quorum;
	size_t n = group ? d->rec.group.n_deputy : d->rec.federation.n_admin;

	if (*q == quorum)
		return err_set(err, KERR_EXISTS, "it is so already");
	if (quorum < 1 || quorum > (n > 0 ? n : 1))
		return err_set(err, KERR_INVALID,
			"%s: %zu; so many at most can sign together, and one at least (kokoctl %s "
			"NAME names another)",
			group ? "deputies" : "admins", n,
			group ? "group deputy GROUP" : "federation admin");
	*q = quorum;
	return 0;
}
