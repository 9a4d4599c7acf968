/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading: every question opens a view, asks policy, copies out, closes the view.
 * Nothing is kept between two questions but the login.  Called by sessions through proto/forum.h.
 */
#include "daemon/fed_posting.h"
#include "daemon/forum_priv.h"
#include "proto/base/coll.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/base/wildmat.h"
#include "proto/msg/fields.h"

/* Room for an Xref value and the place that turns out not to fit. */
enum { XREF_ROOM = FORUM_XREF_MAX + STORE_NAME_MAX + 16 };

/* ---- groups ---- */

static void group_fill(struct forum_group *out, const struct group_rec *g,
	const struct group_state *st, char status)
{
	*out = (struct forum_group){.id = g->id,
		.low = st->low,
		.high = st->next - 1,
		.count = st->count,
		.status = status,
		.created_at = g->created_at};
	memcpy(out->name, g->name, sizeof out->name);
	memcpy(out->title, g->title, sizeof g->title);
	memcpy(out->creator, g->creator, sizeof g->creator);
}

/* The shared group of that name, if who may do `right` in it. */
static int group_seen(struct view *v, const struct policy_login *who, struct slice name,
	enum right right, struct group_rec *out)
{
	int rc = group_name_valid(name) ? view_group_named(v, 0, name, out) : KERR_NOTFOUND;

	if (rc == KERR_NOTFOUND)
		return policy_absent(v, who);
	return rc != 0 ? rc : policy_may(v, who, out, right);
}

int forum_shown(const struct db_forum *f, const struct group_rec *g)
{
	bool hidden = g->owner == 0 && fed_plans_catching(f->env->fed, slice_str(g->name));

	return hidden ? KERR_CLOSED : 0;
}

static int db_group(struct forum *base, struct slice name, struct forum_group *out)
{
	struct db_forum *f = db_forum(base);
	struct group_rec g = {0};
	struct group_state st;
	char status;
	struct view *v;
	int rc = view_open(f->env->store, &v);

	if (rc < 0)
		return rc;
	rc = group_seen(v, &f->login, name, RIGHT_SEE, &g);
	if (rc == 0)
		rc = forum_shown(f, &g);
	if (rc == 0)
		rc = view_group_state(v, g.id, &st);
	if (rc == 0)
		rc = policy_status(v, &f->login, &g, &status);
	if (rc == 0)
		group_fill(out, &g, &st, status);
	view_close(v);
	return rc;
}

struct groups_walk {
	struct db_forum *f;
	struct view *v;
	forum_group_fn fn;
	void *arg;
	int rc;
};

static bool groups_on(void *arg, const struct group_rec *g)
{
	struct groups_walk *w = arg;
	struct forum_group out;
	char status;
	struct group_state st;

	w->rc = policy_may(w->v, &w->f->login, g, RIGHT_SEE);
	if (w->rc == KERR_NOTFOUND || w->rc == KERR_LOGIN) {
		w->rc = 0;
		return true;
	}
	if (w->rc == 0)
		w->rc = view_group_state(w->v, g->id, &st);
	if (w->rc == KERR_DAMAGED) {
		w->rc = 0; /* kokoctl check tells of it; those behind it are shown */
		return true;
	}
	if (w->rc == 0)
		w->rc = policy_status(w->v, &w->f->login, g, &status);
	if (w->rc != 0)
		return false;
	group_fill(&out, g, &st, status);
	return w->fn(w->arg, &out);
}

static int db_groups(struct forum *base, struct slice after, forum_group_fn fn, void *arg)
{
	struct groups_walk w = {.f = db_forum(base), .fn = fn, .arg = arg};
	int rc = view_open(w.f->env->store, &w.v);

	if (rc < 0)
		return rc;
	rc = view_groups(w.v, 0, after, groups_on, &w);
	view_close(w.v);
	return rc < 0 ? rc : w.rc;
}

/* ---- rows ---- */

int db_group_open(struct db_forum *f, struct view *v, uint32_t group, struct group_rec *out)
{
	int rc = view_group(v, group, out);

	if (rc == KERR_NOTFOUND)
		return policy_absent(v, &f->login);
	if (rc == 0)
		rc = policy_may(v, &f->login, out, RIGHT_READ);
	return rc != 0 ? rc : forum_shown(f, out);
}

