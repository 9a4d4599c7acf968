/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mail: which sender a login may use, where a recipient's address leads, and what persons get.
 *
 * A group that is not there, one that is not the login's to see, one where it may not post, and a
 * person who is not there or disabled get one answer.  The mail goes the way of every article
 * (forum_post.c).  RFC 6409 section 6
 */
#include "daemon/forum_posting.h"

#include "proto/base/crypto.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/msg/address.h"
#include "proto/msg/fields.h"

/* ---- the sender ---- */

static bool has_address(const struct account *a, const struct address *wanted)
{
	for (unsigned i = 0; i < a->n_addresses; i++)
		if (address_is(wanted, slice_str(a->addresses[i])))
			return true;
	return (a->rights & RIGHT_POST_AS_ANY) != 0;
}

int db_sender(struct forum *base, struct slice local, struct slice domain)
{
	struct db_forum *f = db_forum(base);
	const struct address wanted = {.local = local, .domain = domain};
	struct account a;
	struct view *v;
	int rc = view_open(f->env->store, &v);

	if (rc < 0)
		return rc;
	rc = f->login.account != 0 ? view_account(v, f->login.account, &a) : KERR_DENIED;
	if (rc == 0 && !has_address(&a, &wanted))
		rc = KERR_DENIED;
	view_close(v);
	return rc == KERR_NOTFOUND ? KERR_DENIED : rc;
}

/* ---- recipients ---- */

/* Is it our name, or one of our mail domains? */
static bool is_our_domain(const struct forum_env *e, struct slice domain)
{
	if (slice_eq_ci(domain, slice_str(e->host)))
		return true;
	for (size_t i = 0; i < e->n_mail_domains; i++)
		if (slice_eq_ci(domain, e->mail_domains[i]))
			return true;
	return false;
}

/* The group of that name, if the login may post there; KERR_NOTFOUND whatever else is the case. */
static int group_find(struct db_forum *f, struct view *v, struct slice name, struct forum_rcpt *out)
{
	struct group_rec g;
	int rc = group_name_valid(name) ? view_group_named(v, 0, name, &g) : KERR_NOTFOUND;

	if (rc == 0)
		rc = policy_may(v, &f->login, &g, RIGHT_POST);
	else if (rc == KERR_NOTFOUND)
		rc = policy_absent(v, &f->login);
	if (rc == 0)
		rc = forum_group_shared(f, v, name, &out->shared);
	if (rc == 0)
		memcpy(out->name, g.name, strlen(g.name) + 1);
	return rc == KERR_DENIED || rc == KERR_LOGIN ? KERR_NOTFOUND : rc;
}

/* Groups have lower-case names; in addresses people write them as they like. */
static int group_find_ci(
	struct db_forum *f, struct view *v, struct slice local, struct forum_rcpt *out)
{
	struct buf name;
	int rc;

	buf_init(&name, GROUP_NAME_MAX + 1);
	text_add_lower(&name, slice_head(local, GROUP_NAME_MAX + 1));
	rc = group_find(f, v, buf_slice(&name), out);
	buf_fini(&name);
	return rc;
}

/* An active account by a login or an address. */
static int account_find(struct view *v, struct slice name, struct account *out)
{
	int rc = view_account_named(v, name, out);

	return rc == 0 && out->state != ACCOUNT_ACTIVE ? KERR_NOTFOUND : rc;
}

/* One of a person's addresses, or the login at one of our domains. */
static int person_find(
	struct view *v, struct slice local, struct slice domain, struct forum_rcpt *out)
{
	const struct address wanted = {.local = local, .domain = domain};
	struct account a;
	struct buf spec;
	int rc;

	buf_init(&spec, sizeof out->name - 1);
	address_add_spec(&spec, &wanted);
	rc = spec.bad ? KERR_NOTFOUND : account_find(v, buf_slice(&spec), &a);
	if (rc == KERR_NOTFOUND) {
		rc = account_find(v, local, &a);
		if (rc == 0 && !slice_eq_ci(local, slice_str(a.login)))
			rc = KERR_NOTFOUND;
	}
	if (rc == 0 && !slice_cstr(buf_slice(&spec), out->name, sizeof out->name))
		rc = KERR_NOTFOUND;
	buf_fini(&spec);
	if (rc == 0) {
		out->kind = FORUM_RCPT_PERSON;
		out->account = a.id;
	}
	return rc;
}

