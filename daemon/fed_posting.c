/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What holds for posts is a set of plans that nobody changes: a new one is made when records do,
 * and a post keeps the one it began with.  So no thread waits for another.  The seal takes the
 * place in the feed from the store and never falls behind the record of the entry before.
 */
#include "daemon/fed_posting.h"

#include <pthread.h>
#include <stdio.h>

#include "daemon/fed_priv.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/fed/fed_entry.h"

/* What holds in one group. */
struct plan {
	struct fed_feed_name feed;
	char feed_text[FED_FEED_NAME_LEN];
	char *group;
	uint8_t root[STORE_ENTRY_HASH]; /* what entry 1 follows */
	uint64_t r, max_size;
	const char *mute;              /* why nothing at all is issued; NULL: control entries are */
	const char *closed;            /* why nobody here may post; NULL: people may */
	bool moderated, inn, own;      /* own: we are its owner */
	struct vec moderators, banned; /* char *: user@name */
};

struct plan_set {
	unsigned refs;        /* under fed_plans.lock */
	struct map *by_group; /* struct plan */
	uint8_t seed[CRYPTO_KEY_LEN];
	struct fed_keyid keyid;
	struct fed_oid oid;
	char name[FED_NAME_MAX + 1];
};

struct fed_plans {
	pthread_mutex_t lock;
	atomic_bool catching; /* shared groups are not to be shown */
	struct plan_set *now;
};

struct fed_posting {
	struct fed *f;
	struct plan_set *set;
	const struct plan *plan;
	struct fed_sign sign;
	struct fed_link link; /* as it was sealed */
	struct store_entry entry;
};

/* ---- sets ---- */

static void free_names(struct vec *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(*(char **)vec_at(v, i));
	vec_fini(v);
}

static void free_plan(void *arg, struct slice key, void *value)
{
	struct plan *p = value;

	(void)arg;
	(void)key;
	free_names(&p->moderators);
	free_names(&p->banned);
	free(p->group);
	free(p);
}

static void set_free(struct plan_set *s)
{
	map_each(s->by_group, free_plan, NULL);
	map_free(s->by_group);
	mem_wipe(s->seed, sizeof s->seed);
	free(s);
}

static struct plan_set *set_ref(struct fed_plans *p)
{
	struct plan_set *s;

	pthread_mutex_lock(&p->lock);
	s = p->now;
	if (s)
		s->refs++;
	pthread_mutex_unlock(&p->lock);
	return s;
}

static void set_unref(struct fed_plans *p, struct plan_set *s)
{
	bool last;

	if (!s)
		return;
	pthread_mutex_lock(&p->lock);
	last = --s->refs == 0;
	pthread_mutex_unlock(&p->lock);
	if (last)
		set_free(s);
}

struct fed_plans *fed_plans_new(void)
{
	struct fed_plans *p = mem_new(struct fed_plans);

	pthread_mutex_init(&p->lock, NULL);
	return p;
}

void fed_plans_free(struct fed_plans *p)
{
	if (!p)
		return;
	set_unref(p, p->now);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* ---- making plans ---- */

static void add_name(struct vec *v, struct slice name)
{
	*(char **)vec_push(v) = mem_dup(name);
}

static bool has_name(const struct vec *v, const char *name)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(*(char **)vec_at(v, i), name) == 0)
			return true;
	return false;
}

/* Why nothing is issued. */
static const char *why_mute(struct fed *f, const struct fed_group *g)
{
	if (f->clock_wrong)
		return "the clock of this machine is wrong by an hour or more";
	if (!fed_reg_active(f->reg, &f->keys->oid))
		return "this daemon is not active in the federation";
	if (g->closed && !fed_group_member(g, &f->keys->oid))
		return "this municipality is not in the group any more";
	return NULL;
}

/* Why nobody here may post, although control entries may be issued (section 3.3, 1 and 2). */
static const char *why_closed(struct fed *f, const struct fed_group *g)
{
	const struct fed_member *m = fed_group_member(g, &f->keys->oid);

	if (m && !m->rw)
		return "this municipality only reads in the group";
	if (g->state != FED_GROUP_ACTIVE)
		return "the group is closed for posts";
	if (fed_epoch_unconfirmed(f, g, NULL))
		return "the key of this daemon was stolen: the group's owner has to confirm first "
		       "what counts";
	return NULL;
}

