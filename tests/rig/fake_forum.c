/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays behind proto/forum.h.  Every walk asks wait() before each callback, so that a session is
 * stopped at every place where the real forum might stop it. */
#include "tests/rig/fake_forum.h"

#include <stdio.h>

#include "proto/base/coll.h"
#include "proto/base/mem.h"
#include "proto/base/wildmat.h"
#include "proto/msg/fields.h"
#include "proto/msg/header.h"

struct fake_call {
	struct fake_call *next;
	forum_done_fn done; /* NULL: dropped */
	void *arg;
	int rc;
	const char *why;
	const char *login; /* becomes so with rc 0 */
	size_t art;        /* of a post: its place in arts, counted from 1 */
};

static struct fake_forum *fake_of(struct forum *f)
{
	return (struct fake_forum *)(void *)f;
}

bool fake_must_wait(struct fake_forum *f)
{
	if (f->waits == 0)
		return false;
	f->waits = f->waits * 1103515245u + 12345u;
	f->waited = !f->waited && (f->waits >> 16) % 3 == 0;
	if (f->waits == 0)
		f->waits = 1;
	return f->waited;
}

/* ---- who sees what ---- */

static bool sees(const struct fake_forum *f, const struct fake_group *g)
{
	if (g->open)
		return true;
	if (!f->login || !g->members)
		return false;
	struct slice rest = slice_str(g->members), word;

	while (slice_word(&rest, &word))
		if (slice_eq(word, slice_str(f->login)))
			return true;
	return false;
}

static int absent(const struct fake_forum *f)
{
	return f->login ? KERR_NOTFOUND : KERR_LOGIN;
}

static struct fake_group *group_seen(struct fake_forum *f, uint32_t id)
{
	if (id == 0 || id > f->n_groups || !sees(f, &f->groups[id - 1]))
		return NULL;
	return &f->groups[id - 1];
}

/* Its number in the group; 0: not there. */
static uint32_t num_in(const struct fake_art *a, uint32_t group)
{
	for (unsigned i = 0; i < a->n_places; i++)
		if (a->places[i].group == group)
			return a->removed ? 0 : a->places[i].num;
	return 0;
}

static void fill_group(struct fake_forum *f, const struct fake_group *g, struct forum_group *out)
{
	*out = (struct forum_group){.id = g->id,
		.low = g->next,
		.high = g->next - 1,
		.status = f->login ? g->status : 'n',
		.created_at = g->created_at};
	for (size_t i = f->n_arts; i-- > 0;) {
		uint32_t num = num_in(&f->arts[i], g->id);

		out->count += num > 0;
		out->low = num > 0 ? num : out->low;
	}
	snprintf(out->name, sizeof out->name, "%s", g->name);
	snprintf(out->title, sizeof out->title, "%s", g->title);
	snprintf(out->creator, sizeof out->creator, "%s", "anna");
}

static int fake_group(struct forum *base, struct slice name, struct forum_group *out)
{
	struct fake_forum *f = fake_of(base);
	struct fake_group *g = fake_group_named(f, name);

	if (fake_must_wait(f))
		return KERR_WAIT;
	if (!g || !sees(f, g))
		return absent(f);
	fill_group(f, g, out);
	return 0;
}

static int fake_groups(struct forum *base, struct slice after, forum_group_fn fn, void *arg)
{
	struct fake_forum *f = fake_of(base);
	struct forum_group out;

	for (unsigned i = 0; i < f->n_groups; i++) { /* they stand in name order */
		if (slice_cmp(slice_str(f->groups[i].name), after) <= 0 || !sees(f, &f->groups[i]))
			continue;
		if (fake_must_wait(f))
			return KERR_WAIT;
		fill_group(f, &f->groups[i], &out);
		if (!fn(arg, &out))
			return 0;
	}
	return 0;
}

/* ---- rows ---- */

static int fake_nums(struct forum *base, uint32_t group, uint32_t lo, uint32_t hi, bool reverse,
	forum_num_fn fn, void *arg)
{
	struct fake_forum *f = fake_of(base);

	if (!group_seen(f, group))
		return absent(f);
	for (size_t i = 0; i < f->n_arts; i++) {
		uint32_t num = num_in(&f->arts[reverse ? f->n_arts - 1 - i : i], group);

		if (num == 0 || num < lo || num > hi)
			continue;
		if (fake_must_wait(f))
			return KERR_WAIT;
		if (!fn(arg, num))
			return 0;
	}
	return 0;
}

static void add_xref(struct fake_forum *f, const struct fake_art *a, struct buf *b)
{
	buf_add(b, lit("news.koko.test"));
	for (unsigned i = 0; i < a->n_places; i++)
		if (group_seen(f, a->places[i].group))
			buf_addf(b, " %s:%u", f->groups[a->places[i].group - 1].name,
				a->places[i].num);
}

