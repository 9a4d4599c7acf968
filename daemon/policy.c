/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rights of a role, by kind and class of group.
 *
 *                    see   read  post  moderate
 * nobody, public      x     x
 * account, public     x     x     m
 * reader              x     x
 * writer              x     x     m
 * moderator, owner    x     x     x     x
 *
 * m: where members post; in a moderated group it is for moderators.
 */
#include "daemon/policy.h"

/* Role of an active account in g; ROLE_NONE when there is none.  0 or an error of the store. */
static int role_of(
	struct view *v, const struct policy_login *who, const struct group_rec *g, enum role *out)
{
	struct account a;
	int rc;

	*out = ROLE_NONE;
	if (who->account == 0)
		return 0;
	if (g->owner != 0) {
		*out = g->owner == who->account ? ROLE_OWNER : ROLE_NONE;
		return 0;
	}
	rc = view_role(v, g->id, who->account, out);
	if (rc == KERR_NOTFOUND && g->cls == CLASS_PUBLIC) {
		*out = ROLE_WRITER;
		rc = 0;
	}
	if (rc < 0)
		return rc == KERR_NOTFOUND ? 0 : rc;
	rc = view_account(v, who->account, &a);
	if (rc < 0 || a.state != ACCOUNT_ACTIVE)
		*out = ROLE_NONE;
	return rc == KERR_NOTFOUND ? 0 : rc;
}

static bool role_has(enum role role, const struct group_rec *g, enum right right)
{
	switch (right) {
	case RIGHT_SEE:
	case RIGHT_READ:
		return role >= ROLE_READER || g->cls == CLASS_PUBLIC;
	case RIGHT_POST:
		return role >= (g->posting == POSTING_MODERATORS ? ROLE_MODERATOR : ROLE_WRITER);
	case RIGHT_MODERATE:
		return role >= ROLE_MODERATOR;
	}
	return false;
}

int policy_may(
	struct view *v, const struct policy_login *who, const struct group_rec *g, enum right right)
{
	enum role role;
	int rc = role_of(v, who, g, &role);

	if (rc < 0)
		return rc;
	if (role_has(role, g, right))
		return 0;
	if (who->account == 0)
		return KERR_LOGIN;
	return role_has(role, g, RIGHT_SEE) ? KERR_DENIED : KERR_NOTFOUND;
}

int policy_absent(struct view *v, const struct policy_login *who)
{
	const struct group_rec nothing = {.id = UINT32_MAX, .cls = CLASS_CLOSED};

	/* Ask the store as for a group that is there, so that absence takes the same time. */
	int rc = policy_may(v, who, &nothing, RIGHT_SEE);

	return rc == 0 ? KERR_NOTFOUND : rc;
}

int policy_status(
	struct view *v, const struct policy_login *who, const struct group_rec *g, char *status_out)
{
	enum role role;
	int rc = role_of(v, who, g, &role);

	if (rc < 0)
		return rc;
	*status_out = 'n';
	if (role_has(role, g, RIGHT_POST))
		*status_out = 'y';
	else if (role >= ROLE_WRITER && g->posting == POSTING_MODERATORS)
		*status_out = 'm';
	return 0;
}
