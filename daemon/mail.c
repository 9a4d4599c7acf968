/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * struct mail (proto/mail.h) for a conversation of the forum: who may do what in a mailbox, the
 * mailboxes everybody has, answers, and watching.  Each question opens a view and closes it.
 */
#include "daemon/mail_priv.h"

#include "proto/base/mem.h"

/* ---- rights ---- */

int mail_rights(struct db_forum *f, struct view *v, const struct group_rec *g, unsigned *out)
{
	static const struct {
		enum right right;
		unsigned gives;
	} rights[] = {
		{RIGHT_SEE,      MAIL_LOOKUP					     },
		{RIGHT_READ,     MAIL_READ | MAIL_SEEN_RIGHT | MAIL_WRITE                },
		{RIGHT_POST,     MAIL_INSERT | MAIL_POST | MAIL_DELETE_MSG | MAIL_EXPUNGE},
		{RIGHT_MODERATE, MAIL_DELETE_MSG | MAIL_EXPUNGE                          },
	};

	*out = 0;
	if (g->owner != 0) {
		*out = g->owner == f->login.account ? MAIL_ALL_RIGHTS : 0;
		return 0;
	}
	for (size_t i = 0; i < array_len(rights); i++) {
		int rc = policy_may(v, &f->login, g, rights[i].right);

		if (rc == 0)
			*out |= rights[i].gives;
		else if (rc != KERR_DENIED && rc != KERR_NOTFOUND && rc != KERR_LOGIN)
			return rc;
	}
	return 0;
}

int mail_open(
	struct db_forum *f, struct view *v, uint32_t box, unsigned rights, struct group_rec *out)
{
	unsigned has = 0;
	int rc = view_group(v, box, out);

	if (rc == KERR_NOTFOUND)
		return policy_absent(v, &f->login);
	if (rc == 0)
		rc = mail_rights(f, v, out, &has);
	if (rc < 0)
		return rc;
	if (!(has & MAIL_LOOKUP))
		return KERR_NOTFOUND;
	if ((has & rights) != rights)
		return KERR_DENIED;
	return rights & MAIL_READ ? forum_shown(f, out) : 0;
}

/* ---- the mailboxes everybody has ---- */

struct start_call {
	struct db_mail *m; /* NULL: the conversation has ended */
};

static void start_on(void *arg, const struct store_result *res)
{
	struct start_call *c = arg;

	if (c->m) {
		c->m->starting = NULL;
		c->m->start_rc = res->rc;
	}
	free(c);
}

/* Have them made; KERR_WAIT until they are. */
static int start(struct db_forum *f)
{
	int rc = f->mail.start_rc;

	f->mail.start_rc = 0;
	if (rc < 0 || f->mail.starting)
		return rc < 0 ? rc : KERR_WAIT;
	struct start_call *c = mem_new(struct start_call);
	c->m = &f->mail;
	rc = store_boxes_start(f->env->store, f->login.account, f->env->now_at(),
		&(struct store_call){.home = f->who.home, .done = start_on, .arg = c});
	if (rc < 0) {
		free(c);
		return rc;
	}
	f->mail.starting = c;
	return KERR_WAIT;
}

int mail_view(struct db_forum *f, struct view **out)
{
	struct group_rec inbox;

	if (f->login.account == 0)
		return KERR_LOGIN;
	int rc = view_open(f->env->store, out);
	if (rc < 0 || f->mail.ready == f->login.account)
		return rc;
	rc = view_group_named(*out, f->login.account, lit("INBOX"), &inbox);
	if (rc == 0)
		f->mail.ready = f->login.account;
	else
		view_close(*out);
	return rc == KERR_NOTFOUND ? start(f) : rc;
}

/* ---- answers ---- */

const char *mail_why(int rc)
{
	switch (rc) {
	case 0:
		return "done";
	case KERR_EXISTS:
		return "it is there already";
	case KERR_NOTFOUND:
		return "there is no such mailbox";
	case KERR_DENIED:
		return "you may not do that here";
	case KERR_FULL:
		return "no room for it";
	case KERR_TOOBIG:
		return "it is too big";
	case KERR_BUSY:
		return "too much is waiting, try again later";
	default:
		return "it cannot be done now";
	}
}

struct mail_call *mail_call_new(struct db_forum *f, uint32_t box, mail_done_fn done, void *arg)
{
	struct mail_call *c = mem_new(struct mail_call);

	*c = (struct mail_call){.store = f->env->store,
		.home = f->who.home,
		.account = f->login.account,
		.now_at = f->env->now_at(),
		.done = done,
		.arg = arg,
		.box = box};
	return c;
}

bool mail_call_dropped(const struct mail_call *c)
{
	for (; c; c = c->within)
		if (!c->done)
			return true;
	return false;
}

