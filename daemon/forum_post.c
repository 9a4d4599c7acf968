/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Posting and relaying: bytes from a session become a store_post job, or a refusal with a reason.
 *
 * A person's article or mail passes policy, then injection (RFC 5537 section 3.5); a peer's passes
 * the peer's scope, then relaying (section 3.6).  What takes another out is judged by
 * forum_cancel.c; what persons get of a mail is made by forum_submit.c.  Everything is decided on
 * one view; what must hold at commit time is checked again by the job.
 */
#include "daemon/forum_posting.h"

#include "daemon/mail.h"
#include "proto/base/coll.h"
#include "proto/base/date.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/wildmat.h"

enum {
	FUTURE_MAX_S = 24 * 3600,        /* a Date further ahead than this is refused */
	ADDED_MAX = 8 * 1024,            /* what injection may add to an article */
	OVERVIEW_MAX = 32 * 1024,        /* five fields, each cut by article_add_over */
	HEADS_MAX = STORE_PLACES * 4096, /* heads of an article in its groups */
	NEWSGROUPS_MAX = 900,            /* one line of a head */
	ACTOR_MAX = 900,                 /* likewise */
	POSTED_BEFORE = 1,               /* a mail that was delivered: nothing is to be done */
};

/* ---- the answer ---- */

struct post_call {
	forum_done_fn done;
	void *arg;
	struct fed_posting *entry; /* of a group shared with other daemons */
	char mid[MSGID_MAX + 1];
};

const char *posting_why(int rc)
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
		.why = posting_why(res->rc),
		.mid = slice_str(c->mid),
		.num = res->n_places > 0 ? res->places[0].num : 0};

	fed_posting_end(c->entry, res);
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

/*
 * What a moderator files with a mail program may be another's text.  In a group that is shared with
 * other daemons an entry says who posts.  KERR_WAIT
 */
static int note_moderator(struct posting *p, const struct group_rec *g)
{
	int rc = p->filed ? policy_may(p->v, &p->f->login, g, RIGHT_MODERATE) : KERR_DENIED;

	p->moderates = rc == 0;
	if (p->moderates && !fed_plans_shared(p->f->env->fed, slice_str(g->name)))
		buf_addf(&p->actor, "%s@%s", p->account.login, p->f->env->host);
	return rc == KERR_DENIED ? 0 : rc;
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
		rc = forum_group_shared(p->f, p->v, name, &shared);
	p->shared = p->shared || shared;
	p->federated = p->federated || fed_plans_shared(p->f->env->fed, name);
	return rc < 0 ? rc : note_moderator(p, g);
}

/* 0: takes part; KERR_NOTFOUND: not here, or outside the peer's scope. */
static int group_for_peer(struct posting *p, struct slice name, struct group_rec *g)
{
	if (!group_name_valid(name) || !wildmat_match(slice_str(p->peer.groups), name))
		return KERR_NOTFOUND;
	return view_group_named(p->v, 0, name, g);
}

/* Note a group, once: a peer may name one twice. */
static void note_group(struct posting *p, const struct group_rec *g)
{
	for (unsigned i = 0; i < p->n_groups; i++)
		if (p->groups[i] == g->id)
			return;
	if (p->n_groups == STORE_PLACES)
		return;
	bool reply_to = g->reply == REPLY_GROUP && !article_has(&p->in, ART_REPLY_TO);

	mail_head_make(p->f->env->host, g->name, reply_to, &p->heads);
	p->has_reply_to[p->n_groups] = reply_to;
	p->shaped = p->shaped || reply_to;
	p->head_ends[p->n_groups] = p->heads.len;
	p->groups[p->n_groups++] = g->id;
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
			note_group(p, &g);
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

struct inject_env posting_env(struct posting *p, struct slice *addresses)
{
	const struct forum_env *e = p->f->env;

	for (unsigned i = 0; i < p->account.n_addresses; i++)
		addresses[i] = slice_str(p->account.addresses[i]);
	return (struct inject_env){
		.now_at = e->now_at(),
		.host = slice_str(e->host),
		.login = slice_str(p->account.login),
		.addresses = addresses,
		.n_addresses = p->account.n_addresses,
		.post_as_any = (p->account.rights & RIGHT_POST_AS_ANY) != 0,
		.for_others = p->moderates,
		.actor = buf_slice(&p->actor),
		.mail_domains = e->mail_domains,
		.n_mail_domains = e->n_mail_domains,
		.local_groups = !p->shared,
		.plain_trace = p->federated,
		.new_msgid = p->copy,
		.newsgroups = buf_slice(&p->newsgroups),
		.complaints_to = slice_str(e->complaints_to),
		.lock_secret = slice_of(e->secret, sizeof e->secret),
		.max_groups = STORE_PLACES,
		.limits = &p->limits,
		.arg = p,
		.id_state = id_state,
		.alias = alias_of,
	};
}

static int inject(struct posting *p)
{
	struct slice addresses[STORE_ADDRESSES];
	const struct inject_env env = posting_env(p, addresses);
	struct injected res = {.why = NULL};
	int rc = inject_article(&env, &p->in, &p->bytes, &res);

	if (p->waits)
		return KERR_WAIT;
	if (!p->copy) /* the old name of a copy is still that of the original */
		memcpy(p->old_mid, res.old_msgid, sizeof p->old_mid);
	return rc < 0 ? err_set(p->why, rc, "%s", res.why ? res.why : posting_why(rc)) : 0;
}

/* Where it goes is in the envelope of mail, else in the article. */
static int inject_for_groups(struct posting *p)
{
	int rc;

	if (p->newsgroups.bad)
		return err_set(p->why, KERR_TOOBIG, "too many groups");
	if (p->newsgroups.len > 0)
		p->in.value[ART_NEWSGROUPS] = buf_slice(&p->newsgroups);
	rc = find_groups(p);
	return rc < 0 ? rc : inject(p);
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
	rc = p->mail ? posting_was_sent(p) : KERR_NOTFOUND;
	if (rc != KERR_NOTFOUND)
		return rc < 0 ? rc : POSTED_BEFORE;
	return posting_is_article(p) ? inject_for_groups(p) : 0;
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

	buf_init(&head, (size_t)POSTING_HEAD_CHUNKS * STORE_CHUNK);
	rc = posting_stored_head(p, h->content, &head, &cancel);
	p->obey_awaited = rc == 0 && posting_opens(&cancel, &p->in);
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
		return err_set(p->why, KERR_EXISTS, "%s", posting_why(KERR_EXISTS));
	if (rc < 0 && rc != KERR_NOTFOUND)
		return rc;
	if (article_parse(&p->in, raw, &p->limits) < 0)
		return err_set(p->why, KERR_INVALID, "%s", p->in.why);
	if (!slice_eq(p->in.value[ART_MESSAGE_ID], mid))
		return err_set(p->why, KERR_INVALID, "Message-ID is not the one you named");
	int found = posting_find_entry(p);
	if (found < 0 || p->is_entry)
		return found;
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
				why ? why : posting_why(rc))
		      : 0;
}

