/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes of mailboxes: policy, then a job of the store.  What is a post or a cancel, because the
 * mailbox is a group, is in mail_group.c.
 */
#include "daemon/mail_priv.h"

#include "proto/base/mem.h"
#include "proto/msg/article.h"

enum { OVERVIEW_MAX = 32 * 1024 }; /* five fields, each cut by article_add_over */

/* The mailbox, if the login has these rights there. */
static int allowed(struct db_forum *f, uint32_t box, unsigned rights, struct group_rec *out)
{
	struct view *v;
	int rc = mail_view(f, &v);

	if (rc < 0)
		return rc;
	rc = mail_open(f, v, box, rights, out);
	view_close(v);
	return rc;
}

/* ---- keywords ---- */

struct keywords_walk {
	char (*out)[MAIL_KEYWORD_MAX + 1];
	size_t n;
};

static bool keyword_on(void *arg, unsigned i, struct slice name)
{
	struct keywords_walk *w = arg;

	if (i >= MAIL_KEYWORDS || !slice_cstr(name, w->out[i], MAIL_KEYWORD_MAX + 1))
		return false;
	w->n = i + 1;
	return true;
}

int mail_keywords_op(struct mail *m, char out[MAIL_KEYWORDS][MAIL_KEYWORD_MAX + 1], size_t *n)
{
	struct db_forum *f = mail_forum(m);
	struct keywords_walk w = {out, 0};
	struct view *v;
	int rc = mail_view(f, &v);

	if (rc < 0)
		return rc;
	rc = view_keywords(v, f->login.account, keyword_on, &w);
	*n = w.n;
	view_close(v);
	return rc;
}

int mail_keyword_add_op(
	struct mail *m, struct slice name, mail_done_fn done, void *arg, struct ticket *t)
{
	struct db_forum *f = mail_forum(m);

	if (f->login.account == 0)
		return KERR_LOGIN;
	struct mail_call *c = mail_call_new(f, 0, done, arg);
	struct store_call call = mail_store_call(c);
	int rc = store_keyword_add(f->env->store, f->login.account, name, &call);
	return mail_out(c, rc, t);
}

/* ---- flags ---- */

/* Which rights does a change of these flags need?  RFC 4314 section 4 */
static unsigned rights_of(uint64_t flags)
{
	unsigned rights = MAIL_READ;

	if (flags & MAIL_SEEN)
		rights |= MAIL_SEEN_RIGHT;
	if (flags & MAIL_DELETED)
		rights |= MAIL_DELETE_MSG;
	if (flags & ~(uint64_t)(MAIL_SEEN | MAIL_DELETED))
		rights |= MAIL_WRITE;
	return rights;
}

int mail_flags_op(struct mail *m, uint32_t box, const struct mail_ranges *r, enum mail_flag_op op,
	uint64_t flags, uint64_t unchanged_since, mail_done_fn done, void *arg, struct ticket *t)
{
	static const enum store_flag_op ops[] = {
		[FLAGS_SET] = STORE_FLAGS_SET,
		[FLAGS_ADD] = STORE_FLAGS_ADD,
		[FLAGS_REMOVE] = STORE_FLAGS_TAKE,
	};
	struct db_forum *f = mail_forum(m);
	struct ranges which;
	struct group_rec g;
	int rc = allowed(f, box, rights_of(flags), &g);

	if (rc == 0 && g.owner == 0 && (flags & MAIL_DELETED) && op != FLAGS_REMOVE)
		rc = mail_may_cancel(f, &g, r);
	if (rc < 0)
		return rc;
	struct mail_call *c = mail_call_new(f, box, done, arg);
	struct store_call call = mail_store_call(c);
	mail_ranges_get(r, &which);
	rc = store_flags(f->env->store, f->login.account, box, &which, ops[op], flags,
		unchanged_since, &call);
	ranges_fini(&which);
	return mail_out(c, rc, t);
}

/* ---- messages ---- */

int mail_expunge_op(struct mail *m, uint32_t box, const struct mail_ranges *r, mail_done_fn done,
	void *arg, struct ticket *t)
{
	struct db_forum *f = mail_forum(m);
	struct ranges which;
	struct group_rec g;
	int rc = allowed(f, box, MAIL_EXPUNGE, &g);

	if (rc < 0)
		return rc;
	if (g.owner == 0)
		return mail_cancel_all(f, &g, r, done, arg, t);
	struct mail_call *c = mail_call_new(f, box, done, arg);
	struct store_call call = mail_store_call(c);
	mail_ranges_get(r, &which);
	rc = store_expunge(f->env->store, f->login.account, box, &which, &call);
	ranges_fini(&which);
	return mail_out(c, rc, t);
}

