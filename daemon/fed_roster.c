/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * That something has changed is seen by the audit log, which every change of people and memberships
 * writes in its own transaction.  Then all groups are looked at, some in each second: a list that
 * differs from the last one that counts is issued.
 */
#include "daemon/fed_roster.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/fed_priv.h"
#include "daemon/fed_say.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

enum {
	PEOPLE_A_TICK = 2000, /* read of the store in one go */
	FIRST_TICKS = 3,      /* after a start, when the plans for posts are made */
	AGAIN_S = 60,         /* after one that could not be issued */
	KEY_LEN = FED_GID_LEN + FED_OID_LEN + 2,
	LINE_MAX_LEN = STORE_LOGIN_MAX + FED_NAME_MAX + STORE_TITLE_MAX + 16,
};

/* A list on its way to the disk. */
struct keeping {
	struct list node;
	struct fed *f;
	char key[KEY_LEN];
	struct fed_pos at;
	uint64_t serial;
};

struct fed_roster {
	uint64_t audit;      /* the last entry that was seen */
	int64_t due_s;       /* when the groups are looked at; 0: nothing has changed */
	struct vec groups;   /* struct fed_gid: to be looked at */
	unsigned n_saying;   /* lists under way */
	struct list keeping; /* struct keeping, oldest first */
	unsigned n_ticks;
};

struct fed_roster *fed_roster_new(void)
{
	struct fed_roster *r = mem_new(struct fed_roster);

	list_init(&r->keeping);
	vec_init(&r->groups, sizeof(struct fed_gid));
	return r;
}

void fed_roster_free(struct fed_roster *r)
{
	if (!r)
		return;
	while (!list_empty(&r->keeping))
		free(container_of(list_pop(&r->keeping), struct keeping, node));
	vec_fini(&r->groups);
	free(r);
}

static int64_t steady_s(void)
{
	return loop_clock_ms() / 1000;
}

static void look_in(struct fed *f, int64_t in_s)
{
	struct fed_roster *r = f->roster;

	if (r->due_s == 0 || steady_s() + in_s < r->due_s)
		r->due_s = steady_s() + in_s;
}

void fed_roster_look(struct fed *f)
{
	look_in(f, f->opts.people_delay_s);
}

/* ---- own people ---- */

struct own_walk {
	struct fed *f;
	struct view *v;
	const struct fed_group *g;
	bool reads_only;
	struct vec lines; /* char * */
	size_t n_left;    /* out of room */
	int rc;
};

static void add_line(struct own_walk *w, const struct account *a, enum role role)
{
	char user[STORE_LOGIN_MAX + FED_NAME_MAX + 2];
	struct fed_person p = {
		.writer = role >= ROLE_WRITER && !w->reads_only, .name = slice_str(a->name)};
	struct slice left, side;
	struct buf b;

	snprintf(user, sizeof user, "%s@%s", a->login, w->f->name);
	if (!fed_user_parse(slice_str(user), &left, &side))
		return; /* cannot post in such a group either */
	if (!fed_title_valid(p.name))
		p.name = left;
	p.user = slice_str(user);
	buf_init(&b, LINE_MAX_LEN);
	fed_members_add(&b, &p);
	*(char **)vec_push(&w->lines) = mem_dup(buf_slice(&b));
	buf_fini(&b);
}

