/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups and their members: group.add, set, list, show; member.add, list, remove. */
#include <time.h>

#include "daemon/control_priv.h"
#include "proto/msg/fields.h"

enum { ROWS_STEP = 200 }; /* rows of a listing per callback */

static int take_name(struct control_req *r, struct group_rec *g)
{
	const char *name;
	int rc = control_arg(r, "name", STORE_NAME_MAX, &name);

	if (rc < 0)
		return rc;
	if (!group_name_valid(slice_str(name)))
		return err_set(&r->err, KERR_INVALID,
			"name: \"%s\" is not allowed, allowed: a-z 0-9 + _ - with dots between",
			name);
	control_copy(g->name, sizeof g->name, name);
	r->what = name;
	return 0;
}

static int take_group(struct control_req *r, struct group_rec *g)
{
	int kind = 0, cls = 0, posting = 0, reply = 0;
	const char *title = "";
	int rc = take_name(r, g);

	if (rc == 0)
		rc = control_arg_or(r, "title", STORE_TITLE_MAX, "", &title);
	if (rc == 0) /* mailboxes are made by their owners */
		rc = control_arg_choice(
			r, "kind", control_kinds, GROUP_MAILBOX, GROUP_FORUM, &kind);
	if (rc == 0)
		rc = control_arg_choice(
			r, "class", control_classes, CONTROL_N_CLASSES, CLASS_CLOSED, &cls);
	if (rc == 0)
		rc = control_arg_choice(r, "posting", control_postings, CONTROL_N_POSTINGS,
			POSTING_MEMBERS, &posting);
	if (rc == 0)
		rc = control_arg_choice(
			r, "reply", control_replies, CONTROL_N_REPLIES, REPLY_AUTHOR, &reply);
	if (rc < 0)
		return rc;
	control_copy(g->title, sizeof g->title, title);
	g->kind = (enum group_kind)kind;
	g->cls = (enum group_class)cls;
	g->posting = (enum group_posting)posting;
	g->reply = (enum group_reply)reply;
	return 0;
}

int control_group_add(struct control_req *r)
{
	struct store_call call = control_call(r);
	struct group_rec g = {.created_at = time(NULL)};
	int rc = take_group(r, &g);

	if (rc == 0)
		rc = store_group_put(r->d->store, &g, &call);
	return rc < 0 ? rc : CONTROL_OUT;
}

int control_group_set(struct control_req *r)
{
	struct store_call call = control_call(r);
	struct group_rec g;
	struct view *v;
	int reply = REPLY_AUTHOR;
	int rc = view_open(r->d->store, &v);

	if (rc < 0)
		return rc;
	rc = control_find_group(r, v, "name", &g);
	view_close(v);
	if (rc == 0)
		rc = control_arg_choice(r, "reply", control_replies, CONTROL_N_REPLIES, -1, &reply);
	if (rc < 0)
		return rc;
	g.reply = (enum group_reply)reply;
	rc = store_group_put(r->d->store, &g, &call);
	return rc < 0 ? rc : CONTROL_OUT;
}

/* ---- listing ---- */

static json_t *group_json(const struct group_rec *g, const struct group_state *s)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "name", g->name,
		"title", g->title, "kind", control_kinds[g->kind], "class", control_classes[g->cls],
		"posting", control_postings[g->posting], "reply", control_replies[g->reply],
		"articles", (json_int_t)s->count, "low", (json_int_t)s->low, "next",
		(json_int_t)s->next, "bytes", (json_int_t)s->bytes, "created",
		control_time(g->created_at));
}

struct listing {
	struct control_req *r;
	struct view *v;
	unsigned n;
	int rc; /* of a read within the callback */
};

static bool add_group(void *arg, const struct group_rec *g)
{
	struct listing *l = arg;
	struct group_state s;

	if (l->n++ == ROWS_STEP)
		return false;
	l->rc = view_group_state(l->v, g->id, &s);
	if (l->rc == KERR_DAMAGED) {
		l->rc = 0; /* kokoctl check tells of it; the others are listed */
		s = (struct group_state){0};
	}
	if (l->rc < 0)
		return false;
	control_row_take(l->r, group_json(g, &s));
	control_copy(l->r->after, sizeof l->r->after, g->name);
	return true;
}

int control_group_list(struct control_req *r)
{
	struct listing l = {.r = r};
	int rc = view_open(r->d->store, &l.v);

	if (rc < 0)
		return rc;
	rc = view_groups(l.v, 0, slice_str(r->after), add_group, &l);
	view_close(l.v);
	if (rc == 0)
		rc = l.rc;
	return rc == 0 && l.n > ROWS_STEP ? CONTROL_MORE : rc;
}

static bool count_member(void *arg, uint32_t group, uint32_t account, enum role role)
{
	(void)group;
	(void)account;
	(void)role;
	++*(json_int_t *)arg;
	return true;
}

int control_group_show(struct control_req *r)
{
	json_int_t n_members = 0;
	struct group_state s;
	struct group_rec g;
	struct view *v;
	int rc = view_open(r->d->store, &v);

	if (rc < 0)
		return rc;
	rc = control_find_group(r, v, "name", &g);
	if (rc == 0)
		rc = view_members(v, g.id, count_member, &n_members);
	if (rc == 0)
		rc = view_group_state(v, g.id, &s);
	if (rc == 0) {
		json_t *group = group_json(&g, &s);

		json_object_set_new(group, "members", json_integer(n_members));
		json_object_set_new(r->result, "group", group);
	}
	view_close(v);
	return rc;
}

/* ---- members ---- */

static int put_member(struct control_req *r, enum role role)
{
	struct store_call call = control_call(r);
	struct group_rec g;
	struct account a;
	enum role now;
	struct view *v;
	int rc = view_open(r->d->store, &v);

	if (rc < 0)
		return rc;
	rc = control_find_group(r, v, "group", &g);
	if (rc == 0)
		rc = control_find_account(r, v, "login", &a);
	if (rc == 0 && role == ROLE_NONE) {
		rc = view_role(v, g.id, a.id, &now);
		if (rc == KERR_NOTFOUND)
			err_set(&r->err, rc, "%s is no member of %s", a.login, g.name);
	}
	view_close(v);
	if (rc == 0)
		rc = store_member_put(r->d->store, g.id, a.id, role, &call);
	return rc < 0 ? rc : CONTROL_OUT;
}

int control_member_add(struct control_req *r)
{
	int role;
	int rc = control_arg_choice(
		r, "role", control_roles + 1, CONTROL_N_ROLES - 1, ROLE_WRITER - 1, &role);

	return rc < 0 ? rc : put_member(r, (enum role)(role + 1));
}

int control_member_remove(struct control_req *r)
{
	return put_member(r, ROLE_NONE);
}

static bool add_member(void *arg, uint32_t group, uint32_t account, enum role role)
{
	struct listing *l = arg;
	struct account a;

	(void)group;
	l->rc = view_account(l->v, account, &a);
	if (l->rc < 0)
		return false;
	control_row_take(l->r, json_pack("{s:s, s:s, s:s}", "login", a.login, "name", a.name,
				       "role", control_roles[role]));
	return true;
}

int control_member_list(struct control_req *r)
{
	struct listing l = {.r = r};
	struct group_rec g;
	int rc = view_open(r->d->store, &l.v);

	if (rc < 0)
		return rc;
	buf_reset(&r->out); /* after KERR_WAIT it starts again */
	rc = control_find_group(r, l.v, "group", &g);
	if (rc == 0)
		rc = view_members(l.v, g.id, add_member, &l);
	view_close(l.v);
	return rc == 0 ? l.rc : rc;
}