/* Overview and lines of a mail, as far as its head is understood. */
static uint32_t describe(struct slice message, struct buf *over)
{
	static const struct msg_limits none = {0};
	struct article a;
	uint32_t lines = 0;

	if (article_parse(&a, message, &none) == 0) {
		article_add_over(over, &a);
		message = a.body;
	}
	for (size_t i = 0; i < message.len; i++)
		lines += message.p[i] == '\n';
	return lines;
}

void mail_notes_make(struct mail_notes *n, struct slice message)
{
	buf_init(&n->overview, OVERVIEW_MAX);
	buf_init(&n->record, STORE_STRUCTURE_MAX);
	n->lines = describe(message, &n->overview);
	mail_structure_make(&n->record, message);
}

void mail_notes_fini(struct mail_notes *n)
{
	buf_fini(&n->overview);
	buf_fini(&n->record);
}

struct slice mail_notes_structure(const struct mail_notes *n)
{
	return n->record.bad ? lit("") : buf_slice(&n->record);
}

int mail_file(const struct forum_env *env, uint32_t account, uint32_t box, struct slice message,
	uint64_t flags, int64_t date, const struct store_call *call)
{
	struct mail_notes notes;
	int64_t now = env->now_at();

	if (message.len > 0 && memchr(message.p, '\0', message.len))
		return KERR_INVALID;
	mail_notes_make(&notes, message);
	int rc = store_append(env->store,
		&(struct store_append){
			.account = account,
			.box = box,
			.message = message,
			.overview = buf_slice(&notes.overview),
			.structure = mail_notes_structure(&notes),
			.lines = notes.lines,
			.flags = flags,
			.arrived_at = date != 0 ? date : now,
			.saved_at = now,
		},
		call);
	mail_notes_fini(&notes);
	return rc;
}

static int append(struct db_forum *f, uint32_t box, struct slice message, uint64_t flags,
	int64_t date, mail_done_fn done, void *arg, struct ticket *t)
{
	struct mail_call *c = mail_call_new(f, box, done, arg);
	struct store_call call = mail_store_call(c);
	int rc = mail_file(f->env, f->login.account, box, message, flags, date, &call);

	return mail_out(c, rc, t);
}

int mail_append_op(struct mail *m, uint32_t box, struct buf *message_take, uint64_t flags,
	int64_t date, mail_done_fn done, void *arg, struct ticket *t, struct err *why)
{
	struct db_forum *f = mail_forum(m);
	struct group_rec g;
	int rc = allowed(f, box, MAIL_INSERT, &g);

	if (rc == 0 && g.owner == 0)
		return mail_post(f, &g, message_take, flags, done, arg, t, why);
	if (rc == 0)
		rc = append(f, box, buf_slice(message_take), flags, date, done, arg, t);
	if (rc != KERR_WAIT)
		buf_reset(message_take);
	if (rc < 0 && rc != KERR_WAIT && why)
		err_set(why, rc, "%s", rc == KERR_INVALID ? "NUL is not allowed" : mail_why(rc));
	return rc;
}

int mail_copy_op(struct mail *m, uint32_t from, const struct mail_ranges *r, uint32_t to, bool move,
	mail_done_fn done, void *arg, struct ticket *t)
{
	struct db_forum *f = mail_forum(m);
	struct group_rec source = {0}, target = {0};
	struct ranges which;
	int rc = allowed(f, from, MAIL_READ | (move ? (unsigned)MAIL_EXPUNGE : 0), &source);

	if (rc == 0)
		rc = allowed(f, to, MAIL_INSERT, &target);
	if (rc < 0)
		return rc;
	if (target.owner == 0)
		return mail_copy_posts(f, &source, &target, r, move, done, arg, t);
	if (move && source.owner == 0)
		return mail_move_out(f, &source, &target, r, done, arg, t);
	struct mail_call *c = mail_call_new(f, to, done, arg);
	struct store_call call = mail_store_call(c);
	mail_ranges_get(r, &which);
	rc = store_copy_rows(
		f->env->store, f->login.account, from, &which, to, move, f->env->now_at(), &call);
	ranges_fini(&which);
	return mail_out(c, rc, t);
}
