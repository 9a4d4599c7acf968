/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drafts of group records.  Who loses a right loses it from a position on: the highest that the
 * owner holds.  There is one mark an epoch, and a mark that stood at r does not count against who
 * goes on knowing it; so where the highest position is in the epoch of an earlier mark (somebody
 * came back and has written nothing since), the new one stands before the first entry of the next
 * epoch.
 */
#include "proto/fed/fed_draft_priv.h"
#include "proto/fed/fed_reg.h"
#include "proto/msg/fields.h"

/* ---- begin ---- */

static int check_wish(const struct fed_federation *fed, const struct fed_oid *self,
	const struct fed_group_wish *w, struct err *err)
{
	const struct fed_member_daemon *d = fed_federation_daemon(fed, self);

	if (!d || d->state != FED_ACTIVE)
		return err_set(err, KERR_DENIED,
			"this daemon is not in the federation: kokoctl peer status says what is "
			"missing");
	if (!group_name_valid(w->group))
		return err_set(err, KERR_INVALID,
			"%.*s is no name of a group that is shared: small letters and digits, with "
			"dots between parts",
			SLICE_ARG(w->group));
	if (!fed_prefix_has(d->prefix, w->group))
		return err_set(err, KERR_DENIED,
			"groups of this daemon are under %.*s: call it %.*s.%.*s",
			SLICE_ARG(d->prefix), SLICE_ARG(d->prefix), SLICE_ARG(w->group));
	if (!fed_title_valid(w->title))
		return err_set(
			err, KERR_INVALID, "the title is one line of 1 to %d bytes", FED_TITLE_MAX);
	return 0;
}

static struct fed_member *add_member(struct fed_draft *d, const struct fed_oid *oid, bool rw)
{
	struct fed_group *g = &d->rec.group;

	g->member = fed_draft_grown(d, g->member, g->n_member, sizeof *g->member);
	g->member[g->n_member] =
		(struct fed_member){.oid = *oid, .rw = rw, .joined = d->rec.serial};
	return &g->member[g->n_member++];
}

int fed_draft_group(struct fed_draft *d, const struct fed_federation *fed,
	const struct fed_oid *self, const struct fed_group_wish *w, struct err *err)
{
	struct fed_group *g = &d->rec.group;
	int rc = check_wish(fed, self, w, err);

	fed_draft_first(d, FED_REC_GROUP);
	g->founder = g->owner = *self;
	g->group = arena_dup(&d->ar, w->group);
	g->title = arena_dup(&d->ar, w->title);
	g->salt = fed_draft_salt(d);
	fed_gid_of(self, w->group, g->salt, &g->gid);
	g->quorum = 1;
	g->closed = w->closed;
	g->moderated = w->moderated;
	g->retain = w->retain;
	g->max_size = w->max_size ? w->max_size : FED_MAX_SIZE_DEFAULT;
	g->history_join = w->history_join;
	g->inn = w->inn;
	g->state = FED_GROUP_ACTIVE;
	if (g->closed)
		add_member(d, self, true);
	return rc;
}

int fed_draft_group_next(
	struct fed_draft *d, struct slice text, const struct fed_oid *self, struct err *err)
{
	int rc = fed_draft_next(d, text, FED_REC_GROUP, err);

	if (rc == 0 && !fed_oid_eq(&d->rec.group.owner, self))
		rc = err_set(err, KERR_DENIED,
			"%.*s belongs to another daemon: its admin may do this",
			SLICE_ARG(d->rec.group.group));
	return rc;
}

int fed_draft_group_wish(struct fed_draft *d, struct slice text, struct err *err)
{
	return fed_draft_next(d, text, FED_REC_GROUP, err);
}

/* ---- marks ---- */

/* The place of a new mark, in a later epoch than `old` (the last one; NULL: there is none). */
static struct fed_pos place(struct fed_draft *d, const struct fed_places *at,
	const struct fed_oid *oid, const struct fed_pos *old)
{
	struct fed_pos pos = at->highest(at->arg, &d->rec.group.gid, oid);

	if (pos.n == 0)
		pos.e = fed_hash_none;
	if (old && pos.epoch <= old->epoch)
		pos = (struct fed_pos){.epoch = old->epoch + 1, .e = fed_hash_none};
	return pos;
}

