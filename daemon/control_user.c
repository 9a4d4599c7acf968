/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accounts: user.add, list, show, passwd, disable, enable.
 *
 * A password is hashed in the pool; meanwhile the account lies in the request.  What is changed is
 * read again afterwards, so that two changes of one account do not undo each other.
 */
#include <time.h>

#include "daemon/auth.h"
#include "daemon/control_priv.h"
#include "proto/base/crypto.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/msg/address.h"

enum { ROWS_STEP = 200 }; /* rows of a listing per callback */

static const char no_password[] = "!"; /* a hash that no password has */

static const char *const right_names[] = {"post-as-any"}; /* bit i of enum account_right */

/* An account on its way: with password to be hashed, or with the hash ready. */
struct user_work {
	struct account a;
	bool change; /* only the hash, of the account a.id */
	bool hashed;
	char password[AUTH_PASSWORD_MAX + 1];
};

/* ---- arguments ---- */

static bool login_valid(const char *login)
{
	for (const char *p = login; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && !ascii_digit((unsigned char)*p) &&
			!strchr("._-", *p))
			return false;
	return *login != '\0';
}

static int take_login(struct control_req *r, struct account *a)
{
	const char *login = "";
	int rc = control_arg(r, "login", STORE_LOGIN_MAX, &login);

	if (rc < 0)
		return rc;
	if (!login_valid(login))
		return err_set(&r->err, KERR_INVALID,
			"login: \"%s\" is not allowed, allowed: 1 to %d of a-z 0-9 . _ -", login,
			STORE_LOGIN_MAX);
	control_copy(a->login, sizeof a->login, login);
	r->what = login;
	return 0;
}

/* One plain mailbox, written as its specification alone: local@domain. */
static bool address_valid(const char *text)
{
	struct address_list list;
	struct arena ar;
	struct buf spec;

	arena_init(&ar);
	buf_init(&spec, 1000);
	bool good = address_parse(slice_str(text), 2, &ar, &list) == 0 && list.n == 1 &&
		    list.v[0].kind == ADDRESS_MAILBOX && list.v[0].domain.len > 0;
	if (good)
		address_add_spec(&spec, &list.v[0]);
	good = good && slice_eq(buf_slice(&spec), slice_str(text));
	buf_fini(&spec);
	arena_fini(&ar);
	return good;
}

static int take_addresses(struct control_req *r, struct account *a)
{
	const json_t *list = json_object_get(r->args, "addresses");
	size_t n = json_array_size(list);

	if ((list && !json_is_array(list)) || n > STORE_ADDRESSES)
		return err_set(&r->err, KERR_INVALID, "addresses: allowed: a list of up to %d",
			STORE_ADDRESSES);
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (!text || strlen(text) > STORE_ADDRESS_MAX || !address_valid(text))
			return err_set(&r->err, KERR_INVALID,
				"address: \"%s\" is not allowed, allowed: name@example.org",
				text ? text : "");
		control_copy(a->addresses[i], sizeof a->addresses[i], text);
	}
	a->n_addresses = (unsigned)n;
	return 0;
}

static int take_rights(struct control_req *r, struct account *a)
{
	const json_t *list = json_object_get(r->args, "rights");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		size_t bit = 0;

		while (bit < array_len(right_names) && text && strcmp(text, right_names[bit]) != 0)
			bit++;
		if (!text || bit == array_len(right_names))
			return err_set(
				&r->err, KERR_INVALID, "right: is not known, allowed: post-as-any");
		a->rights |= 1u << bit;
	}
	return 0;
}

static int take_person(struct control_req *r, struct account *a)
{
	const char *name = "", *lang = "";
	int rc = take_login(r, a);

	if (rc == 0)
		rc = control_arg_or(r, "name", STORE_TITLE_MAX, a->login, &name);
	if (rc == 0)
		rc = control_arg_or(r, "lang", sizeof a->lang - 1, "de", &lang);
	if (rc == 0)
		rc = take_addresses(r, a);
	if (rc == 0)
		rc = take_rights(r, a);
	if (rc < 0)
		return rc;
	control_copy(a->name, sizeof a->name, name);
	control_copy(a->lang, sizeof a->lang, lang);
	return 0;
}

/* "$y$..." and its like: printable, three dollars at least. */
static bool hash_valid(const char *hash)
{
	unsigned dollars = 0;

	for (const char *p = hash; *p; p++) {
		if (!ascii_print((unsigned char)*p) || strchr(":;*!\\", *p))
			return false;
		dollars += *p == '$';
	}
	return hash[0] == '$' && dollars >= 3;
}

/* Password, ready hash, or (where allowed) neither. */
static int take_secret(struct control_req *r, struct user_work *w, bool required)
{
	const char *password = "", *hash = "";
	int rc = control_arg_or(r, "password", AUTH_PASSWORD_MAX, "", &password);

	if (rc == 0)
		rc = control_arg_or(r, "hash", STORE_HASH_MAX, "", &hash);
	if (rc < 0)
		return rc;
	if (*hash && !hash_valid(hash))
		return err_set(&r->err, KERR_INVALID, "hash: allowed: a string of crypt(3)");
	if (required && !*hash && !*password)
		return err_set(&r->err, KERR_INVALID, "password: is empty");
	control_copy(w->password, sizeof w->password, password);
	control_copy(w->a.hash, sizeof w->a.hash, *hash ? hash : no_password);
	w->hashed = *hash || !*password;
	return 0;
}

/* ---- password, then store ---- */

