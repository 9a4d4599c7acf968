/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Groups as mailboxes: what is put into one is posted, what is taken out is cancelled.  Both go the
 * way of every article, one after the other, so peers and news readers see the same.
 */
#include "daemon/forum_posting.h"
#include "daemon/mail_priv.h"

#include "proto/base/mem.h"
#include "proto/msg/article.h"
#include "proto/msg/control.h"

enum {
	HEAD_CHUNKS = 2,   /* chunks of a stored article that surely hold its head */
	SERIES_MAX = 1000, /* articles posted or cancelled by one command */
	TRIES = 1000,      /* of a read that waits inside a series */
	CANCEL_MAX = 4096, /* bytes of a cancel */
};

/* ---- may it be taken out? ---- */

/* Index the head of a stored article; head holds its bytes. */
static int stored_head(struct view *v, uint64_t content, struct buf *head, struct article *out)
{
	static const struct msg_limits none = {0};
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < HEAD_CHUNKS; i++)
		rc = view_content(v, content, i, head);
	if (rc < 0 && (rc != KERR_NOTFOUND || head->len == 0))
		return rc;
	return article_parse(out, buf_slice(head), &none);
}

/* Would a cancel by this login open the article's lock?  RFC 8315 section 3 */
static bool opens(const struct db_forum *f, const char *login, const struct article *a)
{
	char key[CANCEL_KEY_LEN + 1];
	struct buf field;

	if (!article_has(a, ART_CANCEL_LOCK) || !article_has(a, ART_MESSAGE_ID))
		return false;
	cancel_key(slice_of(f->env->secret, sizeof f->env->secret), slice_str(login),
		a->value[ART_MESSAGE_ID], key);
	buf_init(&field, 2 * (size_t)CANCEL_KEY_LEN);
	cancel_add_key(&field, key);
	bool open = cancel_opens(buf_slice(&field), a->value[ART_CANCEL_LOCK]);
	buf_fini(&field);
	mem_wipe(key, sizeof key);
	return open;
}

struct judge {
	struct db_forum *f;
	struct view *v;
	struct account me;
	int rc;
};

static int moderates(struct judge *j, const struct row *r)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < r->n_places; i++) {
		struct group_rec g;

		rc = view_group(j->v, r->places[i].group, &g);
		if (rc == 0)
			rc = policy_may(j->v, &j->f->login, &g, RIGHT_MODERATE);
	}
	return rc == KERR_NOTFOUND ? KERR_DENIED : rc;
}

static bool judge_on(void *arg, const struct row *r)
{
	struct judge *j = arg;
	struct article a;
	struct buf head;

	j->rc = moderates(j, r);
	if (j->rc != KERR_DENIED)
		return j->rc == 0;
	buf_init(&head, (size_t)HEAD_CHUNKS * STORE_CHUNK);
	j->rc = stored_head(j->v, r->content, &head, &a);
	if (j->rc == 0 && !opens(j->f, j->me.login, &a))
		j->rc = KERR_DENIED;
	buf_fini(&head);
	return j->rc == 0;
}

int mail_may_cancel(struct db_forum *f, const struct group_rec *g, const struct mail_ranges *r)
{
	struct judge j = {.f = f};
	int rc = mail_view(f, &j.v);

	if (rc < 0)
		return rc;
	rc = view_account(j.v, f->login.account, &j.me);
	for (size_t i = 0; rc == 0 && i < r->n; i++) {
		rc = view_rows(j.v, g->id, r->v[i].first, r->v[i].last, 0, judge_on, &j);
		if (rc == 0)
			rc = j.rc;
	}
	view_close(j.v);
	return rc;
}

/*
 * Post a message in a group, whatever its Newsgroups says; a copy gets a Message-ID of its own.
 * Otherwise as forum_post.
 */
static int post_in(struct forum *base, const char *group, bool copy, struct buf *article_take,
	forum_done_fn done, void *arg, struct ticket *t, struct err *why)
{
	struct posting *p = posting_new(base, FORUM_POST);

	p->copy = copy;
	p->filed = true;
	buf_addz(&p->newsgroups, group);
	return posting_give(p, article_take, lit(""), done, arg, t, why);
}

