/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Posting and relaying: bytes from a session become a store_post job, or a refusal with a reason.
 *
 * A person's article or mail passes policy, then injection (RFC 5537 section 3.5); a peer's passes
 * the peer's scope, then relaying (section 3.6).  A cancel acts only when its Cancel-Key opens the
 * target's Cancel-Lock (RFC 8315), or a moderator of all the target's groups asks for it.
 * Everything is decided on one view; what must hold at commit time is checked again by the job.
 */
#include "daemon/forum_priv.h"

#include "daemon/mail.h"
#include "proto/base/coll.h"
#include "proto/base/date.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/wildmat.h"
#include "proto/msg/control.h"
#include "proto/msg/inject.h"

enum {
	FUTURE_MAX_S = 24 * 3600, /* a Date further ahead than this is refused */
	HEAD_CHUNKS = 2,          /* chunks of a stored article that surely hold its head */
	ADDED_MAX = 8 * 1024,     /* what injection may add to an article */
	OVERVIEW_MAX = 32 * 1024, /* five fields, each cut by article_add_over */
	NEWSGROUPS_MAX = 900,     /* one line of a head */
};

/* One article on its way to the store. */
struct posting {
	struct db_forum *f;
	struct view *v;
	enum forum_how how;
	struct account account; /* FORUM_POST: the author's */
	struct peer_rec peer;   /* FORUM_RELAY: who sent it; groups "*" for relay_any */
	struct msg_limits limits;
	struct article in;  /* as it came */
	struct article out; /* as it is stored; borrows from bytes */
	struct buf bytes;
	struct buf newsgroups; /* of mail: where its envelope says that it goes; empty: post */
	struct control control;
	uint32_t groups[STORE_PLACES];
	unsigned n_groups;
	bool copy;   /* gets a Message-ID of its own in any case */
	bool shared; /* one of the groups goes to peers */
	char cancels[MSGID_MAX + 1];
	char old_mid[MSGID_MAX + 1];
	bool obey_awaited;
	bool waits; /* a question inside a callback met KERR_WAIT */
	struct err *why;
};

/* ---- the answer ---- */

struct post_call {
	forum_done_fn done;
	void *arg;
	char mid[MSGID_MAX + 1];
};

static const char *why_of(int rc)
{
	switch (rc) {
	case 0:
		return "article received";
	case KERR_EXISTS:
		return "Message-ID is known already";
	case KERR_NOTFOUND:
		return "the group is gone";
	case KERR_FULL:
		return "no room to store it now";
	case KERR_BUSY:
		return "too much is waiting, try again later";
	default:
		return "it cannot be stored now";
	}
}

static void post_on(void *arg, const struct store_result *res)
{
	struct post_call *c = arg;
	struct forum_result r = {.rc = res->rc,
		.why = why_of(res->rc),
		.mid = slice_str(c->mid),
		.num = res->n_places > 0 ? res->places[0].num : 0};

	if (c->done)
		c->done(c->arg, &r);
	free(c);
}

/* The store answers all the same; the call frees itself then. */
static void post_drop(void *call)
{
	((struct post_call *)call)->done = NULL;
}

/* ---- groups ---- */

struct shared_walk {
	struct slice name;
	bool shared;
};

static bool shared_on(void *arg, const struct peer_rec *p, uint64_t cursor)
{
	struct shared_walk *w = arg;

	(void)cursor;
	w->shared = wildmat_match(slice_str(p->groups), w->name);
	return !w->shared;
}

int forum_group_shared(struct view *v, struct slice name, bool *shared_out)
{
	struct shared_walk w = {name, false};
	int rc = view_peers(v, shared_on, &w);

	*shared_out = w.shared;
	return rc;
}

static int group_for_person(struct posting *p, struct slice name, struct group_rec *g)
{
	bool shared = false;
	int rc = view_group_named(p->v, 0, name, g);

	if (rc == 0)
		rc = policy_may(p->v, &p->f->login, g, RIGHT_POST);
	else if (rc == KERR_NOTFOUND)
		rc = policy_absent(p->v, &p->f->login);
	if (rc == KERR_NOTFOUND)
		return err_set(p->why, KERR_INVALID, "no such group: %.*s", SLICE_ARG(name));
	if (rc == KERR_DENIED)
		return err_set(p->why, rc, "you may not post in %.*s", SLICE_ARG(name));
	if (rc == 0)
		rc = forum_group_shared(p->v, name, &shared);
	p->shared = p->shared || shared;
	return rc;
}

