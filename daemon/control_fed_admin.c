/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an admin of the federation says of its daemons: federation.suspend, federation.resume,
 * federation.gone, federation.admin.
 */
#include "daemon/control_fed.h"

/* The change and what is said of it, in a->work. */
struct deed {
	enum fed_state state;
	const char *said;
};

static const struct deed suspended = {
	FED_SUSPENDED, N_("%1 is suspended: it is given nothing, and what it writes counts "
			  "nowhere; kokoctl federation "
			  "resume %1 ends that")};
static const struct deed active = {FED_ACTIVE, N_("%1 is active again")};
static const struct deed gone = {FED_GONE,
	N_("%1 is gone for ever; another daemon may be invited under its name: kokoctl peer invite "
	   "%1")};

static int done(struct errand *a)
{
	const struct deed *deed = a->work;

	errand_say(a, deed->said, a->name, NULL);
	return 0;
}

static int admin_named(struct errand *a)
{
	if (a->flag) {
		errand_say(a, N_("%1 is no admin of the federation any more"), a->name, NULL);
		return 0;
	}
	errand_say(a,
		N_("%1 is an admin of the federation too: its admin may invite and suspend "
		   "daemons"),
		a->name, NULL);
	return 0;
}

static int open_federation(struct errand *a, struct fed_draft *d, struct fed_oid *oid)
{
	const struct fed_federation *fed = errand_federation(a);
	const struct fed_member_daemon *m = fed ? errand_daemon(a, a->name) : NULL;

	arena_init(&d->ar);
	if (!m)
		return KERR_NOTFOUND;
	*oid = m->oid;
	return fed_draft_federation_next(
		d, fed_text_of(a->f, FED_REC_FEDERATION, fed->fid.s), &a->f->keys->oid, &a->err);
}

static int give(struct errand *a, struct fed_draft *d, int rc, int (*then)(struct errand *a))
{
	static const uint8_t none[CRYPTO_KEY_LEN];

	return errand_give(a, d, rc, a->f->keys ? fed_seed(a->f, NULL) : none, then);
}

static int change_state(struct errand *a)
{
	const struct deed *deed = a->work;
	struct fed_draft d;
	struct fed_oid oid;
	int rc = open_federation(a, &d, &oid);

	if (rc == 0 && deed->state == FED_GONE && !a->flag)
		rc = errand_refuse(a, KERR_INVALID,
			N_("that cannot be taken back: the daemon would have to be set up anew and "
			   "invited again; "
			   "say --for-ever if it is meant"),
			NULL);
	if (rc == 0 && fed_oid_eq(&oid, &a->f->keys->oid))
		rc = errand_refuse(a, KERR_INVALID,
			N_("this daemon cannot say that of itself: another admin of the federation "
			   "may"),
			NULL);
	if (rc == 0)
		rc = fed_draft_daemon_state(&d, &oid, deed->state, &a->err);
	return give(a, &d, rc, done);
}

static int name_admin(struct errand *a)
{
	struct fed_draft d;
	struct fed_oid oid;
	int rc = open_federation(a, &d, &oid);

	if (rc == 0)
		rc = a->flag ? fed_draft_admin_out(&d, &oid, &a->err)
			     : fed_draft_admin(&d, &oid, &a->err);
	return give(a, &d, rc, admin_named);
}

static int begin(struct control_req *r, int (*run)(struct errand *a), const struct deed *deed,
	const char *flag)
{
	struct errand *a = errand_new(r, run);
	int rc = control_arg(r, "name", FED_NAME_MAX, &a->name);

	a->work = (void *)deed;
	if (rc == 0)
		rc = control_arg_bool(r, flag, false, &a->flag);
	return errand_go(a, rc);
}

int control_federation_suspend(struct control_req *r)
{
	return begin(r, change_state, &suspended, "for_ever");
}

int control_federation_resume(struct control_req *r)
{
	return begin(r, change_state, &active, "for_ever");
}

int control_federation_gone(struct control_req *r)
{
	return begin(r, change_state, &gone, "for_ever");
}

int control_federation_admin(struct control_req *r)
{
	return begin(r, name_admin, NULL, "remove");
}