void mail_on(void *arg, const struct store_result *res)
{
	struct mail_call *c = arg;
	struct mail_ranges from = {0}, to = {0}, failed = {0};
	struct mail_result r = {.rc = res->rc,
		.why = c->why ? c->why : mail_why(res->rc),
		.box = res->id != 0 ? res->id : c->box,
		.modseq = res->seq,
		.had = res->had};

	if (res->from)
		mail_ranges_set(&from, res->from);
	if (res->to)
		mail_ranges_set(&to, res->to);
	if (res->failed)
		mail_ranges_set(&failed, res->failed);
	struct mail_range one = {res->places[0].num, res->places[0].num};
	if (res->n_places > 0)
		to = (struct mail_ranges){&one, 1, 0};
	r.from = &from;
	r.to = &to;
	r.failed = &failed;
	if (c->done)
		c->done(c->arg, &r);
	free(from.v);
	if (to.v != &one)
		free(to.v);
	free(failed.v);
	free(c);
}

static void drop(void *call)
{
	((struct mail_call *)call)->done = NULL;
}

int mail_out(struct mail_call *c, int rc, struct ticket *t)
{
	if (rc < 0)
		free(c);
	else
		*t = (struct ticket){c, drop};
	return rc;
}

void mail_ranges_set(struct mail_ranges *out, const struct ranges *r)
{
	if (out->cap < ranges_n(r)) {
		out->cap = ranges_n(r);
		out->v = mem_realloc(out->v, size_mul(out->cap, sizeof *out->v));
	}
	out->n = ranges_n(r);
	for (size_t i = 0; i < out->n; i++)
		out->v[i] = (struct mail_range){ranges_at(r, i)->lo, ranges_at(r, i)->hi};
}

void mail_ranges_get(const struct mail_ranges *in, struct ranges *r_out)
{
	ranges_init(r_out);
	for (size_t i = 0; i < in->n; i++)
		if (in->v[i].first <= in->v[i].last)
			ranges_push(r_out, in->v[i].first, in->v[i].last);
}

/* ---- watching ---- */

/* The mod-sequences of the watched mailbox; one that is gone has one that none ever has. */
static bool look(struct db_forum *f, uint64_t *box_out, uint64_t *me_out)
{
	struct group_state st = {0};
	struct view *v;

	*box_out = *me_out = 0;
	if (view_open(f->env->store, &v) < 0)
		return false;
	int rc = view_group_state(v, f->mail.watched, &st);
	if (rc == 0)
		rc = view_marks_modseq(v, f->login.account, f->mail.watched, me_out);
	view_close(v);
	*box_out = rc == KERR_NOTFOUND ? UINT64_MAX : st.modseq;
	return rc == 0 || rc == KERR_NOTFOUND;
}

void forum_news(struct forum *base)
{
	struct db_forum *f = db_forum(base);
	uint64_t box, me;

	if (f->mail.watched == 0 || !f->who.news)
		return;
	bool known = look(f, &box, &me);
	if (known && box == f->mail.seen_box && me == f->mail.seen_me)
		return;
	f->mail.seen_box = known ? box : 0;
	f->mail.seen_me = known ? me : 0;
	f->who.news(f->who.news_arg);
}

static void on_news(void *arg, uint64_t last_seq)
{
	(void)last_seq;
	forum_news(arg);
}

static void mail_watch_op(struct mail *m, uint32_t box)
{
	struct db_forum *f = mail_forum(m);

	hub_unwatch(&f->mail.watch);
	f->mail.watched = box;
	if (box == 0)
		return;
	look(f, &f->mail.seen_box, &f->mail.seen_me);
	if (f->env->hub)
		hub_watch(f->env->hub, f->who.home, &f->mail.watch);
}

/* ---- life cycle ---- */

static const struct mail_ops mail_ops = {
	.box = mail_box_op,
	.boxes = mail_boxes_op,
	.unseen = mail_unseen_op,
	.absent = mail_absent_op,
	.rows = mail_rows_op,
	.flagged = mail_flagged_op,
	.gone = mail_gone_op,
	.read = mail_read_op,
	.keywords = mail_keywords_op,
	.keyword_add = mail_keyword_add_op,
	.flags = mail_flags_op,
	.expunge = mail_expunge_op,
	.append = mail_append_op,
	.copy = mail_copy_op,
	.create = mail_create_op,
	.remove = mail_remove_op,
	.rename = mail_rename_op,
	.subscribe = mail_subscribe_op,
	.watch = mail_watch_op,
};

void db_mail_init(struct db_forum *f)
{
	f->mail.base.ops = &mail_ops;
	list_init(&f->mail.watch.node);
	f->mail.watch.fn = on_news;
	f->mail.watch.arg = &f->base;
}

void db_mail_fini(struct db_forum *f)
{
	hub_unwatch(&f->mail.watch);
	if (f->mail.starting)
		f->mail.starting->m = NULL;
}

struct mail *forum_mail(struct forum *f)
{
	return &db_forum(f)->mail.base;
}