/* 0: takes part; KERR_NOTFOUND: not here, or outside the peer's scope. */
static int group_for_peer(struct posting *p, struct slice name, struct group_rec *g)
{
	if (!group_name_valid(name) || !wildmat_match(slice_str(p->peer.groups), name))
		return KERR_NOTFOUND;
	return view_group_named(p->v, 0, name, g);
}

/* Note a group, once: a peer may name one twice. */
static void note_group(struct posting *p, uint32_t id)
{
	for (unsigned i = 0; i < p->n_groups; i++)
		if (p->groups[i] == id)
			return;
	if (p->n_groups < STORE_PLACES)
		p->groups[p->n_groups++] = id;
}

/*
 * Where shall it stand?  A person must be able to post in every group named; of a peer's article
 * the groups we share with it are taken, whatever else it names.
 */
static int find_groups(struct posting *p)
{
	struct slice rest = p->in.value[ART_NEWSGROUPS], name;

	if (p->how == FORUM_POST && newsgroups_check(rest, STORE_PLACES) < 0)
		return err_set(p->why, KERR_INVALID, "Newsgroups is missing or not valid");
	while (newsgroups_next(&rest, &name)) {
		struct group_rec g;
		int rc = p->how == FORUM_POST ? group_for_person(p, name, &g)
					      : group_for_peer(p, name, &g);

		if (rc == 0)
			note_group(p, g.id);
		else if (p->how == FORUM_POST || rc != KERR_NOTFOUND)
			return rc;
	}
	if (p->n_groups == 0)
		return err_set(p->why, KERR_DENIED, "none of its groups is wanted here");
	if (p->how == FORUM_POST && p->shared && p->n_groups > 1)
		return err_set(p->why, KERR_INVALID,
			"a group shared with other municipalities takes no cross-posts");
	return 0;
}

/* ---- cancel ---- */

/* Index the head of a stored article; head holds its bytes. */
static int stored_head(struct posting *p, uint64_t content, struct buf *head, struct article *out)
{
	static const struct msg_limits none = {0};
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < HEAD_CHUNKS; i++)
		rc = view_content(p->v, content, i, head);
	if (rc < 0 && (rc != KERR_NOTFOUND || head->len == 0))
		return rc;
	return article_parse(out, buf_slice(head), &none);
}

/* Does the Cancel-Key of article `key` open the Cancel-Lock of article `lock`? */
static bool opens(const struct article *key, const struct article *lock)
{
	return article_has(key, ART_CANCEL_KEY) && article_has(lock, ART_CANCEL_LOCK) &&
	       cancel_opens(key->value[ART_CANCEL_KEY], lock->value[ART_CANCEL_LOCK]);
}

/* Is the person a moderator in all groups where the target stands? */
static int moderates(struct posting *p, const struct history *h)
{
	int rc = h->n_places > 0 ? 0 : KERR_DENIED;

	for (unsigned i = 0; rc == 0 && i < h->n_places; i++) {
		struct group_rec g;

		rc = view_group(p->v, h->places[i].group, &g);
		if (rc == 0)
			rc = policy_may(p->v, &p->f->login, &g, RIGHT_MODERATE);
	}
	return rc;
}

/* May p->out take out the article of history h?  0 or KERR_DENIED. */
static int cancel_allowed(struct posting *p, const struct history *h)
{
	struct buf head;
	struct article target;
	int rc;

	buf_init(&head, (size_t)HEAD_CHUNKS * STORE_CHUNK);
	rc = stored_head(p, h->content, &head, &target);
	if (rc == 0)
		rc = opens(&p->out, &target) ? 0 : KERR_DENIED;
	if (rc == KERR_DENIED && p->how == FORUM_POST)
		rc = moderates(p, h);
	buf_fini(&head);
	return rc == KERR_WAIT || rc == 0 ? rc : KERR_DENIED;
}

/* KERR_DENIED when the person may read the article of h, KERR_NOTFOUND when not. */
static int denied(struct posting *p, const struct history *h)
{
	for (unsigned i = 0; i < h->n_places; i++) {
		struct group_rec g;
		int rc = view_group(p->v, h->places[i].group, &g);

		if (rc == 0)
			rc = policy_may(p->v, &p->f->login, &g, RIGHT_READ);
		if (rc == 0 || rc == KERR_WAIT)
			return rc == 0 ? KERR_DENIED : rc;
	}
	return KERR_NOTFOUND;
}

/* To a person, what is gone or may not be read is not there. */
static int person_cancels(struct posting *p, const struct history *h)
{
	int rc = h->state == HISTORY_ARTICLE ? cancel_allowed(p, h) : KERR_NOTFOUND;

	return rc == KERR_DENIED ? denied(p, h) : rc;
}