struct nums_walk {
	forum_num_fn fn;
	void *arg;
};

static bool nums_on(void *arg, const struct row *r)
{
	struct nums_walk *w = arg;

	return w->fn(w->arg, r->num);
}

/* A view in which this login sees the group; the caller closes it when 0 is the answer. */
static int open_group(struct db_forum *f, uint32_t group, struct view **v_out, struct group_rec *g)
{
	int rc = view_open(f->env->store, v_out);

	if (rc < 0)
		return rc;
	rc = db_group_open(f, *v_out, group, g);
	if (rc < 0)
		view_close(*v_out);
	return rc;
}

static int db_nums(struct forum *base, uint32_t group, uint32_t lo, uint32_t hi, bool reverse,
	forum_num_fn fn, void *arg)
{
	struct db_forum *f = db_forum(base);
	struct nums_walk w = {fn, arg};
	struct group_rec g;
	struct view *v;
	int rc = open_group(f, group, &v, &g);

	if (rc < 0)
		return rc;
	rc = view_rows(v, group, lo, hi, reverse ? ROWS_REVERSE : 0, nums_on, &w);
	view_close(v);
	return rc;
}

/* Append " name:num"; false (nothing added) when the value would grow over FORUM_XREF_MAX. */
static bool xref_place(struct buf *out, const char *name, uint32_t num)
{
	size_t len = out->len;

	buf_addc(out, ' ');
	buf_addz(out, name);
	buf_addc(out, ':');
	buf_addu(out, num);
	if (!out->bad && out->len <= FORUM_XREF_MAX)
		return true;
	buf_cut(out, len);
	return false;
}

/*
 * "host group:num ..." for the places the login may see; a cross-post must not tell a stranger the
 * name of a closed group.  home is the record of the group it is read in, or NULL.
 */
static int xref_add(struct db_forum *f, struct view *v, const struct row *r,
	const struct group_rec *home, struct buf *out)
{
	bool fits = true;

	buf_addz(out, f->env->host);
	for (unsigned i = 0; i < r->n_places && fits; i++) {
		bool at_home = home && r->places[i].group == home->id;
		struct group_rec other;
		int rc = at_home ? 0 : db_group_open(f, v, r->places[i].group, &other);

		if (rc == KERR_WAIT)
			return rc;
		if (rc == 0)
			fits = xref_place(out, at_home ? home->name : other.name, r->places[i].num);
	}
	return 0;
}

struct over_walk {
	struct db_forum *f;
	struct view *v;
	const struct group_rec *home;
	struct buf xref;
	forum_over_fn fn;
	void *arg;
	int rc;
};

static bool over_on(void *arg, const struct row *r)
{
	struct over_walk *w = arg;
	struct forum_over o = {.num = r->num,
		.bytes = r->bytes,
		.lines = r->lines,
		.arrived_at = r->arrived_at,
		.fields = r->overview};

	if (r->overview.len == 0)
		return true; /* erased, or lost and not mended yet: an empty place */
	buf_reset(&w->xref);
	w->rc = xref_add(w->f, w->v, r, w->home, &w->xref);
	if (w->rc < 0)
		return false;
	o.xref = buf_slice(&w->xref);
	return w->fn(w->arg, &o);
}

static int db_over(
	struct forum *base, uint32_t group, uint32_t lo, uint32_t hi, forum_over_fn fn, void *arg)
{
	struct group_rec g;
	struct over_walk w = {.f = db_forum(base), .home = &g, .fn = fn, .arg = arg};
	int rc = view_open(w.f->env->store, &w.v);

	if (rc < 0)
		return rc;
	buf_init(&w.xref, XREF_ROOM);
	rc = db_group_open(w.f, w.v, group, &g);
	if (rc == 0)
		rc = view_rows(w.v, group, lo, hi, ROWS_OVERVIEW, over_on, &w);
	buf_fini(&w.xref);
	view_close(w.v);
	return rc < 0 ? rc : w.rc;
}

/* ---- by Message-ID ---- */

/* What a flipped bit has changed is not there, until it is mended. */
static int present(int rc)
{
	return rc == KERR_DAMAGED ? KERR_NOTFOUND : rc;
}