static int too_many(struct err *err)
{
	return err_set(err, KERR_TOOBIG,
		"the group has had too many changes of its members: make a new group");
}

static int put_cut(
	struct fed_draft *d, const struct fed_oid *oid, const struct fed_pos *pos, struct err *err)
{
	struct fed_group *g = &d->rec.group;

	if (g->n_cut == FED_MARKS_MAX)
		return too_many(err);
	g->cut = fed_draft_grown(d, g->cut, g->n_cut, sizeof *g->cut);
	g->cut[g->n_cut++] = (struct fed_cut){.oid = *oid, .at = *pos};
	return 0;
}

/* The furthest one; NULL: there is none. */
static const struct fed_pos *last_cut(const struct fed_group *g, const struct fed_oid *oid)
{
	const struct fed_pos *last = NULL;

	for (size_t i = 0; i < g->n_cut; i++)
		if (fed_oid_eq(&g->cut[i].oid, oid) &&
			(!last || fed_pos_after(&g->cut[i].at, last)))
			last = &g->cut[i].at;
	return last;
}

static int add_cut(struct fed_draft *d, const struct fed_oid *oid, const struct fed_places *at,
	struct err *err)
{
	const struct fed_pos pos = place(d, at, oid, last_cut(&d->rec.group, oid));

	return put_cut(d, oid, &pos, err);
}

/* ---- daemons ---- */

static struct fed_member *find(struct fed_group *g, const struct fed_oid *oid)
{
	for (size_t i = 0; i < g->n_member; i++)
		if (fed_oid_eq(&g->member[i].oid, oid))
			return &g->member[i];
	return NULL;
}

static void drop_member(struct fed_group *g, const struct fed_member *m)
{
	size_t i = (size_t)(m - g->member);

	memmove(&g->member[i], &g->member[i + 1], (g->n_member - i - 1) * sizeof *g->member);
	g->n_member--;
}

static void drop_starts(struct fed_group *g, const struct fed_oid *oid)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n_start; i++)
		if (!fed_oid_eq(&g->start[i].oid, oid))
			g->start[n++] = g->start[i];
	g->n_start = n;
}

/* Where the feed of `of` begins for a daemon that joins; without entries it gets all of it. */
static int add_start(struct fed_draft *d, const struct fed_oid *oid, const struct fed_oid *of,
	const struct fed_places *at, struct err *err)
{
	struct fed_group *g = &d->rec.group;
	struct fed_pos pos = at->highest(at->arg, &g->gid, of);

	for (size_t i = 0; i < g->n_start; i++)
		if (fed_oid_eq(&g->start[i].oid, oid) && fed_oid_eq(&g->start[i].of, of))
			return 0;
	if (pos.n == 0 || fed_oid_eq(oid, of))
		return 0;
	if (g->n_start == FED_MARKS_MAX)
		return too_many(err);
	g->start = fed_draft_grown(d, g->start, g->n_start, sizeof *g->start);
	g->start[g->n_start++] =
		(struct fed_start){.oid = *oid, .of = *of, .epoch = pos.epoch, .n = pos.n + 1};
	return 0;
}

/* history: join.  Of the members, and of those who have been. */
static int add_starts(struct fed_draft *d, const struct fed_oid *oid, const struct fed_places *at,
	struct err *err)
{
	const struct fed_group *g = &d->rec.group;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < g->n_member; i++)
		rc = add_start(d, oid, &g->member[i].oid, at, err);
	for (size_t i = 0; rc == 0 && i < g->n_cut; i++)
		rc = add_start(d, oid, &g->cut[i].oid, at, err);
	return rc;
}