/*
 * A cancel or Supersedes: find the target, judge, note it in p->cancels.
 * A peer's cancel may come before its target: it is kept and judged when that comes.
 */
static int judge_cancel(struct posting *p)
{
	struct slice target = p->control.target;
	bool supersedes = p->control.kind == CONTROL_SUPERSEDES;
	struct history h;
	int rc = view_history(p->v, target, &h);

	if (rc == 0 && p->how == FORUM_POST)
		rc = person_cancels(p, &h);
	else if (rc == 0 && h.state == HISTORY_ARTICLE)
		rc = cancel_allowed(p, &h);
	else if (rc == 0 && h.state != HISTORY_AWAITED)
		return 0; /* gone already */
	if (rc == KERR_NOTFOUND && supersedes)
		return 0; /* RFC 5537 section 5.4: an ordinary article then */
	if (rc == KERR_NOTFOUND && p->how == FORUM_POST)
		return err_set(p->why, KERR_INVALID, "there is no article %.*s", SLICE_ARG(target));
	if (rc == KERR_DENIED && supersedes && p->how == FORUM_RELAY)
		return 0; /* an ordinary article then */
	if (rc == KERR_DENIED)
		return err_set(p->why, rc, "no right to cancel %.*s", SLICE_ARG(target));
	if (rc == KERR_WAIT || (rc < 0 && rc != KERR_NOTFOUND))
		return rc;
	return slice_cstr(target, p->cancels, sizeof p->cancels) ? 0 : KERR_INVALID;
}

static int find_control(struct posting *p)
{
	control_of(&p->out, &p->control);
	switch (p->control.kind) {
	case CONTROL_NONE:
		return 0;
	case CONTROL_CANCEL:
	case CONTROL_SUPERSEDES:
		return judge_cancel(p);
	case CONTROL_NEWGROUP:
	case CONTROL_RMGROUP:
	case CONTROL_OTHER:
		return err_set(
			p->why, KERR_DENIED, "control messages other than cancel are not taken");
	case CONTROL_BAD:
		break;
	}
	return err_set(p->why, KERR_INVALID, "Control or Supersedes is not valid");
}

/* ---- a person's article ---- */

/* The bounds of an article of this way, with the size that the admin has set. */
static struct msg_limits limits_of(const struct posting *p)
{
	struct msg_limits l = p->how == FORUM_POST ? msg_limits_inject : msg_limits_relay;

	l.max_bytes = p->f->env->max_article + (p->how == FORUM_RELAY ? MSG_ROOM_HEAD : 0);
	return l;
}

/* May the author read the article in any of its places? */
static bool author_sees(struct posting *p, const struct history *h)
{
	for (unsigned i = 0; i < h->n_places; i++) {
		struct group_rec g;
		int rc = view_group(p->v, h->places[i].group, &g);

		if (rc == 0)
			rc = policy_may(p->v, &p->f->login, &g, RIGHT_READ);
		p->waits = p->waits || rc == KERR_WAIT;
		if (rc == 0)
			return true;
	}
	return false;
}

static enum inject_id id_state(void *arg, struct slice msgid)
{
	struct posting *p = arg;
	struct history h;
	int rc = view_history(p->v, msgid, &h);

	p->waits = p->waits || rc == KERR_WAIT;
	if (rc < 0)
		return INJECT_ID_FREE;
	return author_sees(p, &h) ? INJECT_ID_SEEN : INJECT_ID_HIDDEN;
}

static bool alias_of(void *arg, struct slice old, char new_out[MSGID_MAX + 1])
{
	struct posting *p = arg;
	struct buf b;
	bool found;
	int rc;

	buf_init(&b, MSGID_MAX);
	rc = view_alias(p->v, p->account.id, old, &b);
	p->waits = p->waits || rc == KERR_WAIT;
	found = rc == 0 && slice_cstr(buf_slice(&b), new_out, MSGID_MAX + 1);
	buf_fini(&b);
	return found;
}