static bool give_over(
	struct fake_forum *f, const struct fake_art *a, uint32_t num, forum_over_fn fn, void *arg)
{
	struct buf xref;
	struct forum_over o = {.num = num,
		.bytes = a->bytes.len,
		.lines = a->lines,
		.arrived_at = a->arrived_at,
		.fields = buf_slice(&a->fields)};

	buf_init(&xref, 4096);
	add_xref(f, a, &xref);
	o.xref = buf_slice(&xref);
	bool more = fn(arg, &o);
	buf_fini(&xref);
	return more;
}

static int fake_over(
	struct forum *base, uint32_t group, uint32_t lo, uint32_t hi, forum_over_fn fn, void *arg)
{
	struct fake_forum *f = fake_of(base);

	if (!group_seen(f, group))
		return absent(f);
	for (size_t i = 0; i < f->n_arts; i++) {
		uint32_t num = num_in(&f->arts[i], group);

		if (num == 0 || num < lo || num > hi)
			continue;
		if (fake_must_wait(f))
			return KERR_WAIT;
		if (!give_over(f, &f->arts[i], num, fn, arg))
			return 0;
	}
	return 0;
}

/* The article, and the first place where it is seen. */
static struct fake_art *art_seen(struct fake_forum *f, struct slice mid, unsigned *place)
{
	struct fake_art *a = fake_art_named(f, mid);

	for (*place = 0; a && !a->removed && *place < a->n_places; ++*place)
		if (group_seen(f, a->places[*place].group))
			return a;
	return NULL;
}

static int fake_over_mid(struct forum *base, struct slice mid, forum_over_fn fn, void *arg)
{
	struct fake_forum *f = fake_of(base);
	unsigned place;
	const struct fake_art *a = art_seen(f, mid, &place);

	if (fake_must_wait(f))
		return KERR_WAIT;
	if (!a)
		return absent(f);
	give_over(f, a, 0, fn, arg);
	return 0;
}

static void fill_art(
	struct fake_forum *f, const struct fake_art *a, unsigned place, struct forum_art *out)
{
	struct buf xref;

	*out = (struct forum_art){.group = a->places[place].group,
		.num = a->places[place].num,
		.content = (uint64_t)(a - f->arts) + 1,
		.bytes = a->bytes.len,
		.lines = a->lines};
	buf_init(&xref, sizeof out->xref - 1);
	add_xref(f, a, &xref);
	if (!slice_cstr(buf_slice(&xref), out->xref, sizeof out->xref))
		out->xref[0] = '\0';
	buf_fini(&xref);
}

static int fake_article(struct forum *base, uint32_t group, uint32_t num, struct forum_art *out)
{
	struct fake_forum *f = fake_of(base);

	if (fake_must_wait(f))
		return KERR_WAIT;
	if (!group_seen(f, group))
		return absent(f);
	for (size_t i = 0; i < f->n_arts; i++)
		for (unsigned p = 0; p < f->arts[i].n_places; p++)
			if (num_in(&f->arts[i], group) == num && num > 0 &&
				f->arts[i].places[p].group == group) {
				fill_art(f, &f->arts[i], p, out);
				return 0;
			}
	return KERR_NOTFOUND;
}

static int fake_article_mid(struct forum *base, struct slice mid, struct forum_art *out)
{
	struct fake_forum *f = fake_of(base);
	unsigned place;
	const struct fake_art *a = art_seen(f, mid, &place);

	if (fake_must_wait(f))
		return KERR_WAIT;
	if (!a)
		return absent(f);
	fill_art(f, a, place, out);
	return 0;
}

static int fake_read(struct forum *base, const struct forum_art *a, uint32_t chunk, struct buf *out)
{
	struct fake_forum *f = fake_of(base);
	struct slice bytes = buf_slice(&f->arts[a->content - 1].bytes);

	if (fake_must_wait(f))
		return KERR_WAIT;
	if ((size_t)chunk * f->chunk >= bytes.len)
		return KERR_NOTFOUND;
	buf_add(out, slice_head(slice_from(bytes, chunk * f->chunk), f->chunk));
	return 0;
}

static int fake_wanted(struct forum *base, struct slice mid)
{
	struct fake_forum *f = fake_of(base);

	if (fake_must_wait(f))
		return KERR_WAIT;
	return fake_art_named(f, mid) ? KERR_EXISTS : 0;
}

