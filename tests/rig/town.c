/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The test town; see town.h. */
#include "tests/rig/town.h"

#include <assert.h>
#include <stdio.h>

#include "daemon/crypto_ossl.h"
#include "proto/base/mem.h"

/* ---- password checks: the password is the login, answers come with town_run ---- */

struct check {
	struct check *next;
	forum_auth_fn done;
	void *arg;
	int rc;
	uint32_t account;
};

static struct check *checks;

static int town_check(const struct forum_env *env, void *home, const char *source,
	struct slice user, struct slice pass, forum_auth_fn done, void *arg, void **call_out)
{
	struct check *c = mem_new(struct check);
	struct account a;
	struct view *v;
	int rc = view_open(env->store, &v);

	(void)home;
	(void)source;
	assert(rc == 0);
	rc = view_account_named(v, user, &a);
	view_close(v);
	*c = (struct check){.next = checks, .done = done, .arg = arg, .rc = KERR_DENIED};
	if (rc == 0 && a.state == ACCOUNT_ACTIVE && slice_eq(pass, slice_str(a.login))) {
		c->rc = 0;
		c->account = a.id;
	}
	checks = c;
	*call_out = c;
	return 0;
}

static void town_check_drop(void *call)
{
	((struct check *)call)->done = NULL;
}

static int64_t town_now(void)
{
	return TOWN_NOW;
}

void town_run(struct town *t)
{
	while (checks) {
		struct check *c = checks;

		checks = c->next;
		if (c->done)
			c->done(c->arg, c->rc, c->account);
		free(c);
	}
	while (store_run(t->store) > 0)
		;
}

/* ---- people and groups ---- */

static void done_id(void *arg, const struct store_result *res)
{
	assert(res->rc == 0);
	*(uint32_t *)arg = res->id;
}

static void add_account(struct town *t, const char *login, const char *name, uint32_t rights,
	enum account_state state)
{
	struct account a = {
		.state = state, .rights = rights, .created_at = TOWN_NOW, .n_addresses = 1};
	uint32_t id = 0;
	int rc;

	snprintf(a.login, sizeof a.login, "%s", login);
	snprintf(a.name, sizeof a.name, "%s", name);
	snprintf(a.lang, sizeof a.lang, "de");
	snprintf(a.addresses[0], sizeof a.addresses[0], "%s@stadt.example", login);
	rc = store_account_put(t->store, &a, &(struct store_call){.done = done_id, .arg = &id});
	assert(rc == 0);
	town_run(t);
	assert(id != 0);
}

static void add_group(
	struct town *t, const char *name, enum group_class cls, enum group_posting posting)
{
	struct group_rec g = {
		.kind = GROUP_FORUM, .cls = cls, .posting = posting, .created_at = TOWN_NOW};
	uint32_t id = 0;
	int rc;

	snprintf(g.name, sizeof g.name, "%s", name);
	snprintf(g.title, sizeof g.title, "Gruppe %s", name);
	snprintf(g.creator, sizeof g.creator, "grzegorz");
	rc = store_group_put(t->store, &g, &(struct store_call){.done = done_id, .arg = &id});
	assert(rc == 0);
	town_run(t);
	assert(id != 0);
}

void town_member(struct town *t, const char *group, const char *login, enum role role)
{
	uint32_t unused = 0;
	int rc = store_member_put(t->store, town_group(t, group), town_account(t, login), role,
		&(struct store_call){.done = done_id, .arg = &unused});

	assert(rc == 0);
	town_run(t);
}

static void add_peer(struct town *t, const char *name, const char *groups)
{
	struct peer_rec p = {.tls = true};
	uint32_t unused = 0;
	int rc;

	snprintf(p.name, sizeof p.name, "%s", name);
	snprintf(p.groups, sizeof p.groups, "%s", groups);
	rc = store_peer_put(t->store, &p, &(struct store_call){.done = done_id, .arg = &unused});
	assert(rc == 0);
	town_run(t);
}

