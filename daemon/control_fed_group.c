/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups that are shared: group.share, invite, remove-member, moderator, confirm-entries. */
#include <stdio.h>

#include "daemon/control_fed.h"
#include "daemon/fed_posting.h"
#include "proto/base/mem.h"

/* ---- share ---- */

/* The group as people have it here; it need not be there. */
struct share {
	struct group_rec rec;
	bool there, join, inn;
};

static void work_free(struct errand *a)
{
	free(a->work);
}

static int shared(struct errand *a)
{
	const struct share *s = a->work;

	errand_say(a, N_("%1 is shared; this daemon is its owner"), a->group, NULL);
	if (a->flag)
		errand_say(a, N_("every daemon of the federation has it from now on"), NULL);
	else
		errand_say(a,
			N_("next: kokoctl group invite %1 NAME, for each daemon that shall have "
			   "it"),
			a->group, NULL);
	if (s->there)
		errand_say(
			a, N_("articles from before stay here and are not sent to others"), NULL);
	else
		errand_say(a,
			N_("missing: its people; kokoctl member add %1 LOGIN for each of them "
			   "here"),
			a->group, NULL);
	return 0;
}

static int check_here(struct errand *a, const struct share *s)
{
	if (fed_reg_group_named(a->f->reg, slice_str(a->group)))
		return errand_refuse(a, KERR_EXISTS, N_("%1 is shared already"), a->group, NULL);
	if (s->inn && !a->flag)
		return errand_refuse(a, KERR_INVALID,
			N_("only a public group can be carried by other news servers: say --public "
			   "too"),
			NULL);
	if (!s->there)
		return 0;
	if (s->rec.cls == CLASS_CLOSED && a->flag)
		return errand_refuse(a, KERR_INVALID,
			N_("%1 is closed here, and what was said in it was said to its members: "
			   "make "
			   "a new group for the public"),
			a->group, NULL);
	if (s->rec.cls == CLASS_PUBLIC && !a->flag)
		return errand_refuse(a, KERR_INVALID,
			N_("%1 is public here, so it can be shared as public only: say --public, "
			   "and "
			   "every daemon of the federation has it"),
			a->group, NULL);
	return 0;
}

static int share(struct errand *a)
{
	const struct fed_federation *fed = errand_federation(a);
	const struct share *s = a->work;
	struct fed_group_wish w = {
		.group = slice_str(a->group),
		.title = slice_str(a->title[0]       ? a->title
				   : s->rec.title[0] ? s->rec.title
						     : a->group),
		.closed = !a->flag,
		.moderated = s->there && s->rec.posting == POSTING_MODERATORS,
		.history_join = s->join,
		.inn = s->inn,
	};
	struct fed_draft d;
	int rc;

	if (!fed)
		return KERR_NOTFOUND;
	rc = check_here(a, s);
	if (rc < 0)
		return rc;
	rc = fed_draft_group(&d, fed, &a->f->keys->oid, &w, &a->err);
	return errand_give(a, &d, rc, fed_seed(a->f, NULL), shared);
}

static int find_here(struct control_req *r, const char *name, struct share *s)
{
	struct view *v;
	int rc = view_open(r->d->store, &v);

	if (rc < 0)
		return rc;
	rc = view_group_named(v, 0, slice_str(name), &s->rec);
	view_close(v);
	s->there = rc == 0;
	return rc == KERR_NOTFOUND ? 0 : rc;
}

int control_group_share(struct control_req *r)
{
	static const char *const histories[] = {"all", "join"};
	struct errand *a = errand_new(r, share);
	struct share *s = mem_new(struct share);
	int history = 0;
	int rc = control_arg(r, "group", STORE_NAME_MAX, &a->group);

	a->work = s;
	a->fini = work_free;
	if (rc == 0)
		rc = control_arg_or(r, "title", STORE_TITLE_MAX, "", &a->title);
	if (rc == 0)
		rc = control_arg_bool(r, "public", false, &a->flag);
	if (rc == 0)
		rc = control_arg_bool(r, "inn", false, &s->inn);
	if (rc == 0)
		rc = control_arg_choice(r, "history", histories, array_len(histories), 0, &history);
	if (rc == 0)
		rc = find_here(r, a->group, s);
	s->join = history == 1;
	return errand_go(a, rc);
}

