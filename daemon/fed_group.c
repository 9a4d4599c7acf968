/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Newsgroups of the records.  A group that this municipality has joined is made here, with nobody
 * in it: its admin says who.  One that it was taken out of stays as it is, for those who may read
 * it here, until it is erased; posts are refused (fed_posting.c).
 */
#include "daemon/fed_priv.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

struct group_job {
	struct fed *f;
	char name[STORE_NAME_MAX + 1];
};

static void on_made(void *arg, const struct store_result *res)
{
	struct group_job *j = arg;

	if (res->rc == KERR_EXISTS && !j->f->stopping) { /* made meanwhile, by another record */
		j->f->groups_due = true;
		fed_soon(j->f);
	}
	if (res->rc < 0 && res->rc != KERR_EXISTS)
		log_error("fed.group", "group=%s why=%s", j->name, kerr_name(res->rc));
	else
		log_info("fed.group", "group=%s id=%u", j->name, res->id);
	free(j);
}

static enum group_posting posting_of(const struct fed_group *g)
{
	return g->moderated ? POSTING_MODERATORS : POSTING_MEMBERS;
}

static void put(struct fed *f, const struct group_rec *rec)
{
	struct group_job *j = mem_new(struct group_job);
	const struct store_call call = {
		.home = f->loop, .done = on_made, .arg = j, .actor = "federation"};

	j->f = f;
	(void)!slice_cstr(slice_str(rec->name), j->name, sizeof j->name);
	if (store_group_put(f->d->store, rec, &call) < 0) {
		f->groups_due = true; /* tried again with the next tick */
		free(j);
	}
}

static bool differs(const struct group_rec *rec, const struct fed_group *g)
{
	return rec->posting != posting_of(g) || !slice_eq(slice_str(rec->title), g->title);
}

struct fit_walk {
	struct fed *f;
	struct view *v;
};

static bool fit(void *arg, const struct fed_group *g, uint64_t serial)
{
	struct fit_walk *w = arg;
	struct group_rec rec;
	int rc;

	(void)serial;
	if (!fed_reg_reads(w->f->reg, &w->f->keys->oid, &g->gid))
		return true;
	rc = view_group_named(w->v, 0, g->group, &rec);
	if (rc == KERR_NOTFOUND)
		rec = (struct group_rec){.kind = g->moderated ? GROUP_BOARD : GROUP_FORUM,
			.cls = g->closed ? CLASS_CLOSED : CLASS_PUBLIC,
			.reply = REPLY_AUTHOR,
			.created_at = loop_now_at()};
	else if (rc < 0 || !differs(&rec, g))
		return true;
	rec.posting = posting_of(g);
	(void)!slice_cstr(g->group, rec.name, sizeof rec.name);
	(void)!slice_cstr(g->title, rec.title, sizeof rec.title);
	put(w->f, &rec);
	return true;
}

void fed_groups_fit(struct fed *f)
{
	struct fit_walk w = {.f = f};

	if (!f->node || view_open(f->d->store, &w.v) < 0)
		return;
	fed_reg_groups(f->reg, fit, &w);
	view_close(w.v);
}