/* The furthest cut of ours, if there is one: we go on behind it, in another epoch. */
static const struct fed_cut *own_cut(struct fed *f, const struct fed_group *g)
{
	const struct fed_cut *last = NULL;

	for (size_t i = 0; i < g->n_cut; i++)
		if (fed_oid_eq(&g->cut[i].oid, &f->keys->oid) &&
			(!last || fed_pos_after(&g->cut[i].at, &last->at)))
			last = &g->cut[i];
	return last;
}

/* The last entry of ours before that epoch. */
static void find_root(struct fed *f, const struct fed_feed_name *name, const struct fed_cut *cut,
	uint8_t out[STORE_ENTRY_HASH])
{
	const struct fed_feed *last = NULL;

	list_each(&f->feeds.by_change, it)
	{
		const struct fed_feed *feed = container_of(it, struct fed_feed, node);

		if (fed_gid_eq(&feed->name.gid, &name->gid) &&
			fed_oid_eq(&feed->name.oid, &name->oid) && feed->high >= feed->low &&
			feed->name.epoch.n < name->epoch.n &&
			(!last || feed->name.epoch.n > last->name.epoch.n))
			last = feed;
	}
	if (cut && (!last || cut->at.epoch >= last->name.epoch.n))
		fed_hash_raw(&cut->at.e, out);
	else if (last)
		fed_hash_raw(&last->tip.e, out);
}

static struct plan *plan_new(struct fed *f, const struct fed_group *g, uint64_t serial)
{
	const struct fed_cut *cut = own_cut(f, g);
	struct plan *p = mem_new(struct plan);

	fed_epoch_behind(f, g);
	fed_epoch_void(f, g, serial);
	p->group = mem_dup(g->group);
	p->mute = why_mute(f, g);
	p->r = serial;
	p->max_size = g->max_size;
	p->moderated = g->moderated;
	p->own = fed_oid_eq(&g->owner, &f->keys->oid);
	p->inn = g->inn && !g->closed;
	vec_init(&p->moderators, sizeof(char *));
	vec_init(&p->banned, sizeof(char *));
	for (size_t i = 0; i < g->n_moderator; i++)
		add_name(&p->moderators, g->moderator[i]);
	for (size_t i = 0; i < g->n_ban; i++)
		add_name(&p->banned, g->ban[i].user);
	p->feed = (struct fed_feed_name){.gid = g->gid, .oid = f->keys->oid};
	if (!p->mute)
		p->feed.epoch.n = fed_epoch_own(f, &g->gid);
	if (!p->mute && p->feed.epoch.n == 0)
		p->mute = "the daemon cannot write to its disk";
	p->closed = p->mute ? p->mute : why_closed(f, g);
	fed_feed_name_text(&p->feed, p->feed_text);
	find_root(f, &p->feed, cut, p->root);
	return p;
}

struct make_walk {
	struct fed *f;
	struct plan_set *set;
};

static bool make(void *arg, const struct fed_group *g, uint64_t serial)
{
	struct make_walk *w = arg;

	map_put(w->set->by_group, g->group, plan_new(w->f, g, serial));
	return true;
}

void fed_plans_make(struct fed *f)
{
	struct make_walk w = {f, mem_new(struct plan_set)};
	struct plan_set *old;

	w.set->refs = 1;
	w.set->by_group = map_new();
	memcpy(w.set->seed, fed_seed(f, &w.set->keyid), sizeof w.set->seed);
	w.set->oid = f->keys->oid;
	(void)!slice_cstr(slice_str(f->name), w.set->name, sizeof w.set->name);
	fed_reg_groups(f->reg, make, &w);
	atomic_store(&f->plans->catching, f->catching);
	pthread_mutex_lock(&f->plans->lock);
	old = f->plans->now;
	f->plans->now = w.set;
	pthread_mutex_unlock(&f->plans->lock);
	set_unref(f->plans, old);
}

/* ---- posts ---- */

bool fed_plans_shared(struct fed *f, struct slice group)
{
	struct plan_set *s = f ? set_ref(f->plans) : NULL;
	bool shared = s && map_get(s->by_group, group);

	if (f)
		set_unref(f->plans, s);
	return shared;
}

bool fed_plans_catching(struct fed *f, struct slice group)
{
	return f && atomic_load(&f->plans->catching) && fed_plans_shared(f, group);
}

bool fed_plans_outward(struct fed *f, struct slice group)
{
	struct plan_set *s = f ? set_ref(f->plans) : NULL;
	const struct plan *p = s ? map_get(s->by_group, group) : NULL;
	bool outward = !p || p->inn;

	if (f)
		set_unref(f->plans, s);
	return outward;
}

