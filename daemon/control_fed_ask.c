/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a daemon that does not own a group asks the owner for, and the owner's answers:
 * group.requests, group.grant, group.refuse.  docs/federation.md section 8
 */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/control_fed.h"
#include "daemon/fed_say.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { TEXT_ROOM = 1100 };

/* ---- words ---- */

void errand_name_of(const struct fed *f, const struct fed_oid *oid, char out[FED_NAME_MAX + 1])
{
	const struct fed_federation *fed = fed_reg_federation(f->reg);
	const struct fed_member_daemon *m = fed ? fed_federation_daemon(fed, oid) : NULL;

	if (m)
		(void)!slice_cstr(m->name, out, FED_NAME_MAX + 1);
	else
		snprintf(out, FED_NAME_MAX + 1, "%s", oid->s);
}

static const char *member_words(const struct fed_group *g, const struct fed_plea *p)
{
	if (!g->closed)
		return p->add && !p->rw ? N_("let %1 read only") : N_("let %1 write again");
	if (!p->add)
		return N_("take the group away from %1");
	return p->rw ? N_("give the group to %1") : N_("give the group to %1, to read only");
}

static const char *state_words(enum fed_group_state s)
{
	switch (s) {
	case FED_GROUP_ACTIVE:
		return N_("let people write in the group again");
	case FED_GROUP_FROZEN:
		return N_("let nobody write in the group for now");
	case FED_GROUP_CLOSED:
		break;
	}
	return N_("close the group");
}

/* What is wished, and the name that stands in it. */
static const char *words_of(
	struct fed *f, const struct fed_group *g, const struct fed_plea *p, char name[TEXT_ROOM])
{
	(void)!slice_cstr(p->user, name, TEXT_ROOM);
	switch (p->kind) {
	case FED_PLEA_MEMBER:
		errand_name_of(f, &p->oid, name);
		return member_words(g, p);
	case FED_PLEA_MODERATOR:
		return p->add ? N_("make %1 a moderator") : N_("let %1 be no moderator any more");
	case FED_PLEA_BAN:
		return p->add ? N_("let what %1 writes count no more") : N_("let %1 write again");
	case FED_PLEA_CUT:
		errand_name_of(f, &p->oid, name);
		return N_("confirm what %1 wrote before its key was stolen");
	case FED_PLEA_STATE:
		return state_words(p->state);
	case FED_PLEA_OTHER:
		break;
	}
	return NULL;
}

static void add_sentence(json_t *row, const char *key, const char *text, const char *one)
{
	const char *const with[] = {one, NULL};
	json_t *said = fed_sentence(text, with);

	if (key)
		json_object_set_new(row, key, said);
	else
		json_object_update_new(row, said);
}

/* Of text from another daemon: what it is in UTF-8, without controls. */
static void clean(const char *text, char out[TEXT_ROOM])
{
	struct buf b;

	buf_init(&b, TEXT_ROOM - 1);
	utf8_add_clean(&b, slice_str(text));
	snprintf(out, TEXT_ROOM, "%s", buf_cstr(&b));
	buf_fini(&b);
}

void errand_add_wish(
	struct fed *f, const struct fed_group *g, bool add, struct slice line, json_t *row)
{
	char name[TEXT_ROOM] = "", text[TEXT_ROOM] = "";
	struct fed_plea p;
	const char *words;

	fed_plea_read(add, line, &p);
	words = words_of(f, g, &p, name);
	if (!words) {
		words = add ? N_("a line that this version does not know: %1")
			    : N_("without a line that this version does not know: %1");
		(void)!slice_cstr(line, name, sizeof name);
	}
	clean(name, text);
	add_sentence(row, NULL, words, text);
}

/* ---- asking ---- */

static void ask_fini(struct errand *a)
{
	free(a->work);
}

