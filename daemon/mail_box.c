/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of mailboxes.  Personal ones stand at the top, groups below MAIL_GROUPS_PREFIX with `/` for
 * their dots; levels that are no mailbox themselves are shown with id 0.
 */
#include "daemon/mail_priv.h"

#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/msg/fields.h"

static bool in_groups(struct slice name)
{
	const struct slice prefix = slice_str(MAIL_GROUPS_PREFIX);

	return slice_starts(name, prefix) && (name.len == prefix.len || name.p[prefix.len] == '/');
}

static void swap_bytes(char *s, char from, char to)
{
	for (; *s != '\0'; s++)
		if (*s == from)
			*s = to;
}

bool mail_group_name(struct slice name, char out[STORE_NAME_MAX + 1])
{
	if (!in_groups(name) || slice_chr(name, '.') < name.len)
		return false;
	if (!slice_cstr(slice_from(name, sizeof MAIL_GROUPS_PREFIX), out, STORE_NAME_MAX + 1))
		return false;
	swap_bytes(out, '/', '.');
	return out[0] != '\0';
}

/* INBOX is written in any case.  RFC 3501 section 5.1 */
static struct slice canonical(struct slice name)
{
	return slice_eq_ci(name, lit("INBOX")) ? lit("INBOX") : name;
}

/* Levels that are not empty, UTF-8 without control characters. */
static bool name_valid(struct slice name)
{
	if (name.len == 0 || name.len > MAIL_NAME_MAX || !utf8_valid(name))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.p[i];
		bool ends = i == 0 || i + 1 == name.len || name.p[i - 1] == '/';

		if (c < ' ' || c == 0x7f || (c == '/' && ends))
			return false;
	}
	return true;
}

/* ---- one mailbox ---- */

static void set_name(const struct group_rec *g, struct mail_box *out)
{
	if (g->owner != 0) {
		memcpy(out->name, g->name, sizeof out->name);
		return;
	}
	memcpy(out->name, MAIL_GROUPS_PREFIX "/", sizeof MAIL_GROUPS_PREFIX);
	memcpy(out->name + sizeof MAIL_GROUPS_PREFIX, g->name, STORE_NAME_MAX + 1);
	swap_bytes(out->name + sizeof MAIL_GROUPS_PREFIX, '.', '/');
}

struct below_walk {
	struct db_forum *f;
	struct view *v;
	struct slice prefix; /* with the separator behind it */
	bool found;
	int rc;
};

static bool below_on(void *arg, const struct group_rec *g)
{
	struct below_walk *w = arg;
	unsigned rights;

	if (!slice_starts(slice_str(g->name), w->prefix))
		return false;
	w->rc = mail_rights(w->f, w->v, g, &rights);
	w->found = w->rc == 0 && (rights & MAIL_LOOKUP);
	return w->rc == 0 && !w->found;
}

/* Is there a mailbox below `name`, which has the separator sep? */
static int has_below(
	struct db_forum *f, struct view *v, uint32_t owner, struct slice name, char sep, bool *out)
{
	struct below_walk w = {.f = f, .v = v};
	struct buf prefix;

	buf_init(&prefix, STORE_BOX_MAX + 1);
	buf_add(&prefix, name);
	if (name.len > 0)
		buf_addc(&prefix, sep);
	w.prefix = buf_slice(&prefix);
	int rc = prefix.bad ? 0 : view_groups(v, owner, w.prefix, below_on, &w);
	buf_fini(&prefix);
	*out = w.found;
	return rc < 0 ? rc : w.rc;
}

static int below_box(struct db_forum *f, struct view *v, struct slice name, bool *out)
{
	char group[STORE_NAME_MAX + 1] = "";

	if (!in_groups(name))
		return has_below(f, v, f->login.account, name, '/', out);
	if (name.len > sizeof MAIL_GROUPS_PREFIX && !mail_group_name(name, group)) {
		*out = false;
		return 0;
	}
	return has_below(f, v, 0, slice_str(group), '.', out);
}

