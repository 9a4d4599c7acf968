/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Envelopes of mail: which sender a login may use, and where a recipient's address leads.
 *
 * A group that is not there, one that is not the login's to see and one where it may not post get
 * one answer.  The mail itself is posted by forum_post.c.  RFC 6409 section 6
 */
#include "daemon/forum_priv.h"

#include "proto/base/text.h"
#include "proto/msg/address.h"
#include "proto/msg/fields.h"

/* ---- the sender ---- */

static bool has_address(const struct account *a, const struct address *wanted)
{
	for (unsigned i = 0; i < a->n_addresses; i++)
		if (address_is(wanted, slice_str(a->addresses[i])))
			return true;
	return (a->rights & RIGHT_POST_AS_ANY) != 0;
}

int db_sender(struct forum *base, struct slice local, struct slice domain)
{
	struct db_forum *f = db_forum(base);
	const struct address wanted = {.local = local, .domain = domain};
	struct account a;
	struct view *v;
	int rc = view_open(f->env->store, &v);

	if (rc < 0)
		return rc;
	rc = f->login.account != 0 ? view_account(v, f->login.account, &a) : KERR_DENIED;
	if (rc == 0 && !has_address(&a, &wanted))
		rc = KERR_DENIED;
	view_close(v);
	return rc == KERR_NOTFOUND ? KERR_DENIED : rc;
}

/* ---- recipients ---- */

/* Is it our name, or one of our mail domains? */
static bool is_our_domain(const struct forum_env *e, struct slice domain)
{
	if (slice_eq_ci(domain, slice_str(e->host)))
		return true;
	for (size_t i = 0; i < e->n_mail_domains; i++)
		if (slice_eq_ci(domain, e->mail_domains[i]))
			return true;
	return false;
}

/* The group of that name, if the login may post there; KERR_NOTFOUND whatever else is the case. */
static int group_find(struct db_forum *f, struct view *v, struct slice name, struct forum_rcpt *out)
{
	struct group_rec g;
	int rc = group_name_valid(name) ? view_group_named(v, 0, name, &g) : KERR_NOTFOUND;

	if (rc == 0)
		rc = policy_may(v, &f->login, &g, RIGHT_POST);
	else if (rc == KERR_NOTFOUND)
		rc = policy_absent(v, &f->login);
	if (rc == 0)
		rc = forum_group_shared(v, name, &out->shared);
	if (rc == 0)
		memcpy(out->name, g.name, sizeof out->name);
	return rc == KERR_DENIED || rc == KERR_LOGIN ? KERR_NOTFOUND : rc;
}

/* Groups have lower-case names; in addresses people write them as they like. */
static int group_find_ci(
	struct db_forum *f, struct view *v, struct slice local, struct forum_rcpt *out)
{
	struct buf name;
	int rc;

	buf_init(&name, GROUP_NAME_MAX + 1);
	text_add_lower(&name, slice_head(local, GROUP_NAME_MAX + 1));
	rc = group_find(f, v, buf_slice(&name), out);
	buf_fini(&name);
	return rc;
}

/* Nobody here has a mailbox for mail of others: every person is absent. */
static int person_find(void)
{
	return KERR_NOTFOUND;
}

int db_rcpt(struct forum *base, struct slice local, struct slice domain, struct forum_rcpt *out)
{
	struct db_forum *f = db_forum(base);
	struct view *v;
	int rc;

	if (!is_our_domain(f->env, domain))
		return KERR_DENIED;
	rc = view_open(f->env->store, &v);
	if (rc < 0)
		return rc;
	rc = group_find_ci(f, v, local, out);
	if (rc == KERR_NOTFOUND)
		rc = person_find();
	view_close(v);
	return rc;
}

void forum_add_groups(struct buf *b, const struct forum_rcpt *to, size_t n_to)
{
	for (size_t i = 0; i < n_to; i++) {
		if (i > 0)
			buf_addc(b, ',');
		buf_addz(b, to[i].name);
	}
}