/* ---- a series of posts or cancels ---- */

struct series {
	struct mail_call *call;
	struct db_forum *f;  /* not when the call was dropped */
	uint32_t from;       /* mailbox whose messages are meant */
	struct group_rec to; /* where they are posted, or (cancel) the mailbox itself */
	bool cancel, move;
	struct ranges left, done_from, done_to;
	uint32_t num; /* that is out */
};

static void series_free(struct series *s)
{
	ranges_fini(&s->left);
	ranges_fini(&s->done_from);
	ranges_fini(&s->done_to);
	free(s);
}

static uint64_t modseq_of(struct store *store, uint32_t box)
{
	struct group_state st = {0};
	struct view *v;

	if (view_open(store, &v) < 0)
		return 0;
	if (view_group_state(v, box, &st) < 0)
		st.modseq = 0;
	view_close(v);
	return st.modseq;
}

static void series_end(struct series *s, int rc)
{
	struct store_result res = {.rc = rc,
		.seq = mail_call_dropped(s->call) ? 0 : modseq_of(s->call->store, s->to.id),
		.from = &s->done_from,
		.to = &s->done_to};

	mail_on(s->call, &res);
	series_free(s);
}

static void moved_on(void *arg, const struct mail_result *r)
{
	series_end(arg, r->rc);
}

/* What was asked with this ticket ends when nobody waits for `whole` any more. */
static void part_of(const struct mail_call *whole, const struct ticket *t)
{
	((struct mail_call *)t->call)->within = whole;
}

/* All is posted; what was to be moved is taken out of its old place. */
static void series_done(struct series *s)
{
	struct mail_ranges old = {0};
	struct ticket unused;
	int rc = 0;

	if (!s->move || ranges_n(&s->done_from) == 0) {
		series_end(s, 0);
		return;
	}
	mail_ranges_set(&old, &s->done_from);
	for (int i = 0; i == 0 || (rc == KERR_WAIT && i < TRIES); i++)
		rc = mail_expunge_op(&s->f->mail.base, s->from, &old, moved_on, s, &unused);
	free(old.v);
	if (rc < 0)
		series_end(s, rc);
	else
		part_of(s->call, &unused);
}

/* A cancel of the article, as its author or a moderator would post it.  RFC 5537 section 5.3 */
static int make_cancel(const struct series *s, struct view *v, const struct row *r, struct buf *out)
{
	struct account me;
	struct article a;
	struct buf head;
	int rc = view_account(v, s->f->login.account, &me);

	buf_init(&head, (size_t)HEAD_CHUNKS * STORE_CHUNK);
	if (rc == 0)
		rc = stored_head(v, r->content, &head, &a);
	if (rc == 0) {
		struct slice mid = a.value[ART_MESSAGE_ID];

		buf_addf(out, "From: %s\r\nNewsgroups: %s\r\n", me.addresses[0], s->to.name);
		buf_addf(out, "Subject: cmsg cancel %.*s\r\n", SLICE_ARG(mid));
		buf_addf(out, "Control: cancel %.*s\r\n\r\n", SLICE_ARG(mid));
		buf_addz(out, "Taken out with a mail program.\r\n");
	}
	buf_fini(&head);
	return rc;
}

/* What is to be posted for s->num.  KERR_NOTFOUND: it is gone meanwhile. */
static int make_text(struct series *s, struct buf *out)
{
	struct view *v;
	struct row r;
	int rc = view_open(s->call->store, &v);

	if (rc < 0)
		return rc;
	rc = view_row(v, s->from, s->num, false, &r);
	if (rc == 0)
		rc = s->cancel ? make_cancel(s, v, &r, out) : view_content_all(v, r.content, out);
	view_close(v);
	return rc;
}

static void series_next(struct series *s);

static void post_on(void *arg, const struct forum_result *r)
{
	struct series *s = arg;

	if (r->rc < 0 || mail_call_dropped(s->call)) {
		s->call->why = r->why;
		series_end(s, r->rc);
		return;
	}
	ranges_push(&s->done_from, s->num, s->num);
	if (!s->cancel)
		ranges_push(&s->done_to, r->num, r->num);
	series_next(s);
}