/* ---- one change ---- */

/* Whose it is by the record in force: the draft may name another owner already. */
static const struct fed_oid *owner_of(const struct errand *a, const struct fed_draft *d)
{
	const struct fed_group *g = fed_reg_group(a->f->reg, &d->rec.group.gid);

	return g ? &g->owner : &d->rec.group.owner;
}

/* Is it ours to change?  Else its owner is asked. */
static bool owns(const struct errand *a, const struct fed_draft *d)
{
	return fed_oid_eq(owner_of(a, d), &a->f->keys->oid);
}

/* What is not asked for: only the owner changes it, or those who stand in for it. */
static int refuse_alien(struct errand *a, struct fed_draft *d)
{
	char owner[FED_NAME_MAX + 1];

	errand_name_of(a->f, owner_of(a, d), owner);
	fed_draft_fini(d);
	return errand_refuse(a, KERR_DENIED,
		N_("%1 belongs to %2: its admin does this, or without it the deputies and the "
		   "admins of the federation, with --by-quorum"),
		a->group, owner, NULL);
}

int errand_open_group(struct errand *a, struct fed_draft *d)
{
	const struct fed_group *g;

	arena_init(&d->ar);
	if (!errand_federation(a))
		return KERR_NOTFOUND;
	g = fed_reg_group_named(a->f->reg, slice_str(a->group));
	if (!g)
		return errand_refuse(a, KERR_NOTFOUND,
			N_("%1 is not shared: kokoctl group share %1 does that"), a->group, NULL);
	return fed_draft_group_wish(d, fed_text_of(a->f, FED_REC_GROUP, g->gid.s), &a->err);
}

int errand_give_group(struct errand *a, struct fed_draft *d, int rc, const struct fed_plea *p,
	int (*then)(struct errand *a))
{
	static const uint8_t none[CRYPTO_KEY_LEN];

	if (rc == 0 && a->as && a->as[0] && (a->by_quorum || owns(a, d)))
		rc = errand_refuse(a, KERR_INVALID,
			N_("--as is for what the owner of a group is asked; this changes %1 here"),
			a->group, NULL);
	if (rc == 0 && a->by_quorum && !owns(a, d))
		rc = fed_draft_by_quorum(
			d, fed_reg_federation(a->f->reg), &a->f->keys->oid, &a->err);
	else if (rc == 0 && !owns(a, d))
		return p ? errand_ask(a, d, rc, p) : refuse_alien(a, d);
	return errand_give(a, d, rc, a->f->keys ? fed_seed(a->f, NULL) : none, then);
}

/* Put it into the draft, and give that, or ask for it. */
static int change(struct errand *a, struct fed_draft *d, int rc, const struct fed_plea *p,
	int (*then)(struct errand *a))
{
	const struct fed_places at = fed_places_of(a->f);

	if (rc == 0)
		rc = fed_plea_grant(d, fed_reg_federation(a->f->reg), p, &at, &a->err);
	return errand_give_group(a, d, rc, p, then);
}

static int find_daemon(struct errand *a, struct fed_oid *out)
{
	const struct fed_member_daemon *m = errand_daemon(a, a->name);

	if (m)
		*out = m->oid;
	return m ? 0 : KERR_NOTFOUND;
}

/* ---- daemons ---- */

static int invited(struct errand *a)
{
	errand_say(a,
		a->flag ? N_("%2 may read %1 and not write there")
			: N_("%2 is in %1, and gets what was and will be said there"),
		a->group, a->name, NULL);
	errand_say(a,
		N_("next: the admin of %2 says who reads it there: kokoctl member add %1 LOGIN"),
		a->group, a->name, NULL);
	return 0;
}

static int invite(struct errand *a)
{
	struct fed_plea p = {.kind = FED_PLEA_MEMBER, .add = true, .rw = !a->flag};
	struct fed_draft d;
	int rc = errand_open_group(a, &d);

	if (rc == 0)
		rc = find_daemon(a, &p.oid);
	if (rc == 0)
		p.add = d.rec.group.closed || a->flag; /* a public one lists who only reads */
	p.rw = p.add && !a->flag;
	return change(a, &d, rc, &p, invited);
}

