/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the fake forum holds: groups, articles, and the world of the scripts. */
#include "tests/rig/fake_forum.h"

#include <stdio.h>

#include "proto/base/coll.h"
#include "proto/base/mem.h"
#include "proto/msg/fields.h"
#include "proto/msg/header.h"

struct fake_group *fake_group_named(struct fake_forum *f, struct slice name)
{
	for (unsigned i = 0; i < f->n_groups; i++)
		if (slice_eq(name, slice_str(f->groups[i].name)))
			return &f->groups[i];
	return NULL;
}

struct fake_art *fake_art_named(struct fake_forum *f, struct slice mid)
{
	uintptr_t at = (uintptr_t)map_get(f->mids, mid);

	return at ? &f->arts[at - 1] : NULL;
}

struct fake_group *fake_add_group(struct fake_forum *f, const char *name, const char *title)
{
	struct fake_group *g = &f->groups[f->n_groups++];

	*g = (struct fake_group){.id = f->n_groups, .next = 1, .title = title, .status = 'y'};
	snprintf(g->name, sizeof g->name, "%s", name);
	g->created_at = f->now_at - 86400;
	return g;
}

static struct slice field(struct slice article, const char *name)
{
	static const struct msg_limits none = {0};
	struct header_walk w;
	struct header_field f;

	header_walk_init(&w, article, &none);
	while (header_next(&w, &f) == SCAN_OK)
		if (slice_eq_ci(f.name, slice_str(name)))
			return f.value;
	return slice_of(NULL, 0);
}

static uint32_t count_lines(struct slice article)
{
	size_t at = slice_find(article, lit("\r\n\r\n"));
	uint32_t n = 0;

	for (at += 4; article.p && at < article.len; at++)
		n += article.p[at] == '\n';
	return n;
}

static void place(struct fake_forum *f, struct fake_art *a, struct slice newsgroups)
{
	struct slice name;

	while (newsgroups_next(&newsgroups, &name) && a->n_places < FAKE_PLACES) {
		struct fake_group *g = fake_group_named(f, name);

		if (!g)
			continue;
		a->places[a->n_places].group = g->id;
		a->places[a->n_places++].num = g->next++;
	}
}

int fake_add(struct fake_forum *f, struct slice article)
{
	static const char *const over[] = {"Subject", "From", "Date", "Message-ID", "References"};
	struct slice mid = field(article, "Message-ID");
	struct fake_art a = {.arrived_at = f->now_at, .lines = count_lines(article)};

	if (!slice_cstr(mid, a.mid, sizeof a.mid))
		return KERR_INVALID;
	if (mid.len == 0)
		snprintf(a.mid, sizeof a.mid, "<new%zu@news.koko.test>", f->n_arts);
	if (fake_art_named(f, slice_str(a.mid)))
		return KERR_EXISTS;
	place(f, &a, field(article, "Newsgroups"));
	if (a.n_places == 0)
		return KERR_INVALID;
	buf_init(&a.bytes, SIZE_MAX / 2);
	buf_init(&a.fields, 1 << 20);
	if (mid.len == 0)
		buf_addf(&a.bytes, "Message-ID: %s\r\n", a.mid);
	buf_add(&a.bytes, article);
	for (unsigned i = 0; i < array_len(over); i++) {
		if (i > 0)
			buf_addc(&a.fields, '\t');
		header_add_flat(&a.fields, i == 3 ? slice_str(a.mid) : field(article, over[i]));
	}
	if (f->n_arts == f->cap_arts) {
		f->cap_arts = f->cap_arts * 2 + 16;
		f->arts = mem_realloc(f->arts, f->cap_arts * sizeof *f->arts);
	}
	f->arts[f->n_arts++] = a;
	map_put(f->mids, slice_str(a.mid), (void *)(uintptr_t)f->n_arts);
	return 0;
}

/* ---- the world of the scripts ---- */

static void add_numbered(struct fake_forum *f, const char *groups, unsigned n)
{
	struct buf b;

	buf_init(&b, 4096);
	buf_addf(&b,
		"Path: news.koko.test!not-for-mail\r\nFrom: Anna <anna@koko.test>\r\n"
		"Newsgroups: %s\r\nSubject: Subject %u\r\nDate: Mon, 23 Nov 2026 13:00:0%u "
		"+0000\r\n"
		"Message-ID: <a%u@koko.test>\r\n",
		groups, n, n, n);
	if (n > 1)
		buf_addf(&b, "References: <a%u@koko.test>\r\n", n - 1);
	if (n % 2 == 0)
		buf_add(&b, lit("Organization: Amt\r\n\tfuer Folds\r\n"));
	buf_addf(&b, "\r\nBody of %u.\r\n.a dot\r\n..\r\nend\r\n", n);
	if (fake_add(f, buf_slice(&b)) < 0)
		abort();
	f->arts[f->n_arts - 1].arrived_at = f->now_at - 3600 + (int64_t)n;
	buf_fini(&b);
}

struct fake_forum *fake_world(void)
{
	struct fake_forum *f = fake_new();

	f->users[f->n_users++] = (struct fake_user){"anna", "anna"};
	f->users[f->n_users++] = (struct fake_user){"bert", "bert"};
	f->users[f->n_users++] = (struct fake_user){"cleo", "gr\xc3\xbcne  W\xc3\xa4lder "};
	f->chunk = 41;
	f->max_article = 4096;
	fake_add_group(f, "koko.board", "Read only")->status = 'n';
	fake_add_group(f, "koko.closed", "Bert alone")->members = "bert";
	fake_add_group(f, "koko.empty", "Nothing yet")->members = "anna";
	fake_add_group(f, "koko.open", "For all")->members = "anna bert";
	fake_add_group(f, "koko.test", "Tests und \xc3\x9c")->members = "anna bert";
	f->groups[0].members = "anna bert";
	fake_group_named(f, lit("koko.open"))->shared = true;
	f->groups[0].created_at = 1000000000;
	f->groups[3].open = true;
	for (unsigned n = 1; n <= 5; n++)
		add_numbered(f, n == 4 ? "koko.test,koko.closed" : "koko.test", n);
	add_numbered(f, "koko.closed", 6);
	add_numbered(f, "koko.open", 7);
	f->arts[2].removed = true;
	return f;
}