int db_rcpt(struct forum *base, struct slice local, struct slice domain, struct forum_rcpt *out)
{
	struct db_forum *f = db_forum(base);
	struct view *v;
	int rc;

	*out = (struct forum_rcpt){.kind = FORUM_RCPT_GROUP};
	if (!is_our_domain(f->env, domain))
		return KERR_DENIED;
	rc = view_open(f->env->store, &v);
	if (rc < 0)
		return rc;
	rc = group_find_ci(f, v, local, out);
	if (rc == KERR_NOTFOUND && f->login.account != 0)
		rc = person_find(v, local, domain, out);
	view_close(v);
	return rc;
}

/* ---- a mail ---- */

/* The same login, Message-ID, recipients and body: the same mail.  RFC 5321 section 4.5.4.1 */
int posting_was_sent(struct posting *p)
{
	const struct forum_mail *m = p->mail;
	struct slice parts[3] = {p->in.value[ART_MESSAGE_ID]};
	uint8_t hash[CRYPTO_HASH_LEN];
	struct buf to;

	p->has_sent = parts[0].len > 0;
	if (!p->has_sent)
		return KERR_NOTFOUND;
	buf_init(&to, SIZE_MAX);
	for (size_t i = 0; i < m->n_to; i++)
		buf_addf(&to, " %s", m->to[i].name);
	buf_add(&to, lit("\n"));
	parts[1] = buf_slice(&to);
	parts[2] = p->in.body;
	crypto->sha256(parts, array_len(parts), hash);
	buf_fini(&to);
	memcpy(p->sent, hash, sizeof p->sent);
	return view_sent(p->v, p->account.id, p->sent, p->f->env->now_at());
}

/* The address of the only person.  Several are not told of each other: one may be in Bcc. */
static struct slice only_person(const struct posting *p)
{
	const struct forum_mail *m = p->mail;

	for (size_t i = 0; i < m->n_to && p->n_persons == 1; i++)
		if (m->to[i].kind == FORUM_RCPT_PERSON)
			return slice_str(m->to[i].name);
	return lit("");
}

/* A person's account may have gone since RCPT. */
static int check_persons(struct posting *p)
{
	for (size_t i = 0; i < p->n_persons; i++) {
		struct account a;
		int rc = view_account(p->v, p->persons[i], &a);

		if (rc == KERR_NOTFOUND || (rc == 0 && a.state != ACCOUNT_ACTIVE))
			return err_set(p->why, KERR_NOTFOUND, "a recipient is gone");
		if (rc < 0)
			return rc;
	}
	return 0;
}

int posting_inbox(struct posting *p)
{
	const struct inject_trace trace = {
		.sender = p->mail->sender, .rcpt = only_person(p), .with = p->mail->with};
	struct slice addresses[STORE_ADDRESSES];
	const struct inject_env env = posting_env(p, addresses);
	struct injected res = {.why = NULL};
	int rc = check_persons(p);

	if (rc < 0)
		return rc;
	rc = inject_mail(&env, &trace, slice_str(p->mid), &p->in, &p->inbox, &res);
	if (p->waits)
		return KERR_WAIT;
	if (rc < 0)
		return err_set(p->why, rc, "%s", res.why ? res.why : posting_why(rc));
	memcpy(p->mid, res.msgid, sizeof p->mid);
	return 0;
}

/* Sort the recipients: groups into Newsgroups, persons by account. */
static void set_rcpts(struct posting *p)
{
	const struct forum_mail *m = p->mail;

	p->persons = mem_array(m->n_to, sizeof *p->persons);
	for (size_t i = 0; i < m->n_to; i++) {
		if (m->to[i].kind == FORUM_RCPT_PERSON) {
			p->persons[p->n_persons++] = m->to[i].account;
			continue;
		}
		if (p->newsgroups.len > 0)
			buf_addc(&p->newsgroups, ',');
		buf_addz(&p->newsgroups, m->to[i].name);
	}
}

int db_submit(struct forum *base, const struct forum_mail *m, struct buf *mail_take,
	forum_done_fn done, void *arg, struct ticket *t, struct err *why)
{
	struct posting *p = posting_new(base, FORUM_POST);

	p->mail = m;
	set_rcpts(p);
	return posting_give(p, mail_take, lit(""), done, arg, t, why);
}