/* Give the next one to the forum: 0 when it is on its way. */
static int give_one(struct series *s)
{
	struct ticket unused;
	struct err why;
	struct buf text;
	int rc;

	buf_init(&text, s->cancel ? CANCEL_MAX : s->f->env->max_article);
	rc = make_text(s, &text);
	if (rc == 0 && s->cancel)
		rc = db_post(&s->f->base, FORUM_POST, &text, lit(""), post_on, s, &unused, &why);
	else if (rc == 0)
		rc = post_in(&s->f->base, s->to.name, true, &text, post_on, s, &unused, &why);
	buf_fini(&text);
	return rc;
}

static void series_next(struct series *s)
{
	int rc = KERR_NOTFOUND;

	while (rc == KERR_NOTFOUND && ranges_n(&s->left) > 0) {
		struct ranges one;

		s->num = ranges_at(&s->left, 0)->lo;
		ranges_init(&one);
		ranges_push(&one, s->num, s->num);
		ranges_take(&s->left, &one);
		ranges_fini(&one);
		for (int i = 0; i == 0 || (rc == KERR_WAIT && i < TRIES); i++)
			rc = give_one(s);
	}
	if (rc == KERR_NOTFOUND)
		series_done(s);
	else if (rc < 0)
		series_end(s, rc);
}

/* The numbers of r that are there, added to out (empty before). */
static int present(
	struct db_forum *f, uint32_t box, const struct mail_ranges *r, struct ranges *out)
{
	struct ranges wanted, absent;
	struct group_state st;
	struct view *v;
	int rc = mail_view(f, &v);

	if (rc < 0)
		return rc;
	mail_ranges_get(r, &wanted);
	ranges_init(&absent);
	rc = view_group_state(v, box, &st);
	if (rc == 0)
		rc = view_absent(v, box, &st, &absent);
	if (rc == 0 && st.low < st.next)
		ranges_within(&wanted, st.low, st.next - 1, out);
	ranges_take(out, &absent);
	ranges_fini(&wanted);
	ranges_fini(&absent);
	view_close(v);
	return rc;
}

static void start_on(void *arg, const struct store_result *res)
{
	struct series *s = arg;

	if (res->rc < 0 || mail_call_dropped(s->call))
		series_end(s, res->rc);
	else
		series_next(s);
}

/* Begin with an empty change, so that the answer never comes from within the call. */
static int series_start(struct series *s, struct ticket *t)
{
	struct ranges none;
	const struct store_call call = {.home = s->call->home, .done = start_on, .arg = s};
	struct mail_call *c = s->call;
	int rc = ranges_count(&s->left) <= SERIES_MAX ? 0 : KERR_BUSY;

	ranges_init(&none);
	if (rc == 0)
		rc = store_flags(
			c->store, c->account, s->from, &none, STORE_FLAGS_ADD, 0, 0, &call);
	if (rc < 0)
		series_free(s);
	return mail_out(c, rc, t);
}

static int series_run(struct db_forum *f, uint32_t from, const struct group_rec *to,
	const struct mail_ranges *r, bool cancel, bool move, mail_done_fn done, void *arg,
	struct ticket *t)
{
	struct series *s;
	struct ranges left;

	ranges_init(&left);
	int rc = present(f, from, r, &left);
	if (rc < 0) {
		ranges_fini(&left);
		return rc;
	}
	s = mem_new(struct series);
	*s = (struct series){.call = mail_call_new(f, to->id, done, arg),
		.f = f,
		.from = from,
		.to = *to,
		.cancel = cancel,
		.move = move,
		.left = left};
	ranges_init(&s->done_from);
	ranges_init(&s->done_to);
	return series_start(s, t);
}

int mail_cancel_all(struct db_forum *f, const struct group_rec *g, const struct mail_ranges *r,
	mail_done_fn done, void *arg, struct ticket *t)
{
	int rc = mail_may_cancel(f, g, r);

	return rc < 0 ? rc : series_run(f, g->id, g, r, true, false, done, arg, t);
}