/* Has he said so, or is it his, or is he a member? */
static int subscribed(struct db_forum *f, struct view *v, const struct mail_box *b, bool *out)
{
	enum role role;
	int rc = view_subscribed(v, f->login.account, slice_str(b->name), out);

	if (rc != KERR_NOTFOUND)
		return rc;
	*out = b->id != 0 && !b->shared;
	if (!b->shared)
		return 0;
	rc = view_role(v, b->id, f->login.account, &role);
	*out = rc == 0;
	return rc == KERR_NOTFOUND ? 0 : rc;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static int set_figures(
	struct db_forum *f, struct view *v, const struct group_rec *g, struct mail_box *out)
{
	struct group_state st;
	uint64_t mine = 0;
	int rc = view_group_state(v, g->id, &st);

	if (rc == 0)
		rc = view_marks_modseq(v, f->login.account, g->id, &mine);
	if (rc < 0)
		return rc;
	out->low = st.low;
	out->next = st.next;
	out->count = st.count;
	out->bytes = st.bytes + (st.count - st.heads) * (uint64_t)mail_old_head_len(f, g);
	out->modseq = larger(larger(st.modseq, mine), 1);
	return 0;
}

/* out->has_children is set already. */
static int fill(struct db_forum *f, struct view *v, const struct group_rec *g, struct mail_box *out)
{
	int rc = mail_rights(f, v, g, &out->rights);

	if (rc < 0)
		return rc;
	if (!(out->rights & MAIL_LOOKUP))
		return KERR_NOTFOUND;
	set_name(g, out);
	out->id = g->id;
	out->use = (enum mail_use)g->use;
	out->shared = g->owner == 0;
	rc = set_figures(f, v, g, out);
	return rc < 0 ? rc : subscribed(f, v, out, &out->subscribed);
}

static int level(struct db_forum *f, struct view *v, struct slice name, struct mail_box *out)
{
	if (!out->has_children || !slice_cstr(name, out->name, sizeof out->name))
		return KERR_NOTFOUND;
	out->rights = MAIL_LOOKUP;
	return subscribed(f, v, out, &out->subscribed);
}

static int find(struct db_forum *f, struct view *v, struct slice name, struct group_rec *out)
{
	char group[STORE_NAME_MAX + 1];

	if (!in_groups(name))
		return name.len <= MAIL_NAME_MAX && name.len > 0
			       ? view_group_named(v, f->login.account, name, out)
			       : KERR_NOTFOUND;
	if (!mail_group_name(name, group) || !group_name_valid(slice_str(group)))
		return KERR_NOTFOUND;
	return view_group_named(v, 0, slice_str(group), out);
}

int mail_box_op(struct mail *m, struct slice name, struct mail_box *out)
{
	struct db_forum *f = mail_forum(m);
	struct group_rec g;
	struct view *v;
	int rc = mail_view(f, &v);

	if (rc < 0)
		return rc;
	*out = (struct mail_box){0};
	name = canonical(name);
	rc = below_box(f, v, name, &out->has_children);
	if (rc == 0)
		rc = find(f, v, name, &g);
	if (rc == 0)
		rc = fill(f, v, &g, out);
	if (rc == KERR_NOTFOUND)
		rc = level(f, v, name, out);
	view_close(v);
	return rc;
}

/* ---- all mailboxes ---- */

struct entry {
	struct slice name; /* in the arena */
	uint32_t id;       /* 0: a level */
};

struct list_walk {
	struct db_forum *f;
	struct view *v;
	struct arena names;
	struct vec entries;
	int rc;
};

static void add_entry(struct list_walk *w, struct slice name, uint32_t id)
{
	*(struct entry *)vec_push(&w->entries) = (struct entry){name, id};
}

/* A mailbox, and all levels above it. */
static bool list_on(void *arg, const struct group_rec *g)
{
	struct list_walk *w = arg;
	struct mail_box b;
	unsigned rights;

	w->rc = mail_rights(w->f, w->v, g, &rights);
	if (w->rc < 0 || !(rights & MAIL_LOOKUP))
		return w->rc == 0;
	set_name(g, &b);
	struct slice name = arena_dup(&w->names, slice_str(b.name));
	add_entry(w, name, g->id);
	for (size_t i = 1; i < name.len; i++)
		if (name.p[i] == '/')
			add_entry(w, slice_head(name, i), 0);
	return true;
}

/* By name, the mailbox before the level of the same name. */
static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = slice_cmp(x->name, y->name);

	return order != 0 ? order : (x->id < y->id) - (x->id > y->id);
}

static int collect(struct list_walk *w)
{
	size_t n = 0;
	int rc = view_groups(w->v, w->f->login.account, lit(""), list_on, w);

	if (rc == 0 && w->rc == 0)
		rc = view_groups(w->v, 0, lit(""), list_on, w);
	if (rc < 0 || w->rc < 0 || w->entries.n == 0)
		return rc < 0 ? rc : w->rc;
	qsort(w->entries.data, w->entries.n, w->entries.size, by_name);
	for (size_t i = 0; i < w->entries.n; i++) {
		const struct entry *e = vec_at(&w->entries, i);
		const struct entry *last = n > 0 ? vec_at(&w->entries, n - 1) : NULL;

		if (!last || !slice_eq(last->name, e->name))
			*(struct entry *)vec_at(&w->entries, n++) = *e;
	}
	w->entries.n = n;
	return 0;
}

