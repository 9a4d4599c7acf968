/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may do what: the one place that knows.
 *
 * Every store call for a person stands behind policy_may.  A closed group does not exist for a
 * stranger: KERR_NOTFOUND is the answer for "not there" and for "not yours".  Before login
 * KERR_LOGIN is the answer to both, unless the group is public.  What is not listed is denied.
 */
#ifndef DAEMON_POLICY_H
#define DAEMON_POLICY_H

#include "storage/store.h"

enum right {
	RIGHT_SEE,      /* that it exists: its name, numbers, counts */
	RIGHT_READ,     /* its articles */
	RIGHT_POST,     /* add an article */
	RIGHT_MODERATE, /* take out others' articles, post where only moderators post */
};

/* Who asks.  account 0: nobody has logged in. */
struct policy_login {
	uint32_t account;
};

/*
 * May who do this in g?  0, KERR_LOGIN, KERR_NOTFOUND (also: not yours to know), KERR_DENIED (seen,
 * but not allowed), or an error of the store.
 */
NODISCARD int policy_may(struct view *v, const struct policy_login *who, const struct group_rec *g,
	enum right right);

/* What absence answers to who: as policy_may would for a closed group that is there. */
int policy_absent(struct view *v, const struct policy_login *who);

/* Status of LIST ACTIVE for who: 'y', 'n' or 'm'.  RFC 3977 section 7.6.3 */
NODISCARD int policy_status(struct view *v, const struct policy_login *who,
	const struct group_rec *g, char *status_out);

#endif
