/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drafts of the federation record. */
#include "proto/fed/fed_draft_priv.h"
#include "proto/msg/fields.h"

/* ---- names and prefixes ---- */

static int check_words(struct slice name, struct slice prefix, struct err *err)
{
	if (!fed_name_valid(name))
		return err_set(err, KERR_INVALID,
			"%.*s is no name for a daemon: a DNS name in small letters with a dot, "
			"such "
			"as forum.example.org",
			SLICE_ARG(name));
	if (!group_name_valid(prefix))
		return err_set(err, KERR_INVALID,
			"%.*s is no prefix of groups: small letters and digits, with dots between "
			"parts, such as kreis.neustadt",
			SLICE_ARG(prefix));
	if (fed_prefix_has(lit("kokod"), prefix))
		return err_set(err, KERR_INVALID, "the prefix kokod belongs to the protocol");
	return 0;
}

static int check_beside(
	const struct fed_member_daemon *d, struct slice name, struct slice prefix, struct err *err)
{
	if (slice_eq(d->name, name))
		return err_set(err, KERR_EXISTS, "another daemon of the federation is called %.*s",
			SLICE_ARG(name));
	if (fed_prefix_has(d->prefix, prefix))
		return err_set(err, KERR_EXISTS,
			"groups under %.*s belong to %.*s (prefix %.*s): choose another prefix",
			SLICE_ARG(prefix), SLICE_ARG(d->name), SLICE_ARG(d->prefix));
	if (fed_prefix_has(prefix, d->prefix))
		return err_set(err, KERR_EXISTS,
			"the prefix %.*s of %.*s lies under %.*s: choose another prefix",
			SLICE_ARG(d->prefix), SLICE_ARG(d->name), SLICE_ARG(prefix));
	return 0;
}

static bool is_gone(const struct fed_federation *f, const struct fed_oid *oid)
{
	const struct fed_member_daemon *d = fed_federation_daemon(f, oid);

	return d && d->state == FED_GONE;
}

int fed_draft_fits(const struct fed_federation *f, const struct fed_oid *oid, struct slice name,
	struct slice prefix, struct err *err)
{
	int rc = check_words(name, prefix, err);

	for (size_t i = 0; rc == 0 && i < f->n_daemon; i++)
		if (f->daemon[i].state != FED_GONE && !fed_oid_eq(&f->daemon[i].oid, oid))
			rc = check_beside(&f->daemon[i], name, prefix, err);
	for (size_t i = 0; rc == 0 && i < f->n_domain; i++)
		if (!fed_oid_eq(&f->domain[i].oid, oid) && !is_gone(f, &f->domain[i].oid) &&
			slice_eq(f->domain[i].domain, name))
			rc = err_set(err, KERR_EXISTS,
				"%.*s is a mail domain of another daemon of the federation",
				SLICE_ARG(name));
	return rc;
}

/* ---- begin ---- */

int fed_draft_federation(struct fed_draft *d, const struct fed_oid *founder, struct slice title,
	struct slice name, struct slice prefix, struct err *err)
{
	struct fed_federation *f = &d->rec.federation;
	int rc = check_words(name, prefix, err);

	fed_draft_first(d, FED_REC_FEDERATION);
	if (rc == 0 && !fed_title_valid(title))
		rc = err_set(
			err, KERR_INVALID, "the title is one line of 1 to %d bytes", FED_TITLE_MAX);
	f->founder = *founder;
	f->title = arena_dup(&d->ar, title);
	f->salt = fed_draft_salt(d);
	fed_gid_of(founder, title, f->salt, &f->fid);
	f->quorum = 1;
	f->admin[f->n_admin++] = *founder;
	f->daemon = arena_new(&d->ar, struct fed_member_daemon);
	f->daemon[f->n_daemon++] = (struct fed_member_daemon){
		.oid = *founder,
		.state = FED_ACTIVE,
		.name = arena_dup(&d->ar, name),
		.prefix = arena_dup(&d->ar, prefix),
	};
	return rc;
}

static bool is_admin(const struct fed_federation *f, const struct fed_oid *oid)
{
	for (size_t i = 0; i < f->n_admin; i++)
		if (fed_oid_eq(&f->admin[i], oid))
			return true;
	return false;
}

/* "forum.a.example, forum.b.example" */
static int refuse_stranger(const struct fed_federation *f, struct err *err)
{
	struct buf names;

	buf_init(&names, 200);
	for (size_t i = 0; i < f->n_admin; i++) {
		const struct fed_member_daemon *d = fed_federation_daemon(f, &f->admin[i]);

		if (d)
			buf_addf(&names, "%s%.*s", names.len ? ", " : "", SLICE_ARG(d->name));
	}
	err_set(err, KERR_DENIED, "only an admin of the federation may do this: ask %s",
		buf_cstr(&names));
	buf_fini(&names);
	return KERR_DENIED;
}

int fed_draft_by_admin(const struct fed_federation *f, const struct fed_oid *self, struct err *err)
{
	return is_admin(f, self) ? 0 : refuse_stranger(f, err);
}