static int inject(struct posting *p)
{
	const struct forum_env *e = p->f->env;
	struct slice addresses[STORE_ADDRESSES];
	struct injected res = {.why = NULL};
	int rc;

	for (unsigned i = 0; i < p->account.n_addresses; i++)
		addresses[i] = slice_str(p->account.addresses[i]);
	rc = inject_article(
		&(struct inject_env){
			.now_at = e->now_at(),
			.host = slice_str(e->host),
			.login = slice_str(p->account.login),
			.addresses = addresses,
			.n_addresses = p->account.n_addresses,
			.post_as_any = (p->account.rights & RIGHT_POST_AS_ANY) != 0,
			.mail_domains = e->mail_domains,
			.n_mail_domains = e->n_mail_domains,
			.local_groups = !p->shared,
			.new_msgid = p->copy,
			.newsgroups = buf_slice(&p->newsgroups),
			.complaints_to = slice_str(e->complaints_to),
			.lock_secret = slice_of(e->secret, sizeof e->secret),
			.max_groups = STORE_PLACES,
			.limits = &p->limits,
			.arg = p,
			.id_state = id_state,
			.alias = alias_of,
		},
		&p->in, &p->bytes, &res);
	if (p->waits)
		return KERR_WAIT;
	if (!p->copy) /* the old name of a copy is still that of the original */
		memcpy(p->old_mid, res.old_msgid, sizeof p->old_mid);
	return rc < 0 ? err_set(p->why, rc, "%s", res.why ? res.why : why_of(rc)) : 0;
}

static int take_from_person(struct posting *p, struct slice raw)
{
	int rc = p->f->login.account != 0 ? view_account(p->v, p->f->login.account, &p->account)
					  : KERR_NOTFOUND;

	if (rc == KERR_NOTFOUND)
		return err_set(p->why, KERR_DENIED, "log in before you post");
	if (rc < 0)
		return rc;
	rc = article_parse(&p->in, raw, &p->limits);
	if (rc < 0)
		return err_set(p->why, rc, "%s", p->in.why);
	if (p->newsgroups.bad)
		return err_set(p->why, KERR_TOOBIG, "too many groups");
	if (p->newsgroups.len > 0)
		p->in.value[ART_NEWSGROUPS] = buf_slice(&p->newsgroups);
	rc = find_groups(p);
	return rc < 0 ? rc : inject(p);
}

/* ---- a peer's article ---- */

static int find_scope(struct posting *p)
{
	if (p->f->peer[0] != '\0')
		return view_peer(p->v, slice_str(p->f->peer), &p->peer);
	if (!p->f->who.relay_any)
		return err_set(p->why, KERR_DENIED, "you are no peer");
	memcpy(p->peer.groups, "*", 2);
	return 0;
}

static int check_date(struct posting *p)
{
	int64_t at;

	if (!date_parse(p->in.value[ART_DATE], &at))
		return err_set(p->why, KERR_INVALID, "Date is not valid");
	if (at > p->f->env->now_at() + FUTURE_MAX_S)
		return err_set(p->why, KERR_INVALID, "Date is in the future");
	return 0;
}

/* A cancel came before the article: does its key open this lock? */
static int judge_awaited(struct posting *p, const struct history *h)
{
	struct buf head;
	struct article cancel;
	int rc;

	buf_init(&head, (size_t)HEAD_CHUNKS * STORE_CHUNK);
	rc = stored_head(p, h->content, &head, &cancel);
	p->obey_awaited = rc == 0 && opens(&cancel, &p->in);
	buf_fini(&head);
	return rc == KERR_WAIT ? rc : 0;
}

static int take_from_peer(struct posting *p, struct slice raw, struct slice mid)
{
	const char *why = NULL;
	struct history h;
	int rc = find_scope(p);

	if (rc < 0)
		return rc;
	rc = view_history(p->v, mid, &h);
	if (rc == 0 && h.state != HISTORY_AWAITED)
		return err_set(p->why, KERR_EXISTS, "%s", why_of(KERR_EXISTS));
	if (rc < 0 && rc != KERR_NOTFOUND)
		return rc;
	if (article_parse(&p->in, raw, &p->limits) < 0)
		return err_set(p->why, KERR_INVALID, "%s", p->in.why);
	if (!slice_eq(p->in.value[ART_MESSAGE_ID], mid))
		return err_set(p->why, KERR_INVALID, "Message-ID is not the one you named");
	if (rc == 0)
		rc = judge_awaited(p, &h);
	else
		rc = 0;
	if (rc == 0)
		rc = check_date(p);
	if (rc == 0)
		rc = find_groups(p);
	if (rc < 0)
		return rc;
	rc = relay_article(slice_str(p->f->env->host), slice_str(p->peer.name), &p->limits, &p->in,
		&p->bytes, &why);
	return rc < 0 ? err_set(p->why, rc == KERR_EXISTS ? KERR_INVALID : rc, "%s",
				why ? why : why_of(rc))
		      : 0;
}

/* ---- to the store ---- */