int control_group_invite(struct control_req *r)
{
	struct errand *a = errand_new(r, invite);
	int rc = control_arg(r, "group", STORE_NAME_MAX, &a->group);

	if (rc == 0)
		rc = control_arg(r, "name", FED_NAME_MAX, &a->name);
	if (rc == 0)
		rc = control_arg_bool(r, "ro", false, &a->flag);
	if (rc == 0)
		rc = control_arg_bool(r, "by_quorum", false, &a->by_quorum);
	if (rc == 0)
		rc = control_arg_or(r, "as", STORE_LOGIN_MAX, "", &a->as);
	return errand_go(a, rc);
}

static int removed(struct errand *a)
{
	errand_say(a,
		N_("%2 is out of %1: it gets nothing more, and nothing that it writes from now on "
		   "counts"),
		a->group, a->name, NULL);
	errand_say(a,
		N_("what it has got it may keep: its admin deletes it, which nobody else can"),
		NULL);
	return 0;
}

static int remove_member(struct errand *a)
{
	struct fed_plea p = {.kind = FED_PLEA_MEMBER};
	const struct fed_places at = fed_places_of(a->f);
	const struct fed_member *m;
	struct fed_draft d;
	int rc = errand_open_group(a, &d);

	if (rc == 0)
		rc = find_daemon(a, &p.oid);
	m = rc == 0 ? fed_group_member(&d.rec.group, &p.oid) : NULL;
	p.rw = m && m->rw;
	if (rc == 0)
		rc = fed_draft_member_out(&d, &p.oid, &at, &a->err);
	return errand_give_group(a, &d, rc, &p, removed);
}

int control_group_remove_member(struct control_req *r)
{
	struct errand *a = errand_new(r, remove_member);
	int rc = control_arg(r, "group", STORE_NAME_MAX, &a->group);

	if (rc == 0)
		rc = control_arg(r, "name", FED_NAME_MAX, &a->name);
	if (rc == 0)
		rc = control_arg_bool(r, "by_quorum", false, &a->by_quorum);
	if (rc == 0)
		rc = control_arg_or(r, "as", STORE_LOGIN_MAX, "", &a->as);
	return errand_go(a, rc);
}

/* ---- entries of a daemon whose key was stolen ---- */

static int entries_confirmed(struct errand *a)
{
	errand_say(a,
		N_("what %2 wrote in %1 up to now counts, what comes later needs its new key"),
		a->group, a->name, NULL);
	return 0;
}

/* Of the daemon itself: it knows which entry was its last one. */
static int ask_to_confirm(struct errand *a, struct fed_draft *d, struct fed_plea *p)
{
	const struct fed_places at = fed_places_of(a->f);

	if (!fed_oid_eq(&p->oid, &a->f->keys->oid))
		return errand_refuse(a, KERR_DENIED,
			N_("%1 asks for that itself: kokoctl group confirm-entries %2 %1, typed "
			   "there"),
			a->name, a->group, NULL);
	if (!fed_epoch_unconfirmed(a->f, fed_reg_group(a->f->reg, &d->rec.group.gid), &p->at))
		return errand_refuse(a, KERR_EXISTS,
			N_("all that this daemon wrote in %1 counts already"), a->group, NULL);
	return fed_draft_cut_at(d, &p->oid, &p->at, &at, &a->err);
}

static int confirm_entries(struct errand *a)
{
	struct fed_plea p = {.kind = FED_PLEA_CUT, .add = true};
	const struct fed_places at = fed_places_of(a->f);
	struct fed_draft d;
	int rc = errand_open_group(a, &d);

	if (rc == 0)
		rc = find_daemon(a, &p.oid);
	if (rc == 0)
		rc = owns(a, &d) || a->by_quorum ? fed_draft_cut(&d, &p.oid, &at, &a->err)
						 : ask_to_confirm(a, &d, &p);
	return errand_give_group(a, &d, rc, &p, entries_confirmed);
}

