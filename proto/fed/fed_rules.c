/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which record may follow upon which, and by whose authority.  Everything is judged by the record
 * of the serial before: it says who may sign its successor, and what a successor must keep.
 */
#include "proto/fed/fed_rules.h"

/* ---- signers ---- */

static bool has_oid(const struct fed_oid *v, size_t n, const struct fed_oid *oid)
{
	for (size_t i = 0; i < n; i++)
		if (fed_oid_eq(&v[i], oid))
			return true;
	return false;
}

static bool is_gone(const struct fed_known *known, const struct fed_oid *oid)
{
	const struct fed_member_daemon *d =
		known->federation ? fed_federation_daemon(known->federation, oid) : NULL;

	return d && d->state == FED_GONE;
}

void fed_record_signers(
	const struct fed_record *rec, const struct fed_known *known, struct fed_signers *out)
{
	*out = (struct fed_signers){.n = 0};
	for (size_t i = 0; i < rec->n_sig; i++) {
		struct fed_signer s;

		if (!known->signer(known->arg, &rec->sig[i].keyid, &s)) {
			out->unknown = true;
			continue;
		}
		if (!known->history && (s.revoked || is_gone(known, &s.oid)))
			continue;
		if (!has_oid(out->oid, out->n, &s.oid) && fed_sig_holds(rec, &rec->sig[i], &s.key))
			out->oid[out->n++] = s.oid;
	}
}

/* How many of these daemons signed. */
static size_t count_signed(const struct fed_signers *s, const struct fed_oid *v, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += has_oid(s->oid, s->n, &v[i]);
	return count;
}

static bool admins_signed(const struct fed_signers *s, const struct fed_federation *f)
{
	return f && count_signed(s, f->admin, f->n_admin) >= f->quorum;
}

static enum fed_authority nobody(const struct fed_signers *s)
{
	return s->unknown ? FED_BY_UNKNOWN : FED_BY_NOBODY;
}

/* ---- authority ---- */

static bool root_signed(const struct fed_record *rec, const struct fed_public *root)
{
	struct fed_keyid id;

	fed_keyid_of(root, &id);
	for (size_t i = 0; i < rec->n_sig; i++)
		if (fed_keyid_eq(&rec->sig[i].keyid, &id))
			return fed_sig_holds(rec, &rec->sig[i], root);
	return false;
}

/* The root key always; admins beside it only where rivals are to be settled. */
static enum fed_authority daemon_authority(
	const struct fed_record *rec, const struct fed_known *known)
{
	struct fed_signers s;

	if (!root_signed(rec, &rec->daemon.root))
		return FED_BY_NOBODY;
	if (rec->n_sig == 1)
		return FED_BY_WRITER;
	fed_record_signers(rec, known, &s);
	return admins_signed(&s, known->federation) ? FED_BY_QUORUM : FED_BY_WRITER;
}

static enum fed_authority federation_authority(const struct fed_record *before,
	const struct fed_record *rec, const struct fed_known *known)
{
	const struct fed_federation *f = before ? &before->federation : &rec->federation;
	struct fed_signers s;

	fed_record_signers(rec, known, &s);
	return admins_signed(&s, f) ? FED_BY_QUORUM : nobody(&s);
}

static enum fed_authority group_authority(const struct fed_record *before,
	const struct fed_record *rec, const struct fed_known *known)
{
	const struct fed_group *g = before ? &before->group : &rec->group;
	const struct fed_oid *owner = before ? &g->owner : &g->founder;
	struct fed_signers s;

	fed_record_signers(rec, known, &s);
	if (before && g->n_deputy > 0 && count_signed(&s, g->deputy, g->n_deputy) >= g->quorum)
		return FED_BY_QUORUM;
	if (before && admins_signed(&s, known->federation))
		return FED_BY_QUORUM;
	return has_oid(s.oid, s.n, owner) ? FED_BY_WRITER : nobody(&s);
}

