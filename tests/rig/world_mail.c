/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Jobs of the store, each run to its answer, which must be a good one. */
#include "tests/rig/world_mail.h"

#include <assert.h>

#include "daemon/mail.h"

static void done_on(void *arg, const struct store_result *res)
{
	assert(res->rc == 0);
	*(bool *)arg = true;
}

/* Run the job that was just queued. */
static void run(struct world *w, int rc, const bool *done)
{
	assert(rc == 0);
	town_run(&w->town);
	assert(*done);
}

static void file(
	struct world *w, uint32_t account, uint32_t box, struct slice message, uint64_t flags)
{
	bool done = false;
	struct store_call c = {.done = done_on, .arg = &done};

	run(w, mail_file(&w->town.env, account, box, message, flags, 0, &c), &done);
}

static struct view *view_of(struct world *w)
{
	struct view *v;
	int rc = view_open(w->town.store, &v);

	assert(rc == 0);
	return v;
}

uint32_t world_box(struct world *w, const char *login, struct slice name)
{
	uint32_t account = town_account(&w->town, login);
	struct view *v = view_of(w);
	struct group_rec g = {.id = 0};
	int rc = view_group_named(v, account, name, &g);

	assert(rc == 0 || rc == KERR_NOTFOUND);
	view_close(v);
	return g.id;
}

uint64_t world_modseq(struct world *w)
{
	struct view *v = view_of(w);
	uint64_t seq = 0;
	int rc = view_last_seq(v, &seq);

	assert(rc == 0);
	view_close(v);
	return seq;
}

static void add_box(struct world *w, const struct fake_box *b, const char *login)
{
	uint32_t account = town_account(&w->town, login);
	uint32_t box = world_box(w, login, slice_str(b->name));

	if (box == 0) {
		bool done = false;
		struct store_call c = {.done = done_on, .arg = &done};

		run(w,
			store_box_new(w->town.store, account, slice_str(b->name), (uint32_t)b->use,
				TOWN_NOW, &c),
			&done);
		box = world_box(w, login, slice_str(b->name));
	}
	for (size_t i = 0; i < b->n; i++)
		file(w, account, box, buf_slice(&b->v[i].bytes), b->v[i].flags);
}

void world_add_mail(struct world *w, const struct fake_mail *like, const char *login)
{
	bool done = false;
	struct store_call c = {.done = done_on, .arg = &done};

	run(w, store_boxes_start(w->town.store, town_account(&w->town, login), TOWN_NOW, &c),
		&done);
	for (size_t i = 0; i < like->n_boxes; i++)
		if (!like->boxes[i].shared && like->boxes[i].id != 0)
			add_box(w, &like->boxes[i], login);
}

/* ---- another device ---- */

static void number_on(void *arg, const struct store_result *res)
{
	assert(res->rc == 0);
	*(uint32_t *)arg = res->id;
}

uint64_t world_mail_keyword(struct world *w, const char *login, struct slice name)
{
	uint32_t account = town_account(&w->town, login);
	uint32_t number = UINT32_MAX;
	struct store_call c = {.done = number_on, .arg = &number};
	int rc = store_keyword_add(w->town.store, account, name, &c);

	assert(rc == 0);
	town_run(&w->town);
	assert(number < MAIL_KEYWORDS);
	return UINT64_C(1) << (MAIL_KEYWORD_BIT + number);
}

void world_mail_new(
	struct world *w, const char *login, struct slice message, struct slice keyword_new)
{
	uint64_t flag = keyword_new.len > 0 ? world_mail_keyword(w, login, keyword_new) : 0;

	file(w, town_account(&w->town, login), 0, message, flag);
}

void world_mail_gone(struct world *w, const char *login, uint32_t num)
{
	bool done = false;
	struct store_call c = {.done = done_on, .arg = &done};
	struct ranges r;

	ranges_init(&r);
	ranges_push(&r, num, num);
	run(w,
		store_expunge(w->town.store, town_account(&w->town, login),
			world_box(w, login, lit("INBOX")), &r, &c),
		&done);
	ranges_fini(&r);
}

void world_mail_flag(struct world *w, const char *login, uint32_t num, uint64_t flags)
{
	bool done = false;
	struct store_call c = {.done = done_on, .arg = &done};
	struct ranges r;

	ranges_init(&r);
	ranges_push(&r, num, num);
	run(w,
		store_flags(w->town.store, town_account(&w->town, login),
			world_box(w, login, lit("INBOX")), &r, STORE_FLAGS_ADD, flags, 0, &c),
		&done);
	ranges_fini(&r);
}