static void on_asked(void *arg, int rc)
{
	struct errand *a = arg;

	if (rc < 0) {
		err_set(&a->err, rc, "the request cannot be kept: %s", kerr_name(rc));
		errand_end(a, rc);
		return;
	}
	errand_say(a, N_("%1 belongs to %2: the request was sent there"), a->group, a->work, NULL);
	errand_say(a, N_("next: its admin answers; kokoctl group requests shows what became of it"),
		NULL);
	errand_end(a, 0);
}

static bool has_name(const struct slice *v, size_t n, struct slice user)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(v[i], user))
			return true;
	return false;
}

/* Nobody acts on a request in the name of one who is no moderator: it is not sent. */
static int check_actor(struct errand *a, const struct fed_group *g, const char *user)
{
	bool banned = false;

	for (size_t i = 0; i < g->n_ban; i++)
		banned = banned || slice_eq(g->ban[i].user, slice_str(user));
	if (banned || !has_name(g->moderator, g->n_moderator, slice_str(user)))
		return errand_refuse(a, KERR_DENIED,
			N_("%1 is no moderator of %2: ask without --as, or let it become one first "
			   "(kokoctl group moderator)"),
			user, a->group, NULL);
	return 0;
}

static int ask(struct errand *a, const struct fed_group *g, struct slice body)
{
	char user[STORE_LOGIN_MAX + FED_NAME_MAX + 2] = "";
	struct fed_control c = {.kind = FED_CTL_REQUEST};
	const struct fed_petition *like = fed_petition_like(a->f, &g->gid, body);
	char *owner = mem_alloc(FED_NAME_MAX + 1);
	int rc;

	errand_name_of(a->f, &g->owner, owner);
	a->work = owner;
	a->fini = ask_fini;
	if (like)
		return errand_refuse(a, KERR_EXISTS,
			N_("%1 was asked for that already: request %2 waits for its admin"), owner,
			like->number, NULL);
	if (a->as && a->as[0]) {
		snprintf(user, sizeof user, "%s@%s", a->as, a->f->name);
		rc = check_actor(a, g, user);
		if (rc < 0)
			return rc;
	}
	c.actor = slice_str(user);
	errand_fact(a, "asked", owner);
	rc = fed_say(a->f, &g->gid, &c, body, on_asked, a, &a->err);
	return rc < 0 ? rc : CONTROL_OUT;
}

int errand_ask(struct errand *a, struct fed_draft *d, int rc, const struct fed_plea *p)
{
	const struct fed_group *g = fed_reg_group_named(a->f->reg, slice_str(a->group));
	struct buf body;

	buf_init(&body, FED_PETITION_BYTES);
	if (rc == 0) {
		fed_plea_add(&body, p, d->rec.serial);
		rc = ask(a, g, buf_slice(&body));
	}
	buf_fini(&body);
	fed_draft_fini(d);
	return rc;
}

/* ---- stolen keys: the owners are asked up to where our entries count ---- */

struct ask_walk {
	struct fed *f;
	struct fed_asked asked;
};

static void on_cut_asked(void *arg, int rc)
{
	(void)arg;
	if (rc < 0)
		log_error("fed.request", "why=%s", kerr_name(rc));
}

static bool ask_cut(void *arg, const struct fed_group *g, uint64_t serial)
{
	const struct fed_control c = {.kind = FED_CTL_REQUEST};
	struct ask_walk *w = arg;
	struct fed_plea p = {.kind = FED_PLEA_CUT, .add = true, .oid = w->f->keys->oid};
	struct err why = {.text = ""};
	struct buf body;

	if (!fed_epoch_unconfirmed(w->f, g, &p.at))
		return true;
	if (fed_oid_eq(&g->owner, &w->f->keys->oid)) {
		w->asked.n_own++;
		return true;
	}
	buf_init(&body, FED_PETITION_BYTES);
	fed_plea_add(&body, &p, serial);
	if (fed_say(w->f, &g->gid, &c, buf_slice(&body), on_cut_asked, NULL, &why) == 0)
		w->asked.n_asked++;
	else
		log_error("fed.request", "gid=%s why=\"%s\"", g->gid.s, why.text);
	buf_fini(&body);
	return true;
}

