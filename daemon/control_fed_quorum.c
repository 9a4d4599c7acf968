/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who signs for a federation and for a group, and how many together: federation.quorum,
 * group.quorum, group.deputy, group.owner.
 */
#include <stdio.h>

#include "daemon/control_fed.h"

enum { COUNT_ROOM = 24 };

static void count_of(const struct errand *a, char out[COUNT_ROOM])
{
	snprintf(out, COUNT_ROOM, "%lld", (long long)a->count);
}

/* ---- federation ---- */

static int federation_quorum_set(struct errand *a)
{
	char n[COUNT_ROOM];

	count_of(a, n);
	if (a->count == 1)
		errand_say(a, N_("each admin of the federation signs alone from now on"), NULL);
	else
		errand_say(a,
			N_("%1 admins of the federation must sign together from now on: what one "
			   "of them types becomes a draft, which it says more of"),
			n, NULL);
	return 0;
}

static int federation_quorum(struct errand *a)
{
	static const uint8_t none[CRYPTO_KEY_LEN];
	const struct fed_federation *fed = errand_federation(a);
	struct fed_draft d;
	int rc;

	if (!fed)
		return KERR_NOTFOUND;
	rc = fed_draft_federation_next(
		&d, fed_text_of(a->f, FED_REC_FEDERATION, fed->fid.s), &a->f->keys->oid, &a->err);
	if (rc == 0)
		rc = fed_draft_quorum(&d, (uint64_t)a->count, &a->err);
	return errand_give(
		a, &d, rc, a->f->keys ? fed_seed(a->f, NULL) : none, federation_quorum_set);
}

/* kokoctl sends words as texts. */
static int read_count(struct control_req *r, struct errand *a)
{
	const char *text;
	int rc = control_arg(r, "number", 2, &text);

	if (rc < 0)
		return rc;
	a->count = 0;
	for (; *text >= '0' && *text <= '9'; text++)
		a->count = 10 * a->count + (*text - '0');
	return *text == '\0' ? 0
			     : err_set(&r->err, KERR_INVALID,
				       "number: a number of signatures, such as 2");
}

int control_federation_quorum(struct control_req *r)
{
	struct errand *a = errand_new(r, federation_quorum);

	return errand_go(a, read_count(r, a));
}

/* ---- groups ---- */

static int group_quorum_set(struct errand *a)
{
	char n[COUNT_ROOM];

	count_of(a, n);
	if (a->count == 1)
		errand_say(a,
			N_("each deputy of %1 changes it alone from now on, where its owner does "
			   "not"),
			a->group, NULL);
	else
		errand_say(a,
			N_("%1 deputies change %2 together from now on, where its owner does not"),
			n, a->group, NULL);
	return 0;
}

static int group_quorum(struct errand *a)
{
	struct fed_draft d;
	int rc = errand_open_group(a, &d);

	if (rc == 0)
		rc = fed_draft_quorum(&d, (uint64_t)a->count, &a->err);
	return errand_give_group(a, &d, rc, NULL, group_quorum_set);
}

static int begin(struct control_req *r, struct errand *a, int rc)
{
	if (rc == 0)
		rc = control_arg(r, "group", STORE_NAME_MAX, &a->group);
	if (rc == 0)
		rc = control_arg_bool(r, "by_quorum", false, &a->by_quorum);
	return errand_go(a, rc);
}

int control_group_quorum(struct control_req *r)
{
	struct errand *a = errand_new(r, group_quorum);

	return begin(r, a, read_count(r, a));
}

static int deputy_named(struct errand *a)
{
	if (a->flag)
		errand_say(a, N_("%2 is no deputy of %1 any more"), a->group, a->name, NULL);
	else
		errand_say(a,
			N_("%2 is a deputy of %1: where the owner is out of reach it changes the "
			   "group, with as many others as kokoctl group quorum says"),
			a->group, a->name, NULL);
	return 0;
}

/* The group's record, and the daemon that is named. */
static int open_named(struct errand *a, struct fed_draft *d, const struct fed_member_daemon **m)
{
	int rc = errand_open_group(a, d);

	if (rc < 0)
		return rc;
	*m = errand_daemon(a, a->name);
	return *m ? 0 : KERR_NOTFOUND;
}

static int deputy(struct errand *a)
{
	const struct fed_member_daemon *m = NULL;
	struct fed_draft d;
	int rc = open_named(a, &d, &m);

	if (rc == 0)
		rc = a->flag ? fed_draft_deputy_out(&d, &m->oid, &a->err)
			     : fed_draft_deputy(
				       &d, fed_reg_federation(a->f->reg), &m->oid, &a->err);
	return errand_give_group(a, &d, rc, NULL, deputy_named);
}

int control_group_deputy(struct control_req *r)
{
	struct errand *a = errand_new(r, deputy);
	int rc = control_arg(r, "name", FED_NAME_MAX, &a->name);

	if (rc == 0)
		rc = control_arg_bool(r, "remove", false, &a->flag);
	return begin(r, a, rc);
}

static int owner_changed(struct errand *a)
{
	errand_say(a, N_("%1 belongs to %2 from now on: the group is changed there"), a->group,
		a->name, NULL);
	return 0;
}

static int owner(struct errand *a)
{
	const struct fed_member_daemon *m = NULL;
	struct fed_draft d;
	int rc = open_named(a, &d, &m);

	if (rc == 0)
		rc = fed_draft_owner(&d, fed_reg_federation(a->f->reg), &m->oid, &a->err);
	return errand_give_group(a, &d, rc, NULL, owner_changed);
}

int control_group_owner(struct control_req *r)
{
	struct errand *a = errand_new(r, owner);

	return begin(r, a, control_arg(r, "name", FED_NAME_MAX, &a->name));
}