int fed_draft_federation_next(
	struct fed_draft *d, struct slice text, const struct fed_oid *self, struct err *err)
{
	int rc = fed_draft_next(d, text, FED_REC_FEDERATION, err);

	return rc < 0 ? rc : fed_draft_by_admin(&d->rec.federation, self, err);
}

/* ---- changes ---- */

/* The line of the daemon, to be changed. */
static struct fed_member_daemon *find(struct fed_federation *f, const struct fed_oid *oid)
{
	for (size_t i = 0; i < f->n_daemon; i++)
		if (fed_oid_eq(&f->daemon[i].oid, oid))
			return &f->daemon[i];
	return NULL;
}

/* A daemon that has a line already: its prefix stays. */
static int take_back(struct fed_member_daemon *was, struct slice name, struct err *err)
{
	if (was->state == FED_GONE)
		return err_set(err, KERR_DENIED,
			"%.*s was declared gone, and that is for ever: it needs a new identity",
			SLICE_ARG(was->name));
	if (was->state == FED_ACTIVE)
		return err_set(err, KERR_EXISTS, "%.*s is in the federation already",
			SLICE_ARG(was->name));
	if (!slice_eq(was->name, name))
		return err_set(err, KERR_INVALID,
			"this daemon is %.*s in the federation, and not %.*s", SLICE_ARG(was->name),
			SLICE_ARG(name));
	was->state = FED_ACTIVE;
	return 0;
}

int fed_draft_daemon_in(struct fed_draft *d, const struct fed_oid *oid, struct slice name,
	struct slice prefix, struct err *err)
{
	struct fed_federation *f = &d->rec.federation;
	struct fed_member_daemon *was = find(f, oid);
	int rc;

	if (was)
		return take_back(was, name, err);
	rc = fed_draft_fits(f, oid, name, prefix, err);
	if (rc == 0 && f->n_daemon == FED_DAEMONS_MAX)
		rc = err_set(
			err, KERR_TOOBIG, "the federation has %d daemons already", FED_DAEMONS_MAX);
	if (rc < 0)
		return rc;
	f->daemon = fed_draft_grown(d, f->daemon, f->n_daemon, sizeof *f->daemon);
	f->daemon[f->n_daemon++] = (struct fed_member_daemon){
		.oid = *oid,
		.state = FED_ACTIVE,
		.name = arena_dup(&d->ar, name),
		.prefix = arena_dup(&d->ar, prefix),
	};
	return 0;
}

static int not_there(struct err *err)
{
	return err_set(err, KERR_NOTFOUND, "no daemon of the federation");
}

int fed_draft_daemon_state(
	struct fed_draft *d, const struct fed_oid *oid, enum fed_state state, struct err *err)
{
	struct fed_member_daemon *m = find(&d->rec.federation, oid);

	if (!m)
		return not_there(err);
	if (m->state == state)
		return err_set(err, KERR_EXISTS, "%.*s is %.*s already", SLICE_ARG(m->name),
			SLICE_ARG(fed_state_name(state)));
	if (m->state == FED_GONE)
		return err_set(err, KERR_DENIED, "%.*s was declared gone, and that is for ever",
			SLICE_ARG(m->name));
	if (state == FED_GONE && is_admin(&d->rec.federation, oid))
		return err_set(
			err, KERR_DENIED, "%.*s is an admin of the federation", SLICE_ARG(m->name));
	m->state = state;
	return 0;
}

int fed_draft_admin(struct fed_draft *d, const struct fed_oid *oid, struct err *err)
{
	struct fed_federation *f = &d->rec.federation;
	const struct fed_member_daemon *m = find(f, oid);

	if (!m || m->state != FED_ACTIVE)
		return m ? err_set(err, KERR_DENIED, "%.*s is not active", SLICE_ARG(m->name))
			 : not_there(err);
	if (is_admin(f, oid))
		return err_set(err, KERR_EXISTS, "%.*s is an admin already", SLICE_ARG(m->name));
	if (f->n_admin == FED_ADMINS_MAX)
		return err_set(
			err, KERR_TOOBIG, "the federation has %d admins already", FED_ADMINS_MAX);
	f->admin[f->n_admin++] = *oid;
	return 0;
}

int fed_draft_domain(
	struct fed_draft *d, const struct fed_oid *oid, struct slice domain, struct err *err)
{
	struct fed_federation *f = &d->rec.federation;
	const struct fed_member_daemon *m = find(f, oid);
	int rc;

	if (!m)
		return not_there(err);
	if (fed_federation_owns(f, oid, domain))
		return err_set(err, KERR_EXISTS, "%.*s has it already", SLICE_ARG(m->name));
	rc = fed_draft_fits(f, oid, domain, m->prefix, err);
	if (rc == 0 && f->n_domain == FED_DAEMONS_MAX)
		rc = err_set(
			err, KERR_TOOBIG, "the federation has %d domains already", FED_DAEMONS_MAX);
	if (rc < 0)
		return rc;
	f->domain = fed_draft_grown(d, f->domain, f->n_domain, sizeof *f->domain);
	f->domain[f->n_domain++] =
		(struct fed_domain){.oid = *oid, .domain = arena_dup(&d->ar, domain)};
	return 0;
}