static int check_daemon(
	const struct fed_federation *fed, const struct fed_oid *oid, struct err *err)
{
	const struct fed_member_daemon *m = fed_federation_daemon(fed, oid);

	if (!m)
		return err_set(err, KERR_NOTFOUND, "no daemon of the federation");
	if (m->state != FED_ACTIVE)
		return err_set(err, KERR_DENIED, "%.*s is %.*s in the federation",
			SLICE_ARG(m->name), SLICE_ARG(fed_state_name(m->state)));
	return 0;
}

static int already(struct err *err)
{
	return err_set(err, KERR_EXISTS, "it is so already");
}

/* A public group lists those who may only read. */
static int change_public(struct fed_draft *d, const struct fed_oid *oid, bool rw,
	const struct fed_places *at, struct err *err)
{
	struct fed_member *m = find(&d->rec.group, oid);

	if ((m == NULL) == rw)
		return already(err);
	if (rw) {
		drop_member(&d->rec.group, m);
		return 0;
	}
	add_member(d, oid, false);
	return add_cut(d, oid, at, err);
}

static int join_closed(struct fed_draft *d, const struct fed_oid *oid, bool rw,
	const struct fed_places *at, struct err *err)
{
	if (d->rec.group.n_member == FED_DAEMONS_MAX)
		return err_set(
			err, KERR_TOOBIG, "the group has %d daemons already", FED_DAEMONS_MAX);
	add_member(d, oid, rw);
	return d->rec.group.history_join ? add_starts(d, oid, at, err) : 0;
}

int fed_draft_member(struct fed_draft *d, const struct fed_federation *fed,
	const struct fed_oid *oid, bool rw, const struct fed_places *at, struct err *err)
{
	struct fed_group *g = &d->rec.group;
	struct fed_member *m = find(g, oid);
	int rc = check_daemon(fed, oid, err);

	if (rc < 0)
		return rc;
	if (!rw && fed_oid_eq(&g->owner, oid))
		return err_set(err, KERR_INVALID, "the owner of a group writes in it");
	if (!g->closed)
		return change_public(d, oid, rw, at, err);
	if (!m)
		return join_closed(d, oid, rw, at, err);
	if (m->rw == rw)
		return already(err);
	m->rw = rw;
	return rw ? 0 : add_cut(d, oid, at, err);
}

int fed_draft_member_out(struct fed_draft *d, const struct fed_oid *oid,
	const struct fed_places *at, struct err *err)
{
	struct fed_group *g = &d->rec.group;
	const struct fed_member *m = find(g, oid);

	if (!g->closed)
		return err_set(err, KERR_INVALID,
			"%.*s is public: every daemon of the federation reads it; one that shall "
			"not write there any more is invited with --ro",
			SLICE_ARG(g->group));
	if (fed_oid_eq(&g->owner, oid))
		return err_set(err, KERR_INVALID, "the owner of a group stays in it");
	if (!m)
		return err_set(
			err, KERR_NOTFOUND, "it is not in the group %.*s", SLICE_ARG(g->group));
	drop_member(g, m);
	drop_starts(g, oid);
	return add_cut(d, oid, at, err);
}

int fed_draft_cut(struct fed_draft *d, const struct fed_oid *oid, const struct fed_places *at,
	struct err *err)
{
	const struct fed_pos pos = at->highest(at->arg, &d->rec.group.gid, oid);
	const struct fed_pos *old = last_cut(&d->rec.group, oid);

	if (pos.n == 0)
		return err_set(err, KERR_NOTFOUND, "it has written nothing in %.*s",
			SLICE_ARG(d->rec.group.group));
	return old && old->epoch >= pos.epoch ? already(err) : put_cut(d, oid, &pos, err);
}

int fed_draft_cut_at(struct fed_draft *d, const struct fed_oid *oid, const struct fed_pos *pos,
	const struct fed_places *at, struct err *err)
{
	const struct fed_pos top = at->highest(at->arg, &d->rec.group.gid, oid);
	const struct fed_pos after = {.epoch = top.epoch, .e = fed_hash_none};
	const struct fed_pos *old = last_cut(&d->rec.group, oid);
	int rc;

	if (pos->n == 0 || pos->epoch == 0)
		return err_set(err, KERR_INVALID, "a cut before the first entry");
	if (old && old->epoch >= pos->epoch)
		return already(err);
	rc = put_cut(d, oid, pos, err);
	return rc == 0 && top.n > 0 && top.epoch > pos->epoch ? put_cut(d, oid, &after, err) : rc;
}