int control_group_confirm_entries(struct control_req *r)
{
	struct errand *a = errand_new(r, confirm_entries);
	int rc = control_arg(r, "group", STORE_NAME_MAX, &a->group);

	if (rc == 0)
		rc = control_arg_bool(r, "by_quorum", false, &a->by_quorum);
	if (rc == 0)
		rc = control_arg(r, "name", FED_NAME_MAX, &a->name);
	return errand_go(a, rc);
}

/* ---- people ---- */

static int moderator_changed(struct errand *a)
{
	errand_say(a,
		a->flag ? N_("%2 is no moderator of %1 any more") : N_("%2 is a moderator of %1"),
		a->group, a->user, NULL);
	return 0;
}

static int moderator(struct errand *a)
{
	const struct fed_plea p = {
		.kind = FED_PLEA_MODERATOR, .add = !a->flag, .user = slice_str(a->user)};
	struct fed_draft d;
	int rc = errand_open_group(a, &d);

	return change(a, &d, rc, &p, moderator_changed);
}

int control_group_moderator(struct control_req *r)
{
	struct errand *a = errand_new(r, moderator);
	int rc = control_arg(r, "group", STORE_NAME_MAX, &a->group);

	if (rc == 0)
		rc = control_arg(r, "user", FED_USER_MAX + FED_NAME_MAX + 1, &a->user);
	if (rc == 0)
		rc = control_arg_bool(r, "remove", false, &a->flag);
	if (rc == 0)
		rc = control_arg_bool(r, "by_quorum", false, &a->by_quorum);
	if (rc == 0)
		rc = control_arg_or(r, "as", STORE_LOGIN_MAX, "", &a->as);
	return errand_go(a, rc);
}

static int banned(struct errand *a)
{
	errand_say(a,
		a->flag ? N_("what %2 writes in %1 from now on counts again")
			: N_("what %2 writes in %1 from now on counts nowhere"),
		a->group, a->user, NULL);
	return 0;
}

static int ban(struct errand *a)
{
	const struct fed_plea p = {
		.kind = FED_PLEA_BAN, .add = !a->flag, .user = slice_str(a->user)};
	struct fed_draft d;
	int rc = errand_open_group(a, &d);

	return change(a, &d, rc, &p, banned);
}

int control_group_ban(struct control_req *r)
{
	struct errand *a = errand_new(r, ban);
	int rc = control_arg(r, "group", STORE_NAME_MAX, &a->group);

	if (rc == 0)
		rc = control_arg(r, "user", FED_USER_MAX + FED_NAME_MAX + 1, &a->user);
	if (rc == 0)
		rc = control_arg_bool(r, "lift", false, &a->flag);
	if (rc == 0)
		rc = control_arg_bool(r, "by_quorum", false, &a->by_quorum);
	if (rc == 0)
		rc = control_arg_or(r, "as", STORE_LOGIN_MAX, "", &a->as);
	return errand_go(a, rc);
}

/* ---- state ---- */

static int state_changed(struct errand *a)
{
	errand_say(a,
		a->flag ? N_("people write in %1 again")
			: N_("%1 is frozen: everybody reads in it, and nobody writes"),
		a->group, NULL);
	return 0;
}

static int set_state(struct errand *a)
{
	const struct fed_plea p = {.kind = FED_PLEA_STATE,
		.add = true,
		.state = a->flag ? FED_GROUP_ACTIVE : FED_GROUP_FROZEN};
	struct fed_draft d;
	int rc = errand_open_group(a, &d);

	return change(a, &d, rc, &p, state_changed);
}

int control_group_freeze(struct control_req *r)
{
	struct errand *a = errand_new(r, set_state);
	int rc = control_arg(r, "group", STORE_NAME_MAX, &a->group);

	if (rc == 0)
		rc = control_arg_bool(r, "end", false, &a->flag);
	if (rc == 0)
		rc = control_arg_bool(r, "by_quorum", false, &a->by_quorum);
	if (rc == 0)
		rc = control_arg_or(r, "as", STORE_LOGIN_MAX, "", &a->as);
	return errand_go(a, rc);
}