/* The first place of an article that the login may read, with its row. */
static int row_of_mid(
	struct db_forum *f, struct view *v, struct slice mid, bool overview, struct row *out)
{
	struct history h;
	struct group_rec g;
	int rc = msgid_syntax(mid) ? present(view_history(v, mid, &h)) : KERR_NOTFOUND;

	if (rc != 0 || h.state != HISTORY_ARTICLE)
		return rc < 0 && rc != KERR_NOTFOUND ? rc : policy_absent(v, &f->login);
	for (unsigned i = 0; i < h.n_places; i++) {
		rc = db_group_open(f, v, h.places[i].group, &g);
		if (rc == 0)
			return present(
				view_row(v, h.places[i].group, h.places[i].num, overview, out));
		if (rc == KERR_WAIT)
			return rc;
	}
	return policy_absent(v, &f->login);
}

static int db_over_mid(struct forum *base, struct slice mid, forum_over_fn fn, void *arg)
{
	struct over_walk w = {.f = db_forum(base), .fn = fn, .arg = arg};
	struct row r;
	int rc = view_open(w.f->env->store, &w.v);

	if (rc < 0)
		return rc;
	buf_init(&w.xref, XREF_ROOM);
	rc = row_of_mid(w.f, w.v, mid, true, &r);
	if (rc == 0) {
		r.num = 0; /* RFC 3977 section 8.3.2: 0 in the third form */
		over_on(&w, &r);
	}
	buf_fini(&w.xref);
	view_close(w.v);
	return rc < 0 ? rc : w.rc;
}

static int art_fill(struct db_forum *f, struct view *v, const struct row *r,
	const struct group_rec *home, struct forum_art *out)
{
	struct buf xref;
	int rc;

	*out = (struct forum_art){.group = r->group,
		.num = r->num,
		.content = r->content,
		.bytes = r->bytes,
		.lines = r->lines};
	buf_init(&xref, XREF_ROOM);
	rc = xref_add(f, v, r, home, &xref);
	if (!slice_cstr(buf_slice(&xref), out->xref, sizeof out->xref))
		out->xref[0] = '\0';
	buf_fini(&xref);
	return rc;
}

static int db_article(struct forum *base, uint32_t group, uint32_t num, struct forum_art *out)
{
	struct db_forum *f = db_forum(base);
	struct group_rec g;
	struct row r;
	struct view *v;
	int rc = open_group(f, group, &v, &g);

	if (rc < 0)
		return rc;
	rc = present(view_row(v, group, num, false, &r));
	if (rc == 0)
		rc = art_fill(f, v, &r, &g, out);
	view_close(v);
	return rc;
}

static int db_article_mid(struct forum *base, struct slice mid, struct forum_art *out)
{
	struct db_forum *f = db_forum(base);
	struct row r = {0};
	struct view *v;
	int rc = view_open(f->env->store, &v);

	if (rc < 0)
		return rc;
	rc = row_of_mid(f, v, mid, false, &r);
	if (rc == 0)
		rc = art_fill(f, v, &r, NULL, out);
	view_close(v);
	return rc;
}

static int db_read(struct forum *base, const struct forum_art *a, uint32_t chunk, struct buf *out)
{
	struct view *v;
	int rc = view_open(db_forum(base)->env->store, &v);

	if (rc < 0)
		return rc;
	rc = view_content(v, a->content, chunk, out);
	view_close(v);
	return present(rc);
}

static int db_wanted(struct forum *base, struct slice mid)
{
	struct db_forum *f = db_forum(base);
	struct history h;
	struct view *v;
	int rc = view_open(f->env->store, &v);

	if (rc < 0)
		return rc;
	rc = view_history(v, mid, &h);
	view_close(v);
	/* One that was only cancelled so far is still wanted: its cancel is judged when it comes.
	 */
	if (rc == 0 && h.state != HISTORY_AWAITED)
		return KERR_EXISTS;
	if (rc < 0 && rc != KERR_NOTFOUND)
		return rc;
	return !f->env->claims || claims_take(f->env->claims, hash_keyed(mid), f, f->env->now_at())
		       ? 0
		       : KERR_BUSY;
}

/* ---- login ---- */

struct login_call {
	struct db_forum *f;
	forum_done_fn done;
	void *arg;
	void *check;
};