enum fed_authority fed_record_authority(const struct fed_record *before,
	const struct fed_record *rec, const struct fed_known *known)
{
	switch (rec->type) {
	case FED_REC_DAEMON:
		return daemon_authority(rec, known);
	case FED_REC_FEDERATION:
		return federation_authority(before, rec, known);
	case FED_REC_GROUP:
		return group_authority(before, rec, known);
	}
	return FED_BY_NOBODY;
}

/* ---- what a successor keeps ---- */

static bool refuse(struct err *why, const char *text)
{
	err_set(why, KERR_INVALID, "%s", text);
	return false;
}

static bool follows_daemon(
	const struct fed_daemon *old, const struct fed_daemon *new, struct err *why)
{
	if (!fed_oid_eq(&old->oid, &new->oid))
		return refuse(why, "record of another daemon");
	for (size_t i = 0; i < old->n_revoked; i++)
		for (size_t k = 0; k < new->n_sign; k++)
			if (fed_public_eq(&old->revoked[i], &new->sign[k]))
				return refuse(why, "a revoked key does not come back");
	return true;
}

static bool first_federation(const struct fed_federation *f, struct err *why)
{
	const struct fed_member_daemon *d = fed_federation_daemon(f, &f->founder);

	if (f->n_admin != 1 || f->quorum != 1 || !fed_oid_eq(&f->admin[0], &f->founder))
		return refuse(why, "a federation begins with its founder as the one admin");
	return (d && d->state == FED_ACTIVE) ||
	       refuse(why, "a federation begins with its founder as active daemon");
}

static bool follows_federation(
	const struct fed_federation *old, const struct fed_federation *new, struct err *why)
{
	if (!fed_gid_eq(&old->fid, &new->fid) || !fed_oid_eq(&old->founder, &new->founder) ||
		!slice_eq(old->salt, new->salt))
		return refuse(why, "fid, founder and salt of a federation never change");
	for (size_t i = 0; i < old->n_daemon; i++) {
		const struct fed_member_daemon *was = &old->daemon[i];
		const struct fed_member_daemon *is = fed_federation_daemon(new, &was->oid);
		if (!is)
			return refuse(why, "a daemon is never dropped: it is `gone`");
		if (was->state == FED_GONE && is->state != FED_GONE)
			return refuse(why, "a daemon that is gone does not come back");
		if (!slice_eq(was->prefix, is->prefix))
			return refuse(why, "the prefix of a daemon never changes");
		if (!fed_federation_owns(new, &was->oid, was->name))
			return refuse(
				why, "a name that is given up stays as a domain of its daemon");
	}
	for (size_t i = 0; i < old->n_domain; i++)
		if (!fed_federation_owns(new, &old->domain[i].oid, old->domain[i].domain))
			return refuse(why, "a domain of a daemon is never dropped");
	return true;
}

static bool same_pos(const struct fed_pos *a, const struct fed_pos *b)
{
	return a->epoch == b->epoch && a->n == b->n && fed_hash_eq(&a->e, &b->e);
}

bool fed_group_has_cut(const struct fed_group *g, const struct fed_cut *cut)
{
	for (size_t i = 0; i < g->n_cut; i++)
		if (fed_oid_eq(&g->cut[i].oid, &cut->oid) && same_pos(&g->cut[i].at, &cut->at))
			return true;
	return false;
}

/* A cut of the daemon that is not in `old`; in any case when old is NULL. */
static bool is_cut_anew(
	const struct fed_group *g, const struct fed_oid *oid, const struct fed_group *old)
{
	for (size_t i = 0; i < g->n_cut; i++)
		if (fed_oid_eq(&g->cut[i].oid, oid) && !(old && fed_group_has_cut(old, &g->cut[i])))
			return true;
	return false;
}