struct fed_asked fed_ask_cuts(struct fed *f)
{
	struct ask_walk w = {.f = f};

	fed_reg_groups(f->reg, ask_cut, &w);
	return w.asked;
}

/* ---- listing ---- */

static const char *const states[] = {
	[FED_PETITION_OPEN] = "open",
	[FED_PETITION_GRANTED] = "granted",
	[FED_PETITION_REFUSED] = "refused",
	[FED_PETITION_LAPSED] = "lapsed",
};

static void add_answer(json_t *row, const struct fed_petition *p, enum fed_petition_state s,
	bool for_us, const char *owner)
{
	char reason[TEXT_ROOM] = "";

	switch (s) {
	case FED_PETITION_OPEN:
		add_sentence(row, "answer",
			for_us ? "kokoctl group grant %1" : N_("waits for the admin of %1"),
			for_us ? p->number : owner);
		return;
	case FED_PETITION_GRANTED:
		add_sentence(row, "answer", N_("granted"), NULL);
		return;
	case FED_PETITION_REFUSED:
		clean(p->reason, reason);
		add_sentence(row, "answer", reason[0] ? N_("refused: %1") : N_("refused"), reason);
		json_object_set_new(row, "reason", json_string(reason));
		return;
	case FED_PETITION_LAPSED:
		add_sentence(row, "answer", N_("not answered within 90 days"), NULL);
		return;
	}
}

static json_t *row_of(struct errand *a, struct fed_petition *p, const struct fed_group *g)
{
	const enum fed_petition_state s = fed_petition_state(a->f, p);
	const bool for_us = fed_petition_is_for_us(a->f, p);
	char asker[FED_NAME_MAX + 1], owner[FED_NAME_MAX + 1];

	errand_name_of(a->f, &p->oid, asker);
	errand_name_of(a->f, &g->owner, owner);
	json_t *row = json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:o, s:s, s:b}", "kind", "request",
		"actor", p->actor, "number", p->number, "group",
		json_stringn(g->group.p, g->group.len), "name", asker, "owner", owner, "since",
		control_time(p->t), "state", states[s], "for_us", for_us);
	add_answer(row, p, s, for_us, owner);
	return row;
}