int mail_copy_posts(struct db_forum *f, const struct group_rec *from, const struct group_rec *to,
	const struct mail_ranges *r, bool move, mail_done_fn done, void *arg, struct ticket *t)
{
	int rc = move && from->owner == 0 ? mail_may_cancel(f, from, r) : 0;

	return rc < 0 ? rc : series_run(f, from->id, to, r, false, move, done, arg, t);
}

/* ---- moving out of a group ---- */

struct move_call {
	struct mail_call *call;
	struct db_forum *f;
	struct group_rec from;
	struct ranges done_from, done_to;
};

static void move_end(struct move_call *mc, int rc)
{
	mail_on(mc->call,
		&(struct store_result){.rc = rc, .from = &mc->done_from, .to = &mc->done_to});
	ranges_fini(&mc->done_from);
	ranges_fini(&mc->done_to);
	free(mc);
}

static void cancelled_on(void *arg, const struct mail_result *r)
{
	move_end(arg, r->rc);
}

/* The copies are there: cancel what was copied. */
static void copied_on(void *arg, const struct store_result *res)
{
	struct move_call *mc = arg;
	struct mail_ranges old = {0};
	struct ticket unused;
	int rc = res->rc;

	if (rc == 0 && !mail_call_dropped(mc->call)) {
		ranges_add(&mc->done_from, res->from);
		ranges_add(&mc->done_to, res->to);
		mail_ranges_set(&old, res->from);
		rc = KERR_WAIT;
		for (int i = 0; rc == KERR_WAIT && i < TRIES; i++)
			rc = mail_cancel_all(mc->f, &mc->from, &old, cancelled_on, mc, &unused);
		free(old.v);
		if (rc == 0) {
			part_of(mc->call, &unused);
			return;
		}
	}
	move_end(mc, rc);
}

int mail_move_out(struct db_forum *f, const struct group_rec *from, const struct group_rec *to,
	const struct mail_ranges *r, mail_done_fn done, void *arg, struct ticket *t)
{
	struct ranges which;
	int rc = mail_may_cancel(f, from, r);

	if (rc < 0)
		return rc;
	struct move_call *mc = mem_new(struct move_call);
	struct mail_call *c = mail_call_new(f, to->id, done, arg);
	*mc = (struct move_call){.call = c, .f = f, .from = *from};
	ranges_init(&mc->done_from);
	ranges_init(&mc->done_to);
	mail_ranges_get(r, &which);
	rc = store_copy_rows(c->store, c->account, from->id, &which, to->id, false, c->now_at,
		&(struct store_call){.home = c->home, .done = copied_on, .arg = mc});
	ranges_fini(&which);
	if (rc < 0)
		free(mc);
	return mail_out(c, rc, t);
}

/* ---- posting one ---- */

static void flagged_on(void *arg, const struct store_result *res)
{
	struct mail_call *c = arg;
	struct store_result answer = {.seq = res->seq, .n_places = 1};

	answer.places[0] = (struct place){c->box, c->num};
	mail_on(c, &answer);
}

/* The article stands there: now its author's flags, if any. */
static void posted_on(void *arg, const struct forum_result *r)
{
	struct mail_call *c = arg;
	struct store_call call = {.home = c->home, .done = flagged_on, .arg = c};
	struct ranges one;
	int rc = r->rc;

	c->why = r->why;
	c->num = r->num;
	ranges_init(&one);
	ranges_push(&one, r->num, r->num);
	if (rc == 0 && r->num > 0 && !mail_call_dropped(c))
		rc = store_flags(
			c->store, c->account, c->box, &one, STORE_FLAGS_ADD, c->flags, 0, &call);
	ranges_fini(&one);
	if (rc < 0 || r->num == 0 || mail_call_dropped(c))
		mail_on(c, &(struct store_result){.rc = rc});
}

int mail_post(struct db_forum *f, const struct group_rec *g, struct buf *message_take,
	uint64_t flags, mail_done_fn done, void *arg, struct ticket *t, struct err *why)
{
	struct mail_call *c = mail_call_new(f, g->id, done, arg);
	struct ticket unused;

	c->flags = flags & ~(uint64_t)MAIL_DELETED;
	int rc = post_in(&f->base, g->name, false, message_take, posted_on, c, &unused, why);
	return mail_out(c, rc, t);
}