/* Lines of cut stay for ever, in their order. */
static bool follows_cuts(const struct fed_group *old, const struct fed_group *new, struct err *why)
{
	for (size_t i = 0; i < old->n_cut; i++)
		if (i >= new->n_cut || !fed_oid_eq(&old->cut[i].oid, &new->cut[i].oid) ||
			!same_pos(&old->cut[i].at, &new->cut[i].at))
			return refuse(why, "a cut is never taken back or moved");
	return true;
}

/* New ones of a daemon lie further on than its earlier ones. */
static bool cuts_ascend(const struct fed_group *old, const struct fed_group *new)
{
	for (size_t i = old->n_cut; i < new->n_cut; i++)
		for (size_t k = 0; k < i; k++)
			if (fed_oid_eq(&new->cut[k].oid, &new->cut[i].oid) &&
				!fed_pos_after(&new->cut[i].at, &new->cut[k].at))
				return false;
	return true;
}

/* Who loses the right to write needs a place from which on. */
static bool follows_members(
	const struct fed_group *old, const struct fed_record *rec, struct err *why)
{
	const struct fed_group *new = &rec->group;

	for (size_t i = 0; i < old->n_member; i++) {
		const struct fed_member *was = &old->member[i];
		const struct fed_member *is = fed_group_member(new, &was->oid);
		if (was->rw && !(is && is->rw) && !is_cut_anew(new, &was->oid, old))
			return refuse(why, "a daemon that may not write any more needs a cut");
		if (new->closed && !is && !is_cut_anew(new, &was->oid, NULL))
			return refuse(why, "a daemon that is removed needs a cut");
	}
	for (size_t i = 0; i < new->n_member; i++) {
		const struct fed_member *is = &new->member[i];
		const struct fed_member *was = fed_group_member(old, &is->oid);
		if (is->joined != (was ? was->joined : rec->serial))
			return refuse(
				why, "a member joins with the serial of the record that adds it");
		if (!new->closed && !was && !is_cut_anew(new, &is->oid, old))
			return refuse(why, "a daemon that may not write any more needs a cut");
	}
	return true;
}

static bool is_moderator(const struct fed_group *g, struct slice user)
{
	for (size_t i = 0; i < g->n_moderator; i++)
		if (slice_eq(g->moderator[i], user))
			return true;
	return false;
}

static bool has_mark(const struct fed_person_mark *v, size_t n, const struct fed_person_mark *mark)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(v[i].user, mark->user) && same_pos(&v[i].at, &mark->at))
			return true;
	return false;
}

static bool follows_moderators(
	const struct fed_group *old, const struct fed_group *new, struct err *why)
{
	for (size_t i = 0; i < old->n_former; i++)
		if (i >= new->n_former || !slice_eq(old->former[i].user, new->former[i].user) ||
			!same_pos(&old->former[i].at, &new->former[i].at))
			return refuse(why, "former is never taken back or moved");
	for (size_t i = 0; i < old->n_moderator; i++) {
		bool marked = is_moderator(new, old->moderator[i]);
		for (size_t k = old->n_former; k < new->n_former && !marked; k++)
			marked = slice_eq(new->former[k].user, old->moderator[i]);
		if (!marked)
			return refuse(why, "a moderator who is dropped needs a former");
	}
	return true;
}

static bool follows_group(
	const struct fed_record *before, const struct fed_record *rec, struct err *why)
{
	const struct fed_group *old = &before->group, *new = &rec->group;

	if (!fed_gid_eq(&old->gid, &new->gid) || !slice_eq(old->group, new->group))
		return refuse(why, "gid and name of a group never change");
	if (old->closed != new->closed)
		return refuse(why, "the class of a group never changes: make a new group");
	return follows_cuts(old, new, why) && follows_members(old, rec, why) &&
	       follows_moderators(old, new, why);
}