static void login_on(void *arg, int rc, uint32_t account)
{
	struct login_call *c = arg;
	struct forum_result r = {.rc = rc, .why = "authentication failed"};

	if (rc == 0) {
		c->f->login.account = account;
		r.why = "authentication accepted";
	} else if (rc == KERR_BUSY) {
		r.why = "too many tries, come again later";
	}
	c->done(c->arg, &r);
	free(c);
}

static void login_drop(void *call)
{
	struct login_call *c = call;

	c->f->env->check_drop(c->check);
	free(c);
}

static int db_login(struct forum *base, struct slice user, struct slice pass, forum_done_fn done,
	void *arg, struct ticket *t)
{
	struct db_forum *f = db_forum(base);
	struct login_call *c = mem_new(struct login_call);
	int rc;

	*c = (struct login_call){.f = f, .done = done, .arg = arg};
	rc = f->env->check(f->env, f->who.home, f->who.source, user, pass, login_on, c, &c->check);
	if (rc < 0) {
		free(c);
		return rc;
	}
	*t = (struct ticket){c, login_drop};
	return 0;
}

/* ---- what the conversation may do ---- */

static bool db_may_post(struct forum *base)
{
	return db_forum(base)->login.account != 0;
}

static bool db_may_relay(struct forum *base)
{
	const struct db_forum *f = db_forum(base);

	return f->who.relay_any || f->peer[0] != '\0';
}

static bool db_may_login(struct forum *base)
{
	return db_forum(base)->who.plain_login;
}

static bool db_has_login(struct forum *base)
{
	return db_forum(base)->login.account != 0;
}

static const char *db_host(struct forum *base)
{
	return db_forum(base)->env->host;
}

static size_t db_max_article(struct forum *base)
{
	return db_forum(base)->env->max_article;
}

static const struct forum_ops db_ops = {
	.group = db_group,
	.groups = db_groups,
	.nums = db_nums,
	.over = db_over,
	.over_mid = db_over_mid,
	.article = db_article,
	.article_mid = db_article_mid,
	.read = db_read,
	.wanted = db_wanted,
	.newnews = db_newnews,
	.login = db_login,
	.post = db_post,
	.sender = db_sender,
	.rcpt = db_rcpt,
	.submit = db_submit,
	.may_post = db_may_post,
	.may_relay = db_may_relay,
	.may_login = db_may_login,
	.has_login = db_has_login,
	.host = db_host,
	.max_article = db_max_article,
};

/* ---- life cycle ---- */

struct cert_walk {
	const char *cert;
	char *peer; /* [STORE_NAME_MAX + 1] */
};

static bool cert_on(void *arg, const struct peer_rec *p, uint64_t cursor)
{
	struct cert_walk *w = arg;
	const char *name = p->cert[0] != '\0' ? p->cert : p->name;

	(void)cursor;
	if (p->paused || !slice_eq_ci(slice_str(name), slice_str(w->cert)))
		return true;
	memcpy(w->peer, p->name, sizeof p->name);
	return false;
}

/* Which peer is it whose certificate carries this name? */
static void find_peer(struct db_forum *f, const char *cert)
{
	struct cert_walk w = {cert, f->peer};
	struct view *v;

	f->peer[0] = '\0';
	if (!cert || view_open(f->env->store, &v) < 0)
		return;
	if (view_peers(v, cert_on, &w) < 0)
		f->peer[0] = '\0';
	view_close(v);
}

struct forum *forum_new(const struct forum_env *env, const struct forum_who *who)
{
	struct db_forum *f = mem_new(struct db_forum);

	f->base.ops = &db_ops;
	db_mail_init(f);
	f->env = env;
	f->who = *who;
	find_peer(f, who->cert);
	f->who.cert = NULL;
	return &f->base;
}

void forum_free(struct forum *base)
{
	if (base)
		db_mail_fini(db_forum(base));
	free(base);
}

void forum_become(struct forum *base, uint32_t account)
{
	db_forum(base)->login.account = account;
}

uint32_t forum_account(const struct forum *base)
{
	return ((const struct db_forum *)(const void *)base)->login.account;
}

void forum_set_secure(struct forum *base, const char *cert)
{
	struct db_forum *f = db_forum(base);

	f->login.account = 0;
	f->who.plain_login = true;
	find_peer(f, cert);
}