static int fake_newnews(struct forum *base, struct slice wildmat, int64_t since_at, uint64_t *place,
	forum_mid_fn fn, void *arg)
{
	struct fake_forum *f = fake_of(base);

	for (size_t i = *place; i < f->n_arts; i++) {
		const struct fake_art *a = &f->arts[i];
		bool match = false;

		for (unsigned p = 0; p < a->n_places && !a->removed; p++) {
			const struct fake_group *g = group_seen(f, a->places[p].group);

			match |= g && wildmat_match(wildmat, slice_str(g->name));
		}
		if (fake_must_wait(f))
			return KERR_WAIT;
		if (match && a->arrived_at >= since_at && !fn(arg, slice_str(a->mid)))
			return 0;
		*place = i + 1;
	}
	return 0;
}

/* ---- asynchronous calls ---- */

static void drop_call(void *arg)
{
	((struct fake_call *)arg)->done = NULL;
}

static struct fake_call *add_call(
	struct fake_forum *f, forum_done_fn done, void *arg, struct ticket *t)
{
	struct fake_call *c = mem_new(struct fake_call);

	c->done = done;
	c->arg = arg;
	c->why = "";
	*f->calls_tail = c;
	f->calls_tail = &c->next;
	*t = (struct ticket){c, drop_call};
	return c;
}

static int fake_login(struct forum *base, struct slice user, struct slice pass, forum_done_fn done,
	void *arg, struct ticket *t)
{
	struct fake_forum *f = fake_of(base);

	if (slice_eq(user, lit("busy")))
		return KERR_BUSY;
	struct fake_call *c = add_call(f, done, arg, t);

	c->rc = KERR_DENIED;
	for (unsigned i = 0; i < f->n_users; i++)
		if (slice_eq(user, slice_str(f->users[i].login)) &&
			slice_eq(pass, slice_str(f->users[i].pass))) {
			c->rc = 0;
			c->login = f->users[i].login;
		}
	return 0;
}

/* It is there at once and answered later, so that what is asked meanwhile depends on no timing. */
static void store_now(struct fake_forum *f, struct fake_call *c, struct slice article)
{
	c->rc = fake_add(f, article);
	c->why = c->rc < 0 ? "the article is not well-formed" : "";
	c->art = c->rc < 0 ? 0 : f->n_arts;
}

static int fake_post(struct forum *base, enum forum_how how, struct buf *article_take,
	struct slice mid, forum_done_fn done, void *arg, struct ticket *t, struct err *why)
{
	struct fake_forum *f = fake_of(base);

	if (fake_must_wait(f))
		return KERR_WAIT; /* the article stays with the caller */
	if (f->post_rc < 0 || (how == FORUM_RELAY && fake_art_named(f, mid))) {
		buf_fini(article_take);
		return err_set(why, f->post_rc < 0 ? f->post_rc : KERR_EXISTS, "not now");
	}
	struct fake_call *c = add_call(f, done, arg, t);

	c->rc = f->done_rc;
	if (c->rc == 0 && !f->mute)
		store_now(f, c, buf_slice(article_take));
	buf_fini(article_take);
	return 0;
}

/* ---- mail ---- */

static bool is_here(struct slice domain)
{
	return slice_eq_ci(domain, lit("koko.test")) || slice_eq_ci(domain, lit("news.koko.test"));
}

static int fake_sender(struct forum *base, struct slice local, struct slice domain)
{
	struct fake_forum *f = fake_of(base);

	if (fake_must_wait(f))
		return KERR_WAIT;
	if (!f->login || !slice_eq(local, slice_str(f->login)) ||
		!slice_eq_ci(domain, lit("koko.test")))
		return KERR_DENIED;
	return 0;
}

/* The number of a user, counted from 1; 0: nobody. */
static uint32_t user_named(const struct fake_forum *f, struct slice login)
{
	for (unsigned i = 0; i < f->n_users; i++)
		if (slice_eq_ci(login, slice_str(f->users[i].login)))
			return i + 1;
	return 0;
}

static int person_rcpt(const struct fake_forum *f, struct slice local, struct forum_rcpt *out)
{
	uint32_t account = user_named(f, local);

	if (account == 0)
		return KERR_NOTFOUND;
	*out = (struct forum_rcpt){.kind = FORUM_RCPT_PERSON, .account = account};
	snprintf(out->name, sizeof out->name, "%s@koko.test", f->users[account - 1].login);
	return 0;
}

static int fake_rcpt(
	struct forum *base, struct slice local, struct slice domain, struct forum_rcpt *out)
{
	struct fake_forum *f = fake_of(base);
	const struct fake_group *g = fake_group_named(f, local);

	if (!is_here(domain))
		return KERR_DENIED;
	if (fake_must_wait(f))
		return KERR_WAIT;
	*out = (struct forum_rcpt){.kind = FORUM_RCPT_GROUP};
	if (f->many_rcpts)
		return slice_cstr(local, out->name, sizeof out->name) ? 0 : KERR_NOTFOUND;
	if (!g || !sees(f, g) || g->status == 'n')
		return person_rcpt(f, local, out);
	out->shared = g->shared;
	memcpy(out->name, g->name, sizeof g->name);
	return 0;
}