static bool own_on(void *arg, uint32_t group, uint32_t account, enum role role)
{
	struct own_walk *w = arg;
	struct account a;

	(void)group;
	w->rc = view_account(w->v, account, &a);
	if (w->rc < 0)
		return false;
	if (a.state == ACCOUNT_ACTIVE && role != ROLE_NONE)
		add_line(w, &a, role);
	return true;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Up to the limits of a list. */
static void add_lines(struct own_walk *w, struct buf *out)
{
	if (w->lines.n > 1)
		qsort(w->lines.data, w->lines.n, sizeof(char *), by_text);
	for (size_t i = 0; i < w->lines.n; i++) {
		char *line = *(char **)vec_at(&w->lines, i);

		if (i < FED_PEOPLE_MAX && out->len + strlen(line) <= FED_PEOPLE_BYTES)
			buf_addz(out, line);
		else
			w->n_left++;
		free(line);
	}
}

static int read_own(struct own_walk *w)
{
	struct group_rec rec;
	int rc = view_open(w->f->d->store, &w->v);

	if (rc < 0)
		return rc;
	rc = view_group_named(w->v, 0, w->g->group, &rec);
	if (rc == 0)
		rc = view_members(w->v, rec.id, own_on, w);
	view_close(w->v);
	return rc == KERR_NOTFOUND ? 0 : rc < 0 ? rc : w->rc;
}

int fed_roster_own(struct fed *f, const struct fed_group *g, struct buf *lines)
{
	const struct fed_member *m = fed_group_member(g, &f->keys->oid);
	struct own_walk w = {.f = f, .g = g, .reads_only = m && !m->rw};
	int rc = 0;

	vec_init(&w.lines, sizeof(char *));
	if (f->opts.people)
		rc = read_own(&w);
	add_lines(&w, lines);
	vec_fini(&w.lines);
	if (w.n_left > 0)
		log_warn("fed.people", "group=%.*s left_out=%zu", SLICE_ARG(g->group), w.n_left);
	return rc;
}

/* ---- lists that are kept ---- */

static void key_of(const struct fed_gid *gid, const struct fed_oid *oid, char out[KEY_LEN])
{
	snprintf(out, KEY_LEN, "%s %s", gid->s, oid->s);
}

static int read_kept(
	struct fed *f, const char *key, struct buf *text, uint64_t *serial, struct fed_people *out)
{
	struct view *v;
	int rc = view_open(f->d->store, &v);

	if (rc < 0)
		return rc;
	rc = view_record(v, RECORD_MEMBERS, slice_str(key), 0, text, serial);
	view_close(v);
	if (rc == 0 && !fed_people_read(buf_slice(text), out))
		rc = KERR_DAMAGED;
	return rc;
}

int fed_roster_read(struct fed *f, const struct fed_gid *gid, const struct fed_oid *oid,
	struct buf *text, struct fed_people *out)
{
	char key[KEY_LEN];
	uint64_t serial;

	key_of(gid, oid, key);
	return read_kept(f, key, text, &serial, out);
}

static void on_kept(void *arg, const struct store_result *res)
{
	struct keeping *k = arg;

	if (res->rc < 0 && res->rc != KERR_EXISTS)
		log_error("fed.people", "key=\"%s\" why=%s", k->key, kerr_name(res->rc));
	list_remove(&k->node);
	free(k);
}

/* What is known of that list: on its way to the disk, or there.  False: nothing. */
static bool known(struct fed *f, const char *key, struct fed_pos *at, uint64_t *serial)
{
	struct fed_people p;
	bool found = false;
	struct buf text;

	list_each(&f->roster->keeping, it)
	{
		const struct keeping *k = container_of(it, struct keeping, node);

		if (strcmp(k->key, key) != 0)
			continue;
		found = true;
		*at = k->at;
		*serial = k->serial;
	}
	if (found)
		return true;
	buf_init(&text, STORE_RECORD_MAX);
	found = read_kept(f, key, &text, serial, &p) == 0;
	if (found)
		*at = p.at;
	buf_fini(&text);
	return found;
}

static void keep(struct fed *f, const char *key, uint64_t serial, const struct fed_people *p)
{
	struct keeping *k = mem_new(struct keeping);
	const struct store_call call = {.home = f->loop, .done = on_kept, .arg = k};
	struct buf text;

	*k = (struct keeping){.f = f, .at = p->at, .serial = serial};
	snprintf(k->key, sizeof k->key, "%s", key);
	list_append(&f->roster->keeping, &k->node);
	buf_init(&text, STORE_RECORD_MAX);
	fed_people_add(&text, p);
	int rc = store_record_replace(
		f->d->store, RECORD_MEMBERS, slice_str(key), serial, buf_slice(&text), &call);
	buf_fini(&text);
	if (rc < 0) { /* it is looked at again after the next start */
		log_error("fed.people", "key=\"%s\" why=%s", key, kerr_name(rc));
		list_remove(&k->node);
		free(k);
	}
}

void fed_roster_heard(struct fed *f, const struct fed_sign *s, struct slice lines)
{
	const struct fed_people p = fed_people_of(s, lines);
	struct fed_pos old;
	char key[KEY_LEN];
	uint64_t serial = 0;

	key_of(&s->g, &s->o, key);
	if (known(f, key, &old, &serial) && !fed_people_replaces(&p.at, &old))
		return;
	keep(f, key, serial + 1, &p);
	log_info("fed.people", "gid=%s oid=%s epoch=%llu n=%llu", s->g.s, s->o.s,
		(unsigned long long)s->e, (unsigned long long)s->n);
	if (fed_oid_eq(&s->o, &f->keys->oid))
		fed_roster_look(f); /* it may be from before our disk was put back */
}

/* ---- telling ---- */

static void on_said(void *arg, int rc)
{
	struct fed *f = arg;

	f->roster->n_saying--;
	if (rc < 0) {
		log_warn("fed.people", "why=%s", kerr_name(rc));
		look_in(f, AGAIN_S);
	}
}

static void say(struct fed *f, const struct fed_group *g, struct slice lines)
{
	const struct fed_control c = {.kind = FED_CTL_MEMBERS};
	struct err why = {.text = ""};
	int rc = fed_say(f, &g->gid, &c, lines, on_said, f, &why);

	if (rc == 0)
		f->roster->n_saying++;
	else if (rc != KERR_DENIED)
		look_in(f, AGAIN_S);
}

/*
 * Was it told since the last cut of ours?  What the thief of a key told behind the cut may have
 * taken the place of the list before it, at some.
 */
static bool is_after_cuts(struct fed *f, const struct fed_group *g, const struct fed_pos *at)
{
	for (size_t i = 0; i < g->n_cut; i++)
		if (fed_oid_eq(&g->cut[i].oid, &f->keys->oid) && at->epoch <= g->cut[i].at.epoch)
			return false;
	return true;
}

/* Is that what was told last, and does it count? */
static bool is_told(struct fed *f, const struct fed_group *g, struct slice lines)
{
	struct fed_people p;
	struct buf text;
	bool told = lines.len == 0; /* without people there is nothing to take back */

	buf_init(&text, STORE_RECORD_MAX);
	if (fed_roster_read(f, &g->gid, &f->keys->oid, &text, &p) == 0)
		told = slice_eq(p.lines, lines) && is_after_cuts(f, g, &p.at) &&
		       fed_people_count(f->reg, &g->gid, &f->keys->oid, &p);
	buf_fini(&text);
	return told;
}

/* How many people were looked at. */
static size_t look_at(struct fed *f, const struct fed_gid *gid)
{
	const struct fed_group *g = fed_reg_group(f->reg, gid);
	struct buf lines;
	size_t n = 1;

	if (!g || !fed_reg_reads(f->reg, &f->keys->oid, gid))
		return n;
	buf_init(&lines, FED_PEOPLE_BYTES + LINE_MAX_LEN);
	if (fed_roster_own(f, g, &lines) == 0) {
		n += lines.len / 64;
		if (!is_told(f, g, buf_slice(&lines)))
			say(f, g, buf_slice(&lines));
	}
	buf_fini(&lines);
	return n;
}

static bool add_group(void *arg, const struct fed_group *g, uint64_t serial)
{
	(void)serial;
	*(struct fed_gid *)vec_push(arg) = g->gid;
	return true;
}

static bool audit_on(void *arg, const struct audit_entry *e)
{
	*(uint64_t *)arg = e->seq;
	return true;
}

static void look_for_changes(struct fed *f)
{
	struct fed_roster *r = f->roster;
	uint64_t last = r->audit;
	struct view *v;

	if (view_open(f->d->store, &v) < 0)
		return;
	if (view_audit(v, r->audit, audit_on, &last) == 0 && last != r->audit) {
		r->audit = last;
		fed_roster_look(f);
	}
	view_close(v);
}

void fed_roster_tick(struct fed *f)
{
	struct fed_roster *r = f->roster;
	size_t n = 0;

	look_for_changes(f);
	if (f->catching || r->n_ticks++ < FIRST_TICKS || r->n_saying > 0)
		return;
	if (r->groups.n == 0 && r->due_s > 0 && steady_s() >= r->due_s) {
		r->due_s = 0;
		fed_reg_groups(f->reg, add_group, &r->groups);
	}
	while (r->groups.n > 0 && n < PEOPLE_A_TICK) {
		const struct fed_gid gid = *(struct fed_gid *)vec_at(&r->groups, r->groups.n - 1);

		r->groups.n--;
		n += look_at(f, &gid);
	}
}