static bool first_group(const struct fed_group *g, const struct fed_federation *f, struct err *why)
{
	const struct fed_member_daemon *d = fed_federation_daemon(f, &g->founder);

	if (!fed_oid_eq(&g->founder, &g->owner))
		return refuse(why, "a group begins with its founder as owner");
	if (g->n_cut > 0 || g->n_former > 0)
		return refuse(why, "a group begins without cut and former");
	if (!d)
		return refuse(why, "founder is no daemon of the federation");
	return fed_prefix_has(d->prefix, g->group) ||
	       refuse(why, "the group's name is not under the prefix of its founder");
}

/* Owner and members as the federation sees them now; a record from the past is not asked. */
static bool group_fits_federation(
	const struct fed_group *g, const struct fed_known *known, struct err *why)
{
	const struct fed_federation *f = known->federation;

	if (!f || known->history)
		return true;
	const struct fed_member_daemon *owner = fed_federation_daemon(f, &g->owner);
	if (!owner || owner->state != FED_ACTIVE)
		return refuse(why, "owner is no active daemon of the federation");
	for (size_t i = 0; i < g->n_member; i++)
		if (!fed_federation_daemon(f, &g->member[i].oid))
			return refuse(why, "member that is no daemon of the federation");
	return true;
}

bool fed_record_follows(const struct fed_record *before, const struct fed_record *rec,
	const struct fed_known *known, struct err *why)
{
	if (before && before->type != rec->type)
		return refuse(why, "record of another type");
	switch (rec->type) {
	case FED_REC_DAEMON:
		return !before || follows_daemon(&before->daemon, &rec->daemon, why);
	case FED_REC_FEDERATION:
		return before ? follows_federation(&before->federation, &rec->federation, why)
			      : first_federation(&rec->federation, why);
	case FED_REC_GROUP:
		return (before ? follows_group(before, rec, why)
			       : first_group(&rec->group, known->federation, why)) &&
		       group_fits_federation(&rec->group, known, why);
	}
	return false;
}

/* ---- verdicts ---- */

static const char no_prev[] = "prev is not the record of the serial before";

static enum fed_verdict verdict(struct err *why, enum fed_verdict v, const char *text)
{
	err_set(why, KERR_INVALID, "%s", text);
	return v;
}

/* Rules and signatures; FED_ACCEPT with *by_out, or why not. */
static enum fed_verdict judge(const struct fed_record *before, const struct fed_record *rec,
	const struct fed_known *known, enum fed_authority *by_out, struct err *why)
{
	if (!before && rec->type == FED_REC_GROUP && !known->federation)
		return verdict(why, FED_NEED_KEY, "fetch the federation record first");
	if (!fed_record_follows(before, rec, known, why))
		return FED_REFUSED;
	*by_out = fed_record_authority(before, rec, known);
	if (*by_out == FED_BY_UNKNOWN)
		return verdict(why, FED_NEED_KEY, "fetch the daemon records of its signers first");
	if (*by_out == FED_BY_NOBODY)
		return verdict(why, FED_REFUSED, "not signed by those who may");
	/* a quorum that heals draws again what rivals have drawn */
	if (before && rec->type == FED_REC_GROUP && *by_out != FED_BY_QUORUM &&
		!cuts_ascend(&before->group, &rec->group))
		return verdict(why, FED_REFUSED, "a cut lies after the earlier ones of its daemon");
	return FED_ACCEPT;
}

static bool is_prev(const struct fed_record *before, const struct fed_record *rec)
{
	struct fed_hash h;

	fed_record_hash(before->text, &h);
	return fed_hash_eq(&h, &rec->prev);
}

const struct fed_record *fed_record_before(
	const struct fed_chain *chain, const struct fed_record *rec)
{
	for (size_t i = 0; i < FED_RIVALS_MAX && chain->rival[i]; i++)
		if (is_prev(chain->rival[i], rec))
			return chain->rival[i];
	return is_prev(chain->last, rec) ? chain->last : NULL;
}

