/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fills a store through its public face with what a fake forum holds. */
#include "tests/rig/world.h"

#include <assert.h>
#include <stdio.h>

#include "storage/kv.h"
#include "storage/store_priv.h"

static void done_on(void *arg, const struct store_result *res)
{
	assert(res->rc == 0);
	*(bool *)arg = true;
}

/* Run the job that was just queued; it must succeed. */
static void run(struct world *w, int rc, const bool *done)
{
	assert(rc == 0);
	town_run(&w->town);
	assert(*done);
}

static void add_account(struct world *w, const char *login)
{
	struct account a = {.state = ACCOUNT_ACTIVE, .created_at = TOWN_NOW, .n_addresses = 1};
	bool done = false;
	struct store_call c = {.done = done_on, .arg = &done};

	snprintf(a.login, sizeof a.login, "%s", login);
	snprintf(a.name, sizeof a.name, "%s", login);
	snprintf(a.addresses[0], sizeof a.addresses[0], "%s@koko.test", login);
	run(w, store_account_put(w->town.store, &a, &c), &done);
}

static void add_group(struct world *w, const struct fake_group *g)
{
	struct group_rec r = {.kind = GROUP_FORUM,
		.cls = g->open ? CLASS_PUBLIC : CLASS_CLOSED,
		.posting = g->status == 'n' ? POSTING_MODERATORS : POSTING_MEMBERS,
		.created_at = g->created_at};
	struct slice rest = slice_str(g->members), login;
	bool done = false;
	struct store_call c = {.done = done_on, .arg = &done};

	snprintf(r.name, sizeof r.name, "%s", g->name);
	snprintf(r.title, sizeof r.title, "%s", g->title);
	snprintf(r.creator, sizeof r.creator, "anna");
	run(w, store_group_put(w->town.store, &r, &c), &done);
	while (slice_word(&rest, &login)) {
		char name[64];

		if (slice_cstr(login, name, sizeof name))
			town_member(&w->town, g->name, name,
				g->status == 'n' ? ROLE_READER : ROLE_WRITER);
	}
}

/* A neighbour that gets the shared groups. */
static void add_peer(struct world *w, const struct fake_forum *like)
{
	struct peer_rec p = {.name = "neighbour.test", .tls = true};
	struct buf groups;
	bool done = false;
	struct store_call c = {.done = done_on, .arg = &done};

	buf_init(&groups, sizeof p.groups - 1);
	for (unsigned i = 0; i < like->n_groups; i++)
		if (like->groups[i].shared)
			buf_addf(&groups, "%s%s", groups.len > 0 ? "," : "", like->groups[i].name);
	bool fits = slice_cstr(buf_slice(&groups), p.groups, sizeof p.groups);
	assert(fits);
	buf_fini(&groups);
	run(w, store_peer_put(w->town.store, &p, &c), &done);
}

static void add_article(struct world *w, const struct fake_forum *like, const struct fake_art *a)
{
	uint32_t groups[FAKE_PLACES];
	struct store_post p = {.mid = slice_str(a->mid),
		.article = buf_slice(&a->bytes),
		.overview = buf_slice(&a->fields),
		.lines = a->lines,
		.arrived_at = a->arrived_at,
		.groups = groups,
		.n_groups = a->n_places};
	bool done = false;
	struct store_call c = {.done = done_on, .arg = &done};

	for (unsigned i = 0; i < a->n_places; i++)
		groups[i] = town_group(&w->town, like->groups[a->places[i].group - 1].name);
	run(w, store_post(w->town.store, &p, &c), &done);
	done = false;
	if (a->removed)
		run(w, store_cancel(w->town.store, p.mid, &c), &done);
}

void world_build(struct world *w, const struct fake_forum *like)
{
	town_open(&w->town);
	w->domain = lit("koko.test");
	w->town.env.host = "news.koko.test";
	w->town.env.mail_domains = &w->domain;
	w->town.env.n_mail_domains = 1;
	w->town.env.max_article = like->max_article;
	for (unsigned i = 0; i < like->n_users; i++)
		add_account(w, like->users[i].login);
	for (unsigned i = 0; i < like->n_groups; i++)
		add_group(w, &like->groups[i]);
	add_peer(w, like);
	for (size_t i = 0; i < like->n_arts; i++)
		add_article(w, like, &like->arts[i]);
}

void world_fini(struct world *w)
{
	town_fini(&w->town);
}

void world_set_waits(struct world *w, uint64_t every)
{
	struct kv_mem_faults faults = {.wait_every = every};

	kv_mem_set_faults(store_kv(w->town.store), &faults);
}