/* The place of the first name above `after`. */
static size_t first_above(const struct vec *entries, struct slice after)
{
	size_t lo = 0, hi = entries->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct entry *e = vec_at(entries, mid);

		if (slice_cmp(e->name, after) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Is a name in the list that continues this one with a separator? */
static bool has_children(const struct vec *entries, struct slice name)
{
	char with[MAIL_NAME_MAX + 2];
	struct slice prefix = slice_of(with, name.len + 1);

	memcpy(with, name.p, name.len);
	with[name.len] = '/';
	size_t i = first_above(entries, prefix);
	return i < entries->n &&
	       slice_starts(((const struct entry *)vec_at(entries, i))->name, prefix);
}

static int show(struct list_walk *w, const struct entry *e, struct mail_box *out)
{
	struct group_rec g;

	*out = (struct mail_box){.has_children = has_children(&w->entries, e->name)};
	if (e->id == 0)
		return level(w->f, w->v, e->name, out);
	int rc = view_group(w->v, e->id, &g);
	return rc < 0 ? rc : fill(w->f, w->v, &g, out);
}

int mail_boxes_op(struct mail *m, struct slice after, mail_box_fn fn, void *arg)
{
	struct list_walk w = {.f = mail_forum(m)};
	struct mail_box b;
	int rc = mail_view(w.f, &w.v);

	if (rc < 0)
		return rc;
	arena_init(&w.names);
	vec_init(&w.entries, sizeof(struct entry));
	rc = collect(&w);
	for (size_t i = first_above(&w.entries, after); rc == 0 && i < w.entries.n; i++) {
		rc = show(&w, vec_at(&w.entries, i), &b);
		if (rc == 0 && !fn(arg, &b))
			break;
	}
	vec_fini(&w.entries);
	arena_fini(&w.names);
	view_close(w.v);
	return rc;
}

/* ---- changes ---- */

/* May a personal mailbox have this name?  KERR_WAIT: those that everybody has are still made. */
static int name_check(struct db_forum *f, struct slice name)
{
	struct view *v;
	int rc = mail_view(f, &v);

	if (rc < 0)
		return rc;
	view_close(v);
	if (in_groups(name))
		return KERR_DENIED;
	return name_valid(name) ? 0 : KERR_INVALID;
}

int mail_create_op(struct mail *m, struct slice name, enum mail_use use, mail_done_fn done,
	void *arg, struct ticket *t)
{
	struct db_forum *f = mail_forum(m);
	int rc = name_check(f, name);

	if (rc < 0)
		return rc;
	struct mail_call *c = mail_call_new(f, 0, done, arg);
	struct store_call call = mail_store_call(c);
	rc = store_box_new(f->env->store, f->login.account, canonical(name), (uint32_t)use,
		f->env->now_at(), &call);
	return mail_out(c, rc, t);
}

int mail_remove_op(
	struct mail *m, struct slice name, mail_done_fn done, void *arg, struct ticket *t)
{
	struct db_forum *f = mail_forum(m);
	int rc = name_check(f, name);

	if (rc == 0 && slice_eq_ci(name, lit("INBOX")))
		rc = KERR_DENIED;
	if (rc < 0)
		return rc;
	struct mail_call *c = mail_call_new(f, 0, done, arg);
	struct store_call call = mail_store_call(c);
	rc = store_box_remove(f->env->store, f->login.account, name, &call);
	return mail_out(c, rc, t);
}

/* The new mailbox is there: move all that is in INBOX. */
static void inbox_on(void *arg, const struct store_result *res)
{
	struct mail_call *c = arg;
	struct store_call call = mail_store_call(c);
	struct group_rec inbox;
	struct ranges all;
	struct view *v;
	int rc = res->rc == 0 && mail_call_dropped(c) ? KERR_CLOSED : res->rc;

	if (rc == 0)
		rc = view_open(c->store, &v);
	if (rc == 0) {
		while ((rc = view_group_named(v, c->account, lit("INBOX"), &inbox)) == KERR_WAIT)
			;
		view_close(v);
	}
	c->box = res->id;
	ranges_init(&all);
	ranges_push(&all, 1, INT32_MAX);
	if (rc == 0)
		rc = store_copy_rows(
			c->store, c->account, inbox.id, &all, c->box, true, c->now_at, &call);
	ranges_fini(&all);
	if (rc < 0)
		mail_on(c, &(struct store_result){.rc = rc});
}

int mail_rename_op(struct mail *m, struct slice from, struct slice to, mail_done_fn done, void *arg,
	struct ticket *t)
{
	struct db_forum *f = mail_forum(m);
	int rc = name_check(f, from);

	if (rc == 0)
		rc = name_check(f, to);
	if (rc < 0)
		return rc;
	struct mail_call *c = mail_call_new(f, 0, done, arg);
	struct store_call call = mail_store_call(c);
	if (slice_eq_ci(from, lit("INBOX"))) {
		call.done = inbox_on;
		rc = store_box_new(f->env->store, f->login.account, canonical(to), USE_NONE,
			f->env->now_at(), &call);
	} else {
		rc = store_box_rename(f->env->store, f->login.account, from, canonical(to), &call);
	}
	return mail_out(c, rc, t);
}

int mail_subscribe_op(
	struct mail *m, struct slice name, bool on, mail_done_fn done, void *arg, struct ticket *t)
{
	struct db_forum *f = mail_forum(m);
	struct mail_box b;
	/* what is not there would not be listed; a name whose mailbox has gone may be given up */
	int rc = on ? mail_box_op(m, name, &b) : 0;

	if (rc < 0)
		return rc;
	if (f->login.account == 0)
		return KERR_LOGIN;
	if (!name_valid(name))
		return KERR_INVALID;
	struct mail_call *c = mail_call_new(f, 0, done, arg);
	struct store_call call = mail_store_call(c);
	rc = store_subscribe(f->env->store, f->login.account, canonical(name), on, &call);
	return mail_out(c, rc, t);
}