/* ---- to the store ---- */

static void set_heads(const struct posting *p, struct store_head heads[STORE_PLACES])
{
	size_t begin = 0;

	for (unsigned i = 0; i < p->n_groups; i++) {
		struct slice text =
			slice_from(slice_head(buf_slice(&p->heads), p->head_ends[i]), begin);

		heads[i] = (struct store_head){.text = text,
			.bytes = mail_head_len(text, p->out.value[ART_MESSAGE_ID]),
			.shapes = p->has_reply_to[i]};
		begin = p->head_ends[i];
	}
}

/*
 * A Reply-To in a head stands in the ENVELOPE.  All rows of an article share what is kept, so a
 * cross-post whose heads differ in it has nothing kept.
 */
static void make_structure(
	const struct posting *p, const struct store_head *heads, struct buf *record)
{
	struct buf shown;

	if (!p->shaped) {
		mail_structure_make(record, p->out.bytes);
	} else if (p->n_groups == 1) {
		buf_init(&shown, heads[0].bytes + p->out.bytes.len);
		buf_add(&shown, heads[0].text);
		mail_head_end(p->out.value[ART_MESSAGE_ID], &shown);
		buf_add(&shown, p->out.bytes);
		mail_structure_make(record, buf_slice(&shown));
		buf_fini(&shown);
	}
}

/* What the store is told of the article; over and record (initialised) hold parts of it. */
static struct store_post article_of(
	struct posting *p, const struct store_head *heads, struct buf *over, struct buf *record)
{
	bool control = p->control.kind == CONTROL_CANCEL;

	article_add_over(over, &p->out);
	if (!control)
		make_structure(p, heads, record);
	return (struct store_post){
		.mid = p->out.value[ART_MESSAGE_ID],
		.article = p->out.bytes,
		.overview = buf_slice(over),
		.structure = record->bad ? lit("") : buf_slice(record),
		.lines = (uint32_t)p->in.n_lines,
		.arrived_at = p->f->env->now_at(),
		.groups = p->groups,
		.n_groups = control ? 0 : p->n_groups,
		.heads = heads,
		.control = control,
		.cancels = slice_str(p->cancels),
		.obey_awaited = p->obey_awaited,
		.alias_account = p->account.id,
		.alias = slice_str(p->old_mid),
		.from_peer = p->how == FORUM_RELAY,
		.entry = fed_posting_entry(p->entry, p->out.value[ART_PATH]),
	};
}

/* A mail: the article, if there are groups, and the copies of persons. */
static int deliver(struct posting *p, const struct store_post *article, const struct store_call *c)
{
	int64_t now = p->f->env->now_at();
	struct mail_notes notes;

	mail_notes_make(&notes, buf_slice(&p->inbox));
	int rc = store_deliver(p->f->env->store,
		&(struct store_deliver){
			.article = posting_is_article(p) ? article : NULL,
			.mail =
				&(struct store_append){
						       .message = buf_slice(&p->inbox),
						       .overview = buf_slice(&notes.overview),
						       .structure = mail_notes_structure(&notes),
						       .lines = notes.lines,
						       .arrived_at = now,
						       .saved_at = now,
						       },
			.accounts = p->persons,
			.n_accounts = p->n_persons,
			.sender = p->account.id,
			.sent = p->has_sent ? p->sent : NULL,
			.now_at = now,
        },
		c);
	mail_notes_fini(&notes);
	return rc;
}