/* Mail to persons alone is counted and not kept. */
static int deliver(struct fake_forum *f, struct buf *mail_take, forum_done_fn done, void *arg,
	struct ticket *t, struct err *why)
{
	if (fake_must_wait(f))
		return KERR_WAIT;
	buf_reset(mail_take);
	if (f->post_rc < 0)
		return err_set(why, f->post_rc, "not now");
	struct fake_call *c = add_call(f, done, arg, t);

	c->rc = f->done_rc;
	c->why = "<delivered@koko.test>";
	return 0;
}

static int fake_submit(struct forum *base, const struct forum_mail *m, struct buf *mail_take,
	forum_done_fn done, void *arg, struct ticket *t, struct err *why)
{
	struct buf b;
	size_t n_groups = 0;
	int rc;

	buf_init(&b, SIZE_MAX / 2);
	for (size_t i = 0; i < m->n_to; i++)
		if (m->to[i].kind == FORUM_RCPT_GROUP)
			buf_addf(&b, "%s%s", n_groups++ > 0 ? "," : "Newsgroups: ", m->to[i].name);
	buf_add(&b, lit("\r\n"));
	buf_add(&b, buf_slice(mail_take));
	rc = n_groups > 0 ? fake_post(base, FORUM_POST, &b, lit(""), done, arg, t, why)
			  : deliver(fake_of(base), mail_take, done, arg, t, why);
	if (rc == 0)
		fake_of(base)->n_delivered += m->n_to - n_groups;
	if (rc != KERR_WAIT)
		buf_reset(mail_take);
	buf_fini(&b);
	return rc;
}

size_t fake_run(struct fake_forum *f)
{
	struct fake_call *c = f->calls;
	size_t n = 0;

	f->calls = NULL;
	f->calls_tail = &f->calls;
	while (c) {
		struct fake_call *next = c->next;
		struct forum_result r = {.rc = c->rc, .why = c->why};

		if (c->art > 0)
			r.mid = slice_str(f->arts[c->art - 1].mid);
		if (c->done && r.rc == 0 && c->login)
			f->login = c->login;
		if (c->done)
			c->done(c->arg, &r);
		free(c);
		c = next;
		n++;
	}
	return n;
}

/* ---- what the conversation may do ---- */

static bool fake_may_post(struct forum *base)
{
	return fake_of(base)->login && !fake_of(base)->read_only;
}

static bool fake_may_relay(struct forum *base)
{
	return fake_of(base)->relay;
}

static bool fake_may_login(struct forum *base)
{
	return !fake_of(base)->no_login;
}

static bool fake_has_login(struct forum *base)
{
	return fake_of(base)->login != NULL;
}

static const char *fake_host(struct forum *base)
{
	(void)base;
	return "news.koko.test";
}

static size_t fake_max_article(struct forum *base)
{
	return fake_of(base)->max_article;
}

static const struct forum_ops fake_ops = {
	.group = fake_group,
	.groups = fake_groups,
	.nums = fake_nums,
	.over = fake_over,
	.over_mid = fake_over_mid,
	.article = fake_article,
	.article_mid = fake_article_mid,
	.read = fake_read,
	.wanted = fake_wanted,
	.newnews = fake_newnews,
	.login = fake_login,
	.post = fake_post,
	.sender = fake_sender,
	.rcpt = fake_rcpt,
	.submit = fake_submit,
	.may_post = fake_may_post,
	.may_relay = fake_may_relay,
	.may_login = fake_may_login,
	.has_login = fake_has_login,
	.host = fake_host,
	.max_article = fake_max_article,
};

/* ---- life cycle ---- */

struct fake_forum *fake_new(void)
{
	struct fake_forum *f = mem_new(struct fake_forum);

	f->base.ops = &fake_ops;
	f->calls_tail = &f->calls;
	f->mids = map_new();
	f->chunk = 48 * 1024;
	f->max_article = 1024 * 1024;
	f->now_at = 1795442400; /* Mon, 23 Nov 2026 14:00:00 +0000 */
	return f;
}

void fake_free(struct fake_forum *f)
{
	if (!f)
		return;
	for (struct fake_call *c = f->calls; c; c = c->next)
		c->done = NULL;
	fake_run(f);
	for (size_t i = 0; i < f->n_arts; i++) {
		buf_fini(&f->arts[i].bytes);
		buf_fini(&f->arts[i].fields);
	}
	free(f->arts);
	map_free(f->mids);
	free(f);
}