static int store(struct posting *p, forum_done_fn done, void *arg, struct ticket *t)
{
	bool control = p->control.kind == CONTROL_CANCEL;
	struct post_call *c = mem_new(struct post_call);
	struct buf over, record;
	int rc;

	c->done = done;
	c->arg = arg;
	if (!slice_cstr(p->out.value[ART_MESSAGE_ID], c->mid, sizeof c->mid))
		c->mid[0] = '\0'; /* cannot be: it was checked */
	buf_init(&over, OVERVIEW_MAX);
	article_add_over(&over, &p->out);
	buf_init(&record, control ? 0 : STORE_STRUCTURE_MAX);
	if (!control)
		mail_structure_make(&record, p->out.bytes);
	rc = store_post(p->f->env->store,
		&(struct store_post){
			.mid = slice_str(c->mid),
			.article = p->out.bytes,
			.overview = buf_slice(&over),
			.structure = record.bad ? lit("") : buf_slice(&record),
			.lines = (uint32_t)p->in.n_lines,
			.arrived_at = p->f->env->now_at(),
			.groups = p->groups,
			.n_groups = control ? 0 : p->n_groups,
			.control = control,
			.cancels = slice_str(p->cancels),
			.obey_awaited = p->obey_awaited,
			.alias_account = p->account.id,
			.alias = slice_str(p->old_mid),
			.from_peer = p->how == FORUM_RELAY,
		},
		&(struct store_call){.home = p->f->who.home, .done = post_on, .arg = c});
	buf_fini(&over);
	buf_fini(&record);
	if (rc < 0) {
		free(c);
		return err_set(p->why, rc, "%s", why_of(rc));
	}
	*t = (struct ticket){c, post_drop};
	return 0;
}

static int take(struct posting *p, struct slice raw, struct slice mid)
{
	static const struct msg_limits none = {0};
	int rc;

	p->limits = limits_of(p);
	rc = p->how == FORUM_POST ? take_from_person(p, raw) : take_from_peer(p, raw, mid);
	if (rc < 0)
		return rc;
	rc = article_parse(&p->out, buf_slice(&p->bytes), &none);
	if (rc < 0)
		return err_set(p->why, rc, "%s", p->out.why);
	return find_control(p);
}

/* Run p, which says how and with what, to a ticket or a refusal; p is freed. */
static int give(struct posting *p, struct buf *article_take, struct slice mid, forum_done_fn done,
	void *arg, struct ticket *t, struct err *why)
{
	struct err unasked;
	int rc;

	p->why = why ? why : &unasked;
	p->why->text[0] = '\0';
	buf_init(&p->bytes, p->f->env->max_article + ADDED_MAX);
	rc = view_open(p->f->env->store, &p->v);
	if (rc == 0) {
		rc = take(p, buf_slice(article_take), mid);
		view_close(p->v);
	}
	if (rc == 0)
		rc = store(p, done, arg, t);
	if (rc < 0 && p->how == FORUM_RELAY && p->f->env->claims)
		claims_drop(p->f->env->claims, hash_keyed(mid), p->f);
	if (rc < 0 && rc != KERR_WAIT && p->why->text[0] == '\0')
		err_set(p->why, rc, "%s", why_of(rc));
	if (rc != KERR_WAIT)
		buf_reset(article_take);
	buf_fini(&p->newsgroups);
	buf_fini(&p->bytes);
	free(p);
	return rc;
}

int db_post(struct forum *base, enum forum_how how, struct buf *article_take, struct slice mid,
	forum_done_fn done, void *arg, struct ticket *t, struct err *why)
{
	struct posting *p = mem_new(struct posting);

	p->f = db_forum(base);
	p->how = how;
	buf_init(&p->newsgroups, 0);
	return give(p, article_take, mid, done, arg, t, why);
}

int db_copy(struct forum *base, const char *group, struct buf *article_take, forum_done_fn done,
	void *arg, struct ticket *t, struct err *why)
{
	struct posting *p = mem_new(struct posting);

	p->f = db_forum(base);
	p->how = FORUM_POST;
	p->copy = true;
	buf_init(&p->newsgroups, NEWSGROUPS_MAX);
	buf_addz(&p->newsgroups, group);
	return give(p, article_take, lit(""), done, arg, t, why);
}

int db_submit(struct forum *base, const struct forum_rcpt *to, size_t n_to, struct buf *mail_take,
	forum_done_fn done, void *arg, struct ticket *t, struct err *why)
{
	struct posting *p = mem_new(struct posting);

	p->f = db_forum(base);
	p->how = FORUM_POST;
	buf_init(&p->newsgroups, NEWSGROUPS_MAX);
	forum_add_groups(&p->newsgroups, to, n_to);
	return give(p, mail_take, lit(""), done, arg, t, why);
}