/* user@name, or "" when the login has no such form. */
static void name_actor(const struct plan_set *s, struct slice login, char *out, size_t size)
{
	struct slice user, name;

	snprintf(out, size, "%.*s@%s", SLICE_ARG(login), s->name);
	if (!fed_user_parse(slice_str(out), &user, &name))
		out[0] = '\0';
}

/* Is it an article of this daemon? */
static bool is_ours(const struct plan_set *s, struct slice mid)
{
	size_t name = strlen(s->name);

	return mid.len > name + 2 && mid.p[mid.len - name - 2] == '@' &&
	       slice_eq(slice_of(mid.p + mid.len - name - 1, name), slice_str(s->name));
}

/* As the others will judge it: docs/federation.md section 3.3, 8. */
static int may(const struct plan_set *s, const struct plan *p, const struct fed_wish *w,
	const char *actor, struct err *why)
{
	bool moderates = has_name(&p->moderators, actor);

	if (p->closed)
		return err_set(why, KERR_DENIED, "%s", p->closed);
	if (has_name(&p->banned, actor))
		return err_set(why, KERR_DENIED, "you may not post in the group any more");
	if (w->cancels.len > 0 && !moderates && !p->own && !is_ours(s, w->cancels))
		return err_set(why, KERR_DENIED,
			"what others wrote, only moderators whom the group's owner has named "
			"cancel");
	if (w->cancels.len == 0 && p->moderated && !moderates)
		return err_set(why, KERR_DENIED, "only the moderators post in the group");
	return 0;
}

/*
 * On the writer's thread: the entry's place is known.  Time does not fall behind the entry before,
 * whatever the clock does.
 */
static int seal(void *arg, const struct entry_place *at, struct entry_made *made)
{
	struct fed_posting *p = arg;
	struct fed_link before;
	int64_t now = time(NULL);
	uint64_t t = now > 0 ? (uint64_t)now : 0;

	p->link = (struct fed_link){.n = at->n, .r = p->plan->r, .t = t};
	if (fed_note_get(at->n - 1, at->tip, at->note, &before)) {
		if (before.r > p->link.r)
			p->link.r = before.r;
		if (before.t > t)
			p->link.t = before.t;
	}
	p->link.p = before.e;
	fed_entry_seal(&p->sign, at->n, &p->link.p, p->link.t, p->link.r, p->set->seed);
	fed_sign_hash(&p->sign, &p->link.e);
	fed_hash_raw(&p->link.e, made->hash);
	fed_sign_add_line(&made->sign, &p->sign);
	fed_note_put(&p->link, made->note);
	made->n_note = FED_NOTE_LEN;
	return 0;
}

static int make_entry(struct fed_posting *p, enum fed_kind y, struct slice actor, struct article *a,
	struct buf *out, struct err *why)
{
	const char *reason = NULL;
	struct fed_make make = {.o = p->set->oid,
		.g = p->plan->feed.gid,
		.e = p->plan->feed.epoch.n,
		.y = y,
		.name = slice_str(p->set->name),
		.group = slice_str(p->plan->group),
		.actor = actor,
		.k = p->set->keyid};
	int rc;

	crypto_random(make.salt, sizeof make.salt);
	rc = fed_entry_prepare(a, &make, out, &p->sign, &reason);
	return rc < 0 ? err_set(why, rc, "%s", reason ? reason : "it cannot be shared") : 0;
}

/*
 * A cancel is a control entry, so that one who was away takes it before what it cancels (section
 * 7.1); where other news servers carry the group it is an article, as they know it (section 11).
 */
static enum fed_kind kind_of(const struct fed_posting *p, const struct fed_wish *w)
{
	return w->cancels.len > 0 && !p->plan->inn ? FED_CONTROL : FED_ARTICLE;
}

static int prepare(struct fed_posting *p, const struct fed_wish *w, struct article *a,
	struct buf *out, struct err *why)
{
	char actor[STORE_LOGIN_MAX + FED_NAME_MAX + 2];
	int rc;

	name_actor(p->set, w->login, actor, sizeof actor);
	rc = may(p->set, p->plan, w, actor, why);
	if (rc == 0)
		rc = make_entry(p, kind_of(p, w), slice_str(actor), a, out, why);
	if (rc == 0 && out->len > p->plan->max_size)
		return err_set(why, KERR_TOOBIG, "the group takes articles of at most %llu bytes",
			(unsigned long long)p->plan->max_size);
	return rc;
}