/* ---- rivals ---- */

/* Wherever it lies: a quorum may draw one before others of its daemon. */
static void carry(struct fed_draft *d, const struct fed_cut *cut)
{
	struct fed_group *g = &d->rec.group;

	if (fed_group_has_cut(g, cut) || g->n_cut == FED_MARKS_MAX)
		return;
	g->cut = fed_draft_grown(d, g->cut, g->n_cut, sizeof *g->cut);
	g->cut[g->n_cut++] = *cut;
}

/*
 * A void record took it in, and nothing says what of it counts: who held that record has taken
 * entries of it, so it is cut before the first one.
 */
static void shut_out(struct fed_draft *d, const struct fed_oid *oid)
{
	const struct fed_group *g = &d->rec.group;

	if (g->closed && !fed_group_member(g, oid) && !last_cut(g, oid))
		carry(d, &(struct fed_cut){*oid, {.e = fed_hash_none}});
}

/* What a rival has drawn, and whom it alone took in. */
static int carry_cuts(struct fed_draft *d, struct slice text, struct err *err)
{
	struct fed_record rival;
	int rc = fed_record_parse(arena_dup(&d->ar, text), &d->ar, &rival, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < rival.group.n_cut; i++)
		carry(d, &rival.group.cut[i]);
	for (size_t i = 0; i < rival.group.n_member; i++)
		shut_out(d, &rival.group.member[i].oid);
	return 0;
}

/* ... and what followed rivals, as far as it was seen here. */
static void carry_void(struct fed_draft *d, const struct fed_reg *reg)
{
	const struct fed_strays *s;
	struct fed_record_key key;

	fed_record_key_of(&d->rec, &key);
	s = fed_reg_strays(reg, &key);
	for (size_t i = 0; s && fed_strays_cut(s, i); i++)
		carry(d, fed_strays_cut(s, i));
	for (size_t i = 0; s && fed_strays_oid(s, i); i++)
		shut_out(d, fed_strays_oid(s, i));
}

int fed_draft_group_settle(struct fed_draft *d, const struct fed_reg *reg,
	const struct fed_oid *self, const struct slice *texts, size_t n, size_t chosen,
	struct err *err)
{
	int rc = fed_draft_next(d, texts[chosen], FED_REC_GROUP, err);

	if (rc == 0)
		rc = fed_draft_by_quorum(d, fed_reg_federation(reg), self, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (i != chosen)
			rc = carry_cuts(d, texts[i], err);
	if (rc == 0)
		carry_void(d, reg);
	return rc;
}

/* ---- people ---- */

/* The daemon whose user it is; NULL with a sentence. */
static const struct fed_oid *origin_of(
	const struct fed_federation *fed, struct slice user, struct err *err)
{
	struct slice left, name;

	if (!fed_user_parse(user, &left, &name)) {
		err_set(err, KERR_INVALID,
			"%.*s is no person: login@name of the daemon, in small letters",
			SLICE_ARG(user));
		return NULL;
	}
	for (size_t i = 0; i < fed->n_daemon; i++)
		if (fed_federation_owns(fed, &fed->daemon[i].oid, name))
			return &fed->daemon[i].oid;
	err_set(err, KERR_INVALID, "%.*s: no daemon of the federation is called %.*s",
		SLICE_ARG(user), SLICE_ARG(name));
	return NULL;
}

static size_t find_moderator(const struct fed_group *g, struct slice user)
{
	for (size_t i = 0; i < g->n_moderator; i++)
		if (slice_eq(g->moderator[i], user))
			return i;
	return g->n_moderator;
}

int fed_draft_moderator(
	struct fed_draft *d, const struct fed_federation *fed, struct slice user, struct err *err)
{
	struct fed_group *g = &d->rec.group;
	const struct fed_oid *oid = origin_of(fed, user, err);