static int store(struct posting *p, forum_done_fn done, void *arg, struct ticket *t)
{
	struct post_call *c = mem_new(struct post_call);
	const struct store_call call = {.home = p->f->who.home, .done = post_on, .arg = c};
	struct store_post article = {.n_groups = 0};
	struct store_head heads[STORE_PLACES];
	struct buf over, record;

	*c = (struct post_call){.done = done, .arg = arg};
	memcpy(c->mid, p->mid, sizeof c->mid);
	buf_init(&over, OVERVIEW_MAX);
	buf_init(&record, STORE_STRUCTURE_MAX);
	if (posting_is_article(p)) {
		set_heads(p, heads);
		article = article_of(p, heads, &over, &record);
	}
	int rc = p->mail ? deliver(p, &article, &call)
			 : store_post(p->f->env->store, &article, &call);
	buf_fini(&over);
	buf_fini(&record);
	if (rc < 0) {
		free(c);
		return err_set(p->why, rc, "%s", posting_why(rc));
	}
	c->entry = p->entry;
	p->entry = NULL;
	*t = (struct ticket){c, post_drop};
	return 0;
}

/* The article's new bytes, and what they ask for. */
static int read_out(struct posting *p)
{
	static const struct msg_limits none = {0};
	int rc = article_parse(&p->out, buf_slice(&p->bytes), &none);

	if (rc < 0)
		return err_set(p->why, rc, "%s", p->out.why);
	if (!slice_cstr(p->out.value[ART_MESSAGE_ID], p->mid, sizeof p->mid))
		return KERR_INVALID; /* cannot be: it was checked */
	return posting_control(p);
}

static int take(struct posting *p, struct slice raw, struct slice mid)
{
	int rc;

	p->limits = limits_of(p);
	rc = p->how == FORUM_POST ? take_from_person(p, raw) : take_from_peer(p, raw, mid);
	if (p->is_entry)
		return rc == 0 && slice_cstr(mid, p->mid, sizeof p->mid) ? 0 : rc;
	if (rc == 0 && posting_is_article(p))
		rc = read_out(p);
	if (rc == 0 && posting_is_article(p))
		rc = posting_entry(p);
	if (rc == 0 && p->n_persons > 0)
		rc = posting_inbox(p);
	return rc;
}

static void posting_free(struct posting *p)
{
	fed_posting_end(p->entry, NULL);
	buf_fini(&p->newsgroups);
	buf_fini(&p->actor);
	buf_fini(&p->heads);
	buf_fini(&p->bytes);
	buf_fini(&p->signed_bytes);
	buf_fini(&p->inbox);
	free(p->persons);
	free(p);
}

struct posting *posting_new(struct forum *base, enum forum_how how)
{
	struct posting *p = mem_new(struct posting);

	p->f = db_forum(base);
	p->how = how;
	buf_init(&p->newsgroups, NEWSGROUPS_MAX);
	buf_init(&p->actor, ACTOR_MAX);
	buf_init(&p->heads, HEADS_MAX);
	buf_init(&p->bytes, p->f->env->max_article + ADDED_MAX);
	buf_init(&p->signed_bytes, p->f->env->max_article + 2 * ADDED_MAX);
	buf_init(&p->inbox, p->f->env->max_article + ADDED_MAX);
	return p;
}

int posting_give(struct posting *p, struct buf *article_take, struct slice mid, forum_done_fn done,
	void *arg, struct ticket *t, struct err *why)
{
	struct err unasked;
	int rc;

	p->why = why ? why : &unasked;
	p->why->text[0] = '\0';
	rc = view_open(p->f->env->store, &p->v);
	if (rc == 0) {
		rc = take(p, buf_slice(article_take), mid);
		view_close(p->v);
	}
	if (rc == 0 && p->is_entry)
		rc = posting_relay_entry(p, buf_slice(article_take), done, arg, t);
	else if (rc == 0)
		rc = store(p, done, arg, t);
	if (rc < 0 && p->how == FORUM_RELAY && p->f->env->claims)
		claims_drop(p->f->env->claims, hash_keyed(mid), p->f);
	if (rc < 0 && rc != KERR_WAIT && p->why->text[0] == '\0')
		err_set(p->why, rc, "%s", posting_why(rc));
	if (rc != KERR_WAIT)
		buf_reset(article_take);
	posting_free(p);
	return rc;
}

int db_post(struct forum *base, enum forum_how how, struct buf *article_take, struct slice mid,
	forum_done_fn done, void *arg, struct ticket *t, struct err *why)
{
	return posting_give(posting_new(base, how), article_take, mid, done, arg, t, why);
}