static void add_rows(struct errand *a, struct fed_petition *p)
{
	const struct fed_group *g = fed_reg_group(a->f->reg, &p->gid);
	struct slice body = slice_str(p->body), line;
	bool add;

	while (g && fed_request_next(&body, &add, &line)) {
		json_t *row = row_of(a, p, g);

		errand_add_wish(a->f, g, add, line, row);
		json_array_append_new(a->rows, row);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct fed_petition *const *x = a, *const *y = b;

	return (*x)->t < (*y)->t ? -1 : (*x)->t > (*y)->t;
}

static int requests(struct errand *a)
{
	struct vec all;

	if (!errand_federation(a))
		return KERR_NOTFOUND;
	vec_init(&all, sizeof(struct fed_petition *));
	list_each(&a->f->petitions.all, it)
	{
		struct fed_petition *p = container_of(it, struct fed_petition, node);

		if (fed_petition_is_for_us(a->f, p) || fed_petition_is_ours(a->f, p))
			*(struct fed_petition **)vec_push(&all) = p;
	}
	if (all.n > 1)
		qsort(all.data, all.n, sizeof(struct fed_petition *), by_time);
	for (size_t i = 0; i < all.n; i++)
		add_rows(a, *(struct fed_petition **)vec_at(&all, i));
	vec_fini(&all);
	return 0;
}

int control_group_requests(struct control_req *r)
{
	return errand_go(errand_new(r, requests), 0);
}

void errand_add_requests(struct errand *a)
{
	list_each(&a->f->petitions.all, it)
	{
		struct fed_petition *p = container_of(it, struct fed_petition, node);

		if (fed_petition_is_for_us(a->f, p) &&
			fed_petition_state(a->f, p) == FED_PETITION_OPEN)
			add_rows(a, p);
	}
}

/* ---- answering ---- */

/* The open request with that number; NULL with a refusal. */
static struct fed_petition *find(struct errand *a)
{
	struct fed_petition *p = errand_federation(a) ? fed_petition_get(a->f, a->number) : NULL;

	if (!p && a->f->keys && fed_reg_federation(a->f->reg))
		errand_refuse(a, KERR_NOTFOUND,
			N_("no request %1 waits here: kokoctl group requests lists them"),
			a->number, NULL);
	return p;
}

static int granted(struct errand *a)
{
	errand_say(a, N_("request %1 is granted: the group is changed, and %2 sees it"), a->number,
		a->work, NULL);
	return 0;
}

/* What is so already is no fault. */
static int grant_all(struct errand *a, struct fed_draft *d, const struct fed_petition *p)
{
	const struct fed_places at = fed_places_of(a->f);
	struct slice body = slice_str(p->body), line;
	struct fed_plea plea;
	int rc = 0, n = 0;
	bool add;

	while (rc == 0 && fed_request_next(&body, &add, &line)) {
		fed_plea_read(add, line, &plea);
		rc = fed_plea_grant(d, fed_reg_federation(a->f->reg), &plea, &at, &a->err);
		n += rc == 0;
		if (rc == KERR_EXISTS)
			rc = 0;
	}
	if (rc == KERR_VERSION)
		return errand_refuse(a, rc,
			N_("the request has a line that this version cannot put into the group: "
			   "kokoctl group refuse %1"),
			a->number, NULL);
	return rc == 0 && n == 0 ? KERR_EXISTS : rc;
}

static int grant(struct errand *a)
{
	const struct fed_petition *p = find(a);
	char *asker;
	struct fed_draft d;
	int rc;

	if (!p)
		return KERR_NOTFOUND;
	asker = mem_alloc(FED_NAME_MAX + 1);
	errand_name_of(a->f, &p->oid, asker);
	a->work = asker;
	a->fini = ask_fini;
	rc = fed_draft_group_next(
		&d, fed_text_of(a->f, FED_REC_GROUP, p->gid.s), &a->f->keys->oid, &a->err);
	if (rc == 0)
		rc = grant_all(a, &d, p);
	return errand_give(a, &d, rc, fed_seed(a->f, NULL), granted);
}

int control_group_grant(struct control_req *r)
{
	struct errand *a = errand_new(r, grant);

	return errand_go(a, control_arg(r, "number", FED_PETITION_NUMBER, &a->number));
}

static void on_refused(void *arg, int rc)
{
	struct errand *a = arg;

	if (rc < 0)
		err_set(&a->err, rc, "the answer cannot be kept: %s", kerr_name(rc));
	else
		errand_say(a, N_("request %1 is refused; who asked sees it"), a->number, NULL);
	errand_end(a, rc);
}

static int refuse(struct errand *a)
{
	const struct fed_petition *p = find(a);
	struct fed_control c = {.kind = FED_CTL_REFUSE};
	struct buf body;
	int rc;

	if (!p)
		return KERR_NOTFOUND;
	if (a->reason[0] && !fed_title_valid(slice_str(a->reason)))
		return errand_refuse(
			a, KERR_INVALID, N_("the reason is one line of 1 to 255 bytes"), NULL);
	c.mid = slice_str(p->mid);
	buf_init(&body, FED_TITLE_MAX + 2);
	fed_refuse_add(&body, slice_str(a->reason));
	rc = fed_say(a->f, &p->gid, &c, buf_slice(&body), on_refused, a, &a->err);
	buf_fini(&body);
	return rc < 0 ? rc : CONTROL_OUT;
}

int control_group_refuse(struct control_req *r)
{
	struct errand *a = errand_new(r, refuse);
	int rc = control_arg(r, "number", FED_PETITION_NUMBER, &a->number);

	if (rc == 0)
		rc = control_arg_or(r, "reason", FED_TITLE_MAX, "", &a->reason);
	return errand_go(a, rc);
}