	if (!oid)
		return KERR_INVALID;
	if (!fed_group_reads(g, fed, oid))
		return err_set(err, KERR_INVALID,
			"the daemon of %.*s is not in the group: kokoctl group invite first",
			SLICE_ARG(user));
	if (find_moderator(g, user) < g->n_moderator)
		return err_set(err, KERR_EXISTS, "%.*s is a moderator already", SLICE_ARG(user));
	if (g->n_moderator == FED_MODERATORS_MAX)
		return err_set(err, KERR_TOOBIG, "the group has %d moderators already",
			FED_MODERATORS_MAX);
	g->moderator[g->n_moderator++] = arena_dup(&d->ar, user);
	return 0;
}

/* Add a mark of the person behind v[*n]. */
static struct fed_person_mark *marked(struct fed_draft *d, struct fed_person_mark *v, size_t *n,
	const struct fed_oid *origin, struct slice user, const struct fed_places *at)
{
	struct fed_person_mark *grown = fed_draft_grown(d, v, *n, sizeof *v);
	const struct fed_pos *old = NULL;

	for (size_t i = 0; i < *n; i++)
		if (slice_eq(v[i].user, user))
			old = &v[i].at;
	grown[*n] = (struct fed_person_mark){
		.user = arena_dup(&d->ar, user), .at = place(d, at, origin, old)};
	(*n)++;
	return grown;
}

int fed_draft_moderator_out(struct fed_draft *d, const struct fed_federation *fed,
	struct slice user, const struct fed_places *at, struct err *err)
{
	struct fed_group *g = &d->rec.group;
	size_t i = find_moderator(g, user);
	const struct fed_oid *oid = origin_of(fed, user, err);

	if (!oid)
		return KERR_INVALID;
	if (i == g->n_moderator)
		return err_set(err, KERR_NOTFOUND, "%.*s is no moderator", SLICE_ARG(user));
	if (g->n_former == FED_MARKS_MAX)
		return too_many(err);
	memmove(&g->moderator[i], &g->moderator[i + 1],
		(g->n_moderator - i - 1) * sizeof g->moderator[0]);
	g->n_moderator--;
	g->former = marked(d, g->former, &g->n_former, oid, user, at);
	return 0;
}

static bool is_banned(const struct fed_group *g, struct slice user)
{
	for (size_t i = 0; i < g->n_ban; i++)
		if (slice_eq(g->ban[i].user, user))
			return true;
	return false;
}

int fed_draft_ban(struct fed_draft *d, const struct fed_federation *fed, struct slice user,
	const struct fed_places *at, struct err *err)
{
	struct fed_group *g = &d->rec.group;
	const struct fed_oid *oid = origin_of(fed, user, err);

	if (!oid)
		return KERR_INVALID;
	if (is_banned(g, user))
		return err_set(err, KERR_EXISTS, "%.*s is banned already", SLICE_ARG(user));
	if (g->n_ban == FED_MARKS_MAX)
		return too_many(err);
	g->ban = marked(d, g->ban, &g->n_ban, oid, user, at);
	return 0;
}

int fed_draft_unban(struct fed_draft *d, struct slice user, struct err *err)
{
	struct fed_group *g = &d->rec.group;
	size_t n = 0;

	if (!is_banned(g, user))
		return err_set(err, KERR_NOTFOUND, "%.*s is not banned", SLICE_ARG(user));
	for (size_t i = 0; i < g->n_ban; i++)
		if (!slice_eq(g->ban[i].user, user))
			g->ban[n++] = g->ban[i];
	g->n_ban = n;
	return 0;
}

int fed_draft_group_state(struct fed_draft *d, enum fed_group_state state, struct err *err)
{
	if (d->rec.group.state == state)
		return already(err);
	d->rec.group.state = state;
	return 0;
}