/* The account as it is now, with the new hash. */
static int renew(struct control_req *r, struct user_work *w)
{
	char hash[sizeof w->a.hash];
	struct view *v;
	int rc = view_open(r->d->store, &v);

	if (rc < 0)
		return rc;
	memcpy(hash, w->a.hash, sizeof hash);
	rc = view_account(v, w->a.id, &w->a);
	memcpy(w->a.hash, hash, sizeof hash);
	view_close(v);
	return rc;
}

static int put(struct control_req *r, struct user_work *w)
{
	struct store_call call = control_call(r);
	int rc = w->change ? renew(r, w) : 0;

	if (rc == 0)
		rc = store_account_put(r->d->store, &w->a, &call);
	return rc < 0 ? rc : CONTROL_OUT;
}

static void hash_in_pool(void *arg)
{
	struct control_req *r = arg;
	struct user_work *w = r->work;

	w->hashed = crypto->password_hash(w->password, w->a.hash, sizeof w->a.hash);
}

static void on_hashed(void *arg)
{
	struct control_req *r = arg;
	struct user_work *w = r->work;
	int rc = w->hashed ? put(r, w) : KERR_IO;

	if (rc < 0)
		control_finish(r, rc);
}

static int hash_and_put(struct control_req *r, struct user_work *w)
{
	if (w->hashed)
		return put(r, w);

	int rc = pool_run(r->d->pool, r->d->loops[0], hash_in_pool, on_hashed, r);
	return rc < 0 ? rc : CONTROL_OUT;
}

int control_user_add(struct control_req *r)
{
	struct user_work *w = r->work ? r->work : control_work(r, sizeof *w);

	*w = (struct user_work){
		.a = {.state = ACCOUNT_ACTIVE, .created_at = time(NULL)}
        };
	int rc = take_person(r, &w->a);
	if (rc == 0)
		rc = take_secret(r, w, false);
	return rc < 0 ? rc : hash_and_put(r, w);
}

/* The account of the argument "login" into r->work. */
static int work_on(struct control_req *r, struct user_work **out)
{
	struct user_work *w = r->work ? r->work : control_work(r, sizeof *w);
	struct view *v;
	int rc = view_open(r->d->store, &v);

	if (rc < 0)
		return rc;
	rc = control_find_account(r, v, "login", &w->a);
	view_close(v);
	*out = w;
	return rc;
}

int control_user_passwd(struct control_req *r)
{
	struct user_work *w;
	int rc = work_on(r, &w);

	if (rc == 0)
		rc = take_secret(r, w, true);
	if (rc < 0)
		return rc;
	w->change = true;
	return hash_and_put(r, w);
}

static int set_state(struct control_req *r, enum account_state state)
{
	struct user_work *w;
	int rc = work_on(r, &w);

	if (rc < 0)
		return rc;
	w->a.state = state;
	return put(r, w);
}

int control_user_disable(struct control_req *r)
{
	return set_state(r, ACCOUNT_DISABLED);
}

int control_user_enable(struct control_req *r)
{
	return set_state(r, ACCOUNT_ACTIVE);
}

/* ---- listing ---- */

static json_t *account_json(const struct account *a)
{
	json_t *addresses = json_array();
	json_t *rights = json_array();

	for (unsigned i = 0; i < a->n_addresses; i++)
		json_array_append_new(addresses, json_string(a->addresses[i]));
	for (size_t bit = 0; bit < array_len(right_names); bit++)
		if (a->rights & (1u << bit))
			json_array_append_new(rights, json_string(right_names[bit]));
	return json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:b}", "login", a->login, "name",
		a->name, "addresses", addresses, "state", control_states[a->state], "lang", a->lang,
		"rights", rights, "created", control_time(a->created_at), "password",
		strcmp(a->hash, no_password) != 0);
}

struct listing {
	struct control_req *r;
	struct view *v;
	unsigned n;
};

static bool add_account(void *arg, const struct account *a)
{
	struct listing *l = arg;

	if (l->n++ == ROWS_STEP)
		return false;
	control_row_take(l->r, account_json(a));
	l->r->after_id = a->id;
	return true;
}

int control_user_list(struct control_req *r)
{
	struct listing l = {.r = r};
	int rc = view_open(r->d->store, &l.v);

	if (rc < 0)
		return rc;
	rc = view_accounts(l.v, r->after_id, add_account, &l);
	view_close(l.v);
	return rc == 0 && l.n > ROWS_STEP ? CONTROL_MORE : rc;
}

struct membership {
	json_t *groups;
	struct view *v;
	int rc; /* of a read within the callback */
};

static bool add_membership(void *arg, uint32_t group, uint32_t account, enum role role)
{
	struct membership *m = arg;
	struct group_rec g;

	(void)account;
	m->rc = view_group(m->v, group, &g);
	if (m->rc < 0)
		return false;
	if (g.owner == 0)
		json_array_append_new(m->groups,
			json_pack("{s:s, s:s}", "group", g.name, "role", control_roles[role]));
	return true;
}

int control_user_show(struct control_req *r)
{
	struct membership m = {.groups = json_array()};
	struct account a;
	int rc = view_open(r->d->store, &m.v);

	if (rc == 0) {
		rc = control_find_account(r, m.v, "login", &a);
		if (rc == 0)
			rc = view_memberships(m.v, a.id, add_membership, &m);
		if (rc == 0)
			rc = m.rc;
		view_close(m.v);
	}
	if (rc == 0) {
		json_t *user = account_json(&a);

		json_object_set(user, "groups", m.groups);
		json_object_set_new(r->result, "user", user);
	}
	json_decref(m.groups);
	return rc;
}