/* A record of the serial after last. */
static enum fed_verdict judge_next(const struct fed_chain *chain, const struct fed_record *rec,
	const struct fed_known *known, struct err *why)
{
	const struct fed_record *before = fed_record_before(chain, rec);
	enum fed_authority by;

	if (!before)
		return verdict(why, FED_APART, no_prev);
	enum fed_verdict v = judge(before, rec, known, &by, why);
	if (v != FED_ACCEPT || !chain->rival[0])
		return v;
	if (by != FED_BY_QUORUM)
		return verdict(why, FED_REFUSED,
			"there are two records of the serial before: only a quorum may go on");
	return FED_ACCEPT_HEALS;
}

enum fed_verdict fed_record_contest(const struct fed_chain *chain, enum fed_authority by,
	const struct fed_known *known, struct err *why)
{
	struct fed_known past = *known;

	past.history = true;
	bool last_by_quorum =
		fed_record_authority(chain->before, chain->last, &past) == FED_BY_QUORUM;
	if (by == FED_BY_QUORUM && !last_by_quorum)
		return FED_ACCEPT_WINS;
	if (by != FED_BY_QUORUM && last_by_quorum)
		return verdict(why, FED_LOSES, "a quorum has signed another record of this serial");
	if (chain->after && fed_record_authority(chain->last, chain->after, &past) == FED_BY_QUORUM)
		return verdict(why, FED_HISTORY, "a quorum has gone on from the other record");
	return verdict(why, FED_FORK, "two valid records of one serial: a quorum must decide");
}

/* A record of last's serial with other bytes. */
static enum fed_verdict judge_rival(const struct fed_chain *chain, const struct fed_record *rec,
	const struct fed_known *known, struct err *why)
{
	enum fed_authority by;

	if (rec->serial > 1 && (!chain->before || !is_prev(chain->before, rec)))
		return verdict(why, FED_APART, no_prev);
	enum fed_verdict v = judge(chain->before, rec, known, &by, why);
	return v == FED_ACCEPT ? fed_record_contest(chain, by, known, why) : v;
}

static bool is_held(const struct fed_chain *chain, const struct fed_record *rec)
{
	bool held = chain->last && slice_eq(chain->last->text, rec->text);

	for (size_t i = 0; i < FED_RIVALS_MAX && chain->rival[i]; i++)
		held = held || slice_eq(chain->rival[i]->text, rec->text);
	return held;
}

enum fed_verdict fed_record_accepts(const struct fed_chain *chain, const struct fed_record *rec,
	const struct fed_known *known, struct err *why)
{
	uint64_t last = chain->last ? chain->last->serial : 0;
	enum fed_authority by;

	if (is_held(chain, rec))
		return verdict(why, FED_SAME, "held already");
	if (rec->serial < last)
		return verdict(why, FED_OLD, "older than the one in force");
	if (rec->serial > last + 1)
		return verdict(why, FED_GAP, "fetch the serials between first");
	if (!chain->last)
		return judge(NULL, rec, known, &by, why);
	return rec->serial == last ? judge_rival(chain, rec, known, why)
				   : judge_next(chain, rec, known, why);
}

/* ---- entries ---- */

bool fed_pos_after(const struct fed_pos *at, const struct fed_pos *mark)
{
	if (at->epoch != mark->epoch)
		return at->epoch > mark->epoch;
	return at->n > mark->n || (at->n == mark->n && !fed_hash_eq(&at->e, &mark->e));
}

/* Was the origin in the group at that record?  All who are active are in a public one. */
static bool is_in(const struct fed_group *g, const struct fed_oid *oid)
{
	return !g->closed || fed_group_member(g, oid) != NULL;
}

/*
 * Is the entry after a cut of its origin?  A cut that stands in the record the entry names does not
 * count against who is in the group by that record: it goes on knowing the cut.
 */