static void set_entry(struct fed_posting *p, enum entry_kind kind)
{
	p->entry = (struct store_entry){.feed = slice_str(p->plan->feed_text),
		.first = 1,
		.root = p->plan->root,
		.kind = kind,
		.seal = seal,
		.seal_arg = p};
}

int fed_posting_begin(struct fed *f, const struct fed_wish *w, struct article *a, struct buf *out,
	struct fed_posting **posting_out, struct err *why)
{
	struct plan_set *set = f ? set_ref(f->plans) : NULL;
	struct fed_posting *p;
	int rc;

	*posting_out = NULL;
	if (!set)
		return 0;
	const struct plan *plan = map_get(set->by_group, w->group);
	if (!plan) {
		set_unref(f->plans, set);
		return 0;
	}
	p = mem_new(struct fed_posting);
	*p = (struct fed_posting){.f = f, .set = set, .plan = plan};
	rc = prepare(p, w, a, out, why);
	if (rc < 0) {
		fed_posting_end(p, NULL);
		return rc;
	}
	set_entry(p, p->sign.y == FED_CONTROL ? ENTRY_CONTROL : ENTRY_ARTICLE);
	*posting_out = p;
	return 0;
}

int fed_posting_control(struct fed *f, struct slice group, struct slice actor, struct article *a,
	struct buf *out, struct fed_posting **posting_out, struct err *why)
{
	struct plan_set *set = set_ref(f->plans);
	const struct plan *plan = set ? map_get(set->by_group, group) : NULL;
	struct fed_posting *p;
	int rc;

	if (!plan || plan->mute) {
		rc = err_set(why, KERR_DENIED, "%s", plan ? plan->mute : "the group is not shared");
		set_unref(f->plans, set);
		return rc;
	}
	p = mem_new(struct fed_posting);
	*p = (struct fed_posting){.f = f, .set = set, .plan = plan};
	rc = make_entry(p, FED_CONTROL, actor, a, out, why);
	set_entry(p, ENTRY_CONTROL);
	if (rc < 0)
		fed_posting_end(p, NULL);
	else
		*posting_out = p;
	return rc;
}

static void on_beat(void *arg, const struct store_result *res)
{
	fed_posting_end(arg, res);
}

void fed_posting_beat(struct fed *f, const struct fed_feed_name *name)
{
	const struct fed_group *g = fed_reg_group(f->reg, &name->gid);
	struct plan_set *set = set_ref(f->plans);
	const struct plan *plan = g && set ? map_get(set->by_group, g->group) : NULL;
	struct fed_posting *p;

	if (!plan || plan->mute || plan->feed.epoch.n != name->epoch.n) {
		set_unref(f->plans, set);
		return;
	}
	p = mem_new(struct fed_posting);
	*p = (struct fed_posting){.f = f, .set = set, .plan = plan};
	p->sign = (struct fed_sign){
		.o = set->oid, .g = name->gid, .e = name->epoch.n, .k = set->keyid};
	fed_sign_set_heartbeat(&p->sign);
	set_entry(p, ENTRY_BEAT);
	const struct store_call call = {.home = f->loop, .done = on_beat, .arg = p};
	if (store_entry(f->d->store, &p->entry, &call) < 0)
		fed_posting_end(p, NULL);
}

const struct store_entry *fed_posting_entry(struct fed_posting *p, struct slice path)
{
	if (p)
		p->entry.path = path;
	return p ? &p->entry : NULL;
}

/* ---- the answer ---- */

struct issued {
	struct fed_feed_name name;
	struct fed_link link;
	uint32_t id;
	bool control; /* what it says holds here too */
};

/* On the federation's thread: it is told to the neighbours. */
static void on_issued(struct fed *f, void *arg)
{
	struct issued *i = arg;

	if (f->node && !f->stopping) {
		struct fed_feed *feed = fed_feeds_make(&f->feeds, &i->name);

		feed->id = i->id;
		fed_now(f);
		fed_node_issued(f->node, feed, &i->link);
		if (i->control)
			(void)!fed_node_control_again(f->node, feed, i->link.n);
	}
	free(i);
}

void fed_posting_end(struct fed_posting *p, const struct store_result *res)
{
	if (!p)
		return;
	if (res && res->rc == 0 && res->fed) {
		struct issued *i = mem_new(struct issued);

		*i = (struct issued){
			p->plan->feed, p->link, res->fed->feed, p->entry.kind == ENTRY_CONTROL};
		fed_run(p->f, on_issued, i);
	}
	set_unref(p->f->plans, p->set);
	free(p);
}