static void populate(struct town *t)
{
	static const char *const closed[] = {"koko.forum", "koko.board"};

	add_account(t, "anke", "Anke Beispiel", 0, ACCOUNT_ACTIVE);
	add_account(t, "cem", "Cem Muster", 0, ACCOUNT_ACTIVE);
	add_account(t, "doerte", "Dörte Platzhalter", 0, ACCOUNT_ACTIVE);
	add_account(t, "grzegorz", "Grzegorz Probe", 0, ACCOUNT_ACTIVE);
	add_account(t, "oezlem", "Özlem Beispiel", 0, ACCOUNT_ACTIVE);
	add_account(t, "importer", "Import", RIGHT_POST_AS_ANY, ACCOUNT_ACTIVE);
	add_account(t, "lea", "Lê Thị Probe", 0, ACCOUNT_DISABLED);
	add_group(t, "koko.forum", CLASS_CLOSED, POSTING_MEMBERS);
	add_group(t, "koko.board", CLASS_CLOSED, POSTING_MODERATORS);
	add_group(t, "koko.open", CLASS_PUBLIC, POSTING_MEMBERS);
	add_group(t, "koko.local", CLASS_CLOSED, POSTING_MEMBERS);
	add_group(t, "koko.secret", CLASS_CLOSED, POSTING_MEMBERS);
	for (size_t i = 0; i < array_len(closed); i++) {
		town_member(t, closed[i], "anke", ROLE_WRITER);
		town_member(t, closed[i], "cem", ROLE_WRITER);
		town_member(t, closed[i], "doerte", ROLE_READER);
		town_member(t, closed[i], "grzegorz", ROLE_MODERATOR);
		town_member(t, closed[i], "lea", ROLE_WRITER);
		town_member(t, closed[i], "importer", ROLE_WRITER);
	}
	town_member(t, "koko.local", "anke", ROLE_WRITER);
	town_member(t, "koko.secret", "anke", ROLE_WRITER);
	town_member(t, "koko.local", "doerte", ROLE_READER);
	town_member(t, "koko.secret", "grzegorz", ROLE_MODERATOR);
	add_peer(t, "nachbar.example", "koko.forum,koko.open");
}

void town_open(struct town *t)
{
	static const struct slice domains[] = {
		{"stadt.example", sizeof "stadt.example" - 1}
        };
	struct err err;
	int rc;

	crypto_ossl_install();
	*t = (struct town){0};
	rc = store_open(&(struct store_opts){.manual = true}, &t->store, &err);
	assert(rc == 0);
	t->env = (struct forum_env){.store = t->store,
		.host = "stadt.koko.example",
		.mail_domains = domains,
		.n_mail_domains = array_len(domains),
		.max_article = (size_t)1 << 20,
		.now_at = town_now,
		.check = town_check,
		.check_drop = town_check_drop};
	store_secret(t->store, t->env.secret);
}

void town_build(struct town *t)
{
	town_open(t);
	populate(t);
}

void town_fini(struct town *t)
{
	town_run(t);
	store_close(t->store);
	t->store = NULL;
}

uint32_t town_account(struct town *t, const char *login)
{
	struct account a;
	struct view *v;
	int rc = view_open(t->store, &v);

	assert(rc == 0);
	rc = view_account_named(v, slice_str(login), &a);
	view_close(v);
	assert(rc == 0);
	return a.id;
}

uint32_t town_group(struct town *t, const char *name)
{
	struct group_rec g;
	struct view *v;
	int rc = view_open(t->store, &v);

	assert(rc == 0);
	rc = view_group_named(v, 0, slice_str(name), &g);
	view_close(v);
	assert(rc == 0);
	return g.id;
}

struct forum *town_forum(struct town *t, const char *login)
{
	struct forum *f =
		forum_new(&t->env, &(struct forum_who){.source = "192.0.2.1", .plain_login = true});

	if (login)
		forum_become(f, town_account(t, login));
	return f;
}

struct forum *town_peer(struct town *t, const char *cert)
{
	return forum_new(&t->env, &(struct forum_who){.source = "192.0.2.2", .cert = cert});
}

void town_assert_clean(struct town *t)
{
	struct check_report r;
	int rc = store_check(t->store, &r);

	assert(rc == 0);
	if (r.n_faults > 0)
		fprintf(stderr, "%.*s", SLICE_ARG(buf_slice(&r.lines)));
	assert(r.n_faults == 0);
	buf_fini(&r.lines);
}