static bool is_cut(
	const struct fed_group *at_r, const struct fed_group *now, const struct fed_claim *c)
{
	for (size_t i = 0; i < now->n_cut; i++) {
		const struct fed_cut *cut = &now->cut[i];
		if (fed_oid_eq(&cut->oid, &c->o) && fed_pos_after(&c->at, &cut->at) &&
			!(is_in(at_r, &c->o) && fed_group_has_cut(at_r, cut)))
			return true;
	}
	return false;
}

/* Does a cut of its origin lie at the entry or behind it?  Then it was made before the cut. */
static bool is_pinned(const struct fed_group *now, const struct fed_claim *c)
{
	for (size_t i = 0; i < now->n_cut; i++)
		if (fed_oid_eq(&now->cut[i].oid, &c->o) && !fed_pos_after(&c->at, &now->cut[i].at))
			return true;
	return false;
}

static bool is_banned(const struct fed_group *g, const struct fed_claim *c)
{
	for (size_t i = 0; i < g->n_ban && c->actor.len > 0; i++)
		if (slice_eq(g->ban[i].user, c->actor) && fed_pos_after(&c->at, &g->ban[i].at))
			return true;
	return false;
}

bool fed_group_moderates(
	const struct fed_group *at_r, const struct fed_group *now, const struct fed_claim *claim)
{
	if (claim->actor.len == 0 || !is_moderator(at_r, claim->actor))
		return false;
	for (size_t i = 0; i < now->n_former; i++) {
		const struct fed_person_mark *f = &now->former[i];
		if (slice_eq(f->user, claim->actor) && fed_pos_after(&claim->at, &f->at) &&
			!has_mark(at_r->former, at_r->n_former, f))
			return false;
	}
	return true;
}

static bool is_active(
	const struct fed_group *now, const struct fed_federation *fed, const struct fed_oid *oid)
{
	const struct fed_member_daemon *d = fed ? fed_federation_daemon(fed, oid) : NULL;

	return (d && d->state == FED_ACTIVE) || (!fed && now->closed);
}

/* What the record of serial r gives the origin. */
static enum fed_judgement judge_membership(const struct fed_group *at_r, const struct fed_claim *c)
{
	const struct fed_member *m = fed_group_member(at_r, &c->o);

	if (at_r->closed && !m)
		return FED_NOT_MEMBER;
	return m && !m->rw && c->article ? FED_READ_ONLY : FED_COUNTS;
}

/* Whom the origin's own state bounds: its entries count up to its last cut. */
static enum fed_judgement judge_origin(
	const struct fed_group *now, const struct fed_federation *fed, const struct fed_claim *c)
{
	if (c->revoked && !is_pinned(now, c))
		return FED_UNPINNED;
	if (is_active(now, fed, &c->o) || is_pinned(now, c))
		return FED_COUNTS;
	return is_cut_anew(now, &c->o, NULL) ? FED_CUT : FED_NOT_ACTIVE;
}

enum fed_judgement fed_group_judge(const struct fed_group *at_r, const struct fed_group *now,
	const struct fed_federation *fed, const struct fed_claim *claim)
{
	enum fed_judgement j = judge_membership(at_r, claim);

	if (j == FED_COUNTS)
		j = judge_origin(now, fed, claim);
	if (j != FED_COUNTS)
		return j;
	if (at_r->state != FED_GROUP_ACTIVE && claim->article)
		return FED_GROUP_STILL;
	if (is_cut(at_r, now, claim))
		return FED_CUT;
	if (is_banned(now, claim) || is_banned(at_r, claim))
		return FED_BANNED;
	if (claim->article && at_r->moderated && !fed_group_moderates(at_r, now, claim))
		return FED_NO_POST;
	return FED_COUNTS;
}

bool fed_group_reads(
	const struct fed_group *now, const struct fed_federation *fed, const struct fed_oid *oid)
{
	const struct fed_member_daemon *d = fed ? fed_federation_daemon(fed, oid) : NULL;

	return d && d->state == FED_ACTIVE && (!now->closed || fed_group_member(now, oid));
}
