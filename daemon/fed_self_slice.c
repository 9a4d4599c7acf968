/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A slice of the self-check: entries are read and compared with what was signed; of what is not
 * shared it is seen that it opens, for the seal of the store is all that vouches for it.
 */
#include <stdio.h>

#include "daemon/fed_self_priv.h"
#include "proto/base/mem.h"
#include "proto/fed/fed_entry.h"

enum { SLICE_ENTRIES = 256 /* at most */ };

/* What is read of an entry before its content is. */
struct taken {
	struct store_mark mark;
	enum entry_kind kind;
	struct place place;
	char sign[STORE_SIGN_MAX + 1];
	bool damaged;
};

static bool take_on(void *arg, const struct entry_rec *e)
{
	struct vec *out = arg;
	struct taken *t = vec_push(out);

	*t = (struct taken){
		.mark = {.feed = e->feed,
			 .n = e->n,
			 .content = e->kind == ENTRY_BEAT ? 0 : e->content,
			 .absent = e->absent},
		.kind = e->kind,
		.place = e->place,
		.damaged = e->damaged
        };
	(void)!slice_cstr(e->sign, t->sign, sizeof t->sign);
	return out->n < SLICE_ENTRIES;
}

/* Does the Message-ID lead to it, and its number too? */
static bool leads_there(struct view *v, const struct taken *t, const char **why)
{
	struct fed_sign s;
	struct history h;
	struct row row;

	if (!fed_sign_parse(slice_str(t->sign), &s, why))
		return false;
	*why = "its Message-ID does not lead to it";
	if (view_history(v, slice_str(s.m), &h) < 0 || h.content != t->mark.content)
		return false;
	*why = "its row is damaged";
	for (unsigned i = 0; i < h.n_places; i++)
		if (view_row(v, h.places[i].group, h.places[i].num, false, &row) < 0 ||
			row.content != h.content)
			return false;
	return true;
}

static void note(
	struct slice_job *j, const struct taken *t, uint8_t absent, bool wrong, const char *why)
{
	struct found *f = vec_push(&j->found);

	*f = (struct found){.mark = t->mark};
	f->mark.absent = absent;
	f->mark.wrong = wrong;
	f->row = t->damaged;
	snprintf(f->why, sizeof f->why, "%s", why);
}

/* Read one and compare. */
static int check_one(struct slice_job *j, const struct taken *t, struct buf *text)
{
	const char *why = "it does not open";
	struct view *v;
	bool opens, holds, leads = false;
	int rc = view_open(j->f->d->store, &v);

	if (rc < 0)
		return rc;
	buf_reset(text);
	rc = view_content_all(v, t->mark.content, text);
	opens = rc == 0;
	holds = opens && fed_entry_holds(slice_str(t->sign), buf_slice(text), &why);
	leads = holds && leads_there(v, t, &why);
	view_close(v);
	if (rc == KERR_WAIT || rc == KERR_IO)
		return rc;
	j->n_entries++;
	j->bytes += text->len;
	if (leads && t->mark.absent != 0)
		note(j, t, 0, false, "it is whole after all");
	else if (!leads && t->mark.absent == 0)
		note(j, t, FED_ABSENT_LOST, opens && !holds, why);
	return 0;
}

static void check_entries(struct slice_job *j, struct buf *text)
{
	struct vec taken;
	struct view *v;
	size_t i = 0;

	vec_init(&taken, sizeof(struct taken));
	j->rc = view_open(j->f->d->store, &v);
	if (j->rc == 0) {
		j->rc = view_entries_after(v, j->from.feed, j->from.n, take_on, &taken);
		view_close(v);
	}
	while (j->rc == 0 && i < taken.n && j->bytes < j->max) {
		const struct taken *t = vec_at(&taken, i++);

		if (t->damaged)
			note(j, t, FED_ABSENT_LOST, false, "its entry is damaged");
		else if (t->mark.content != 0)
			j->rc = check_one(j, t, text);
		if (j->rc == 0)
			j->to = (struct spot){t->mark.feed, t->mark.n, false};
	}
	if (j->rc == 0 && i == taken.n && taken.n < SLICE_ENTRIES)
		j->to = (struct spot){.rows = true};
	vec_fini(&taken);
}

/* ---- what is not shared ---- */

struct taken_row {
	struct place place;
	uint64_t content; /* 0: it is shared */
};

static bool take_row_on(void *arg, const struct row *r, bool shared)
{
	struct vec *out = arg;

	*(struct taken_row *)vec_push(out) = (struct taken_row){
		{r->group, r->num},
                shared ? 0 : r->content
        };
	return out->n < SLICE_ENTRIES;
}

static void note_row(struct slice_job *j, struct view *v, const struct place *at)
{
	struct found_row *f = vec_push(&j->found_rows);
	struct group_rec g = {.owner = 0};
	struct account a = {.id = 0};

	*f = (struct found_row){.group = at->group, .num = at->num};
	if (view_group(v, at->group, &g) == 0 && g.owner != 0 && view_account(v, g.owner, &a) == 0)
		snprintf(f->about, sizeof f->about, "%s", a.login);
	else
		snprintf(f->about, sizeof f->about, "%s", g.name);
}

static int check_row(struct slice_job *j, const struct taken_row *t, struct buf *text)
{
	struct row again;
	struct view *v;
	int rc = view_open(j->f->d->store, &v);

	if (rc < 0)
		return rc;
	buf_reset(text);
	rc = view_content_all(v, t->content, text);
	j->bytes += text->len;
	/* it may have been taken out meanwhile */
	if ((rc == KERR_DAMAGED || rc == KERR_NOTFOUND) &&
		view_row(v, t->place.group, t->place.num, false, &again) == 0)
		note_row(j, v, &t->place);
	view_close(v);
	return rc == KERR_WAIT || rc == KERR_IO ? rc : 0;
}

static void check_rows(struct slice_job *j, struct buf *text)
{
	struct vec taken;
	struct view *v;
	size_t i = 0;

	vec_init(&taken, sizeof(struct taken_row));
	j->rc = view_open(j->f->d->store, &v);
	if (j->rc == 0) {
		j->rc = view_rows_after(v, j->from.feed, (uint32_t)j->from.n, take_row_on, &taken);
		view_close(v);
	}
	while (j->rc == 0 && i < taken.n && j->bytes < j->max) {
		const struct taken_row *t = vec_at(&taken, i++);

		if (t->content != 0)
			j->rc = check_row(j, t, text);
		if (j->rc == 0)
			j->to = (struct spot){t->place.group, t->place.num, true};
	}
	j->last = j->rc == 0 && i == taken.n && taken.n < SLICE_ENTRIES;
	vec_fini(&taken);
}

void fed_slice_check(void *arg)
{
	struct slice_job *j = arg;
	struct buf text;

	buf_init(&text, STORE_ARTICLE_MAX);
	if (j->from.rows)
		check_rows(j, &text);
	else
		check_entries(j, &text);
	mem_wipe(text.data, text.len);
	buf_fini(&text);
}
