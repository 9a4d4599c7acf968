/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Injection and relaying.  First everything is judged, then the new head is written: Path, the
 * fields that stay in their order and with their folds, ours at the end.  So a refusal leaves no
 * half article behind, and what an author wrote is changed only where a rule says so.
 */
#include "proto/msg/inject_priv.h"

#include "proto/base/date.h"
#include "proto/base/err.h"
#include "proto/base/text.h"
#include "proto/msg/address.h"
#include "proto/msg/control.h"

#include <stdio.h>

enum {
	PATH_KEPT_MAX = 500, /* bytes of an author's own Path that fit in one line with ours */
};

/* What becomes of an author's field. */
enum fate {
	FATE_KEEP,
	FATE_DROP,  /* never goes further */
	FATE_OURS,  /* we write it ourselves */
	FATE_TRACE, /* ours too; its presence says that the article was injected before */
	FATE_IDS,   /* holds Message-IDs that may have another name now */
	FATE_NEWS,  /* kept, but in mail ours */
};

static const struct {
	const char *name;
	enum fate fate;
} fates[] = {
	{"Path",              FATE_OURS },
	{"Newsgroups",        FATE_NEWS },
	{"Message-ID",        FATE_OURS },
	{"Cancel-Lock",       FATE_OURS },
	{"Cancel-Key",        FATE_OURS },
	{"Injection-Date",    FATE_TRACE},
	{"Injection-Info",    FATE_TRACE},
	{"Xref",              FATE_TRACE},
	{"References",        FATE_IDS  },
	{"In-Reply-To",       FATE_IDS  },
	{"Supersedes",        FATE_IDS  },
	{"Control",           FATE_IDS  },
	{"Bcc",               FATE_DROP },
	{"Resent-Bcc",        FATE_DROP },
	{"Bytes",             FATE_DROP },
	{"Lines",             FATE_DROP },
	{"X-Trace",           FATE_DROP },
	{"X-Complaints-To",   FATE_DROP },
	{"NNTP-Posting-Host", FATE_DROP },
	{"NNTP-Posting-Date", FATE_DROP },
	{"Received",          FATE_DROP },
	{"Return-Path",       FATE_DROP },
	{"Delivered-To",      FATE_DROP },
	{"DKIM-Signature",    FATE_DROP },
	{"Kokod-Sign",        FATE_DROP },
	{"Kokod-Fields",      FATE_DROP },
	{"Kokod-Salt",        FATE_DROP },
	{"Kokod-Actor",       FATE_DROP },
};

static enum fate fate_of(struct slice name)
{
	for (size_t i = 0; i < array_len(fates); i++)
		if (slice_eq_ci(name, slice_str(fates[i].name)))
			return fates[i].fate;
	return FATE_KEEP;
}

/* May traces of an earlier injection be removed? */
static bool is_copy(const struct inject_job *j)
{
	return j->env->new_msgid || j->env->post_as_any;
}

static bool is_mail(const struct inject_job *j)
{
	return j->env->newsgroups.len > 0;
}

/* ---- judging ---- */

/* Refuse with a reason that names the field: "<before><name><behind>". */
static int refuse_field(
	struct inject_job *j, const char *before, struct slice name, const char *behind)
{
	name = slice_head(name, 60);
	snprintf(j->res->text, sizeof j->res->text, "%s%.*s%s", before, SLICE_ARG(name), behind);
	return inject_refuse(j, KERR_INVALID, j->res->text);
}

static int check_one_field(
	struct inject_job *j, const struct header_field *f, struct slice *seen, size_t n_seen)
{
	struct slice name = f->name;
	enum fate fate = fate_of(name);

	if (fate == FATE_TRACE && !is_copy(j))
		return refuse_field(j, "you may not set ", name, "");
	for (size_t i = 0; i < n_seen && fate != FATE_DROP && fate != FATE_TRACE; i++)
		if (slice_eq_ci(seen[i], name))
			return refuse_field(j, "", name, " occurs twice");
	if (name.len + 2 + slice_chr(f->value, '\r') > MSG_MAX_LINE)
		return refuse_field(j, "", name, " has a line that is too long");
	seen[n_seen] = name;
	return 0;
}

/* Every field once, and none that only a server sets. */
static int check_fields(struct inject_job *j)
{
	struct slice *seen = mem_array(j->in->n_fields, sizeof *seen);
	struct header_walk w;
	struct header_field f;
	size_t n = 0;
	int rc = 0;

	header_walk_init(&w, j->in->head, j->env->limits);
	while (rc == 0 && n < j->in->n_fields && header_next(&w, &f) == SCAN_OK)
		rc = check_one_field(j, &f, seen, n++);
	free(seen);
	if (rc == 0 && !utf8_valid(j->in->head))
		rc = inject_refuse(j, KERR_INVALID, "head is not valid UTF-8");
	return rc;
}

static bool was_posted(struct slice path)
{
	struct slice entry;

	while (path_next(&path, &entry))
		if (slice_starts_ci(entry, lit(".POSTED")))
			return true;
	return false;
}

static int check_body(struct inject_job *j)
{
	int rc = article_check_body(j->in, j->env->limits);

	if (rc < 0)
		return inject_refuse(j, rc, j->in->why);
	if (!j->in->has_empty_line || j->in->body.len == 0)
		return inject_refuse(j, KERR_INVALID, "article has no body");
	return 0;
}

/* The first word of a field, up to a blank, a comment or a parameter. */
static struct slice keyword(struct slice value)
{
	size_t n = 0;

	while (n < value.len &&
		(ascii_alnum((unsigned char)value.p[n]) || value.p[n] == '-' || value.p[n] == '_'))
		n++;
	return slice_head(value, n);
}

/* Answers of programs to mail would answer each other.  RFC 3834 section 2, 5 */
static int check_automatic(struct inject_job *j)
{
	static const char *const bulk[] = {"bulk", "junk", "auto_reply"};
	struct slice said = article_get(j->in, lit("Auto-Submitted"));
	struct slice precedence = keyword(article_get(j->in, lit("Precedence")));
	bool automatic = said.len > 0 && !slice_eq_ci(keyword(said), lit("no"));

	for (size_t i = 0; i < array_len(bulk); i++)
		automatic = automatic || slice_eq_ci(precedence, slice_str(bulk[i]));
	if (is_mail(j) && automatic)
		return inject_refuse(j, KERR_DENIED, "automatic replies do not enter groups");
	return 0;
}

static int check_groups(struct inject_job *j)
{
	int rc = newsgroups_check(j->in->value[ART_NEWSGROUPS], j->env->max_groups);

	if (rc == KERR_TOOBIG)
		return inject_refuse(j, rc, "too many groups in Newsgroups");
	return rc < 0 ? inject_refuse(j, rc, "Newsgroups is not valid") : 0;
}

/* RFC 5537 section 3.5, steps 1 to 5 */
static int check_all(struct inject_job *j)
{
	static int (*const checks[])(struct inject_job * j) = {check_fields, check_automatic,
		check_body, check_groups, inject_check_authors, inject_check_date};
	int rc = 0;

	if (j->in->value[ART_FROM].len == 0)
		return inject_refuse(j, KERR_INVALID, "From is missing");
	if (j->in->value[ART_NEWSGROUPS].len == 0)
		return inject_refuse(j, KERR_INVALID, "Newsgroups is missing");
	if (j->in->value[ART_SUBJECT].len == 0)
		return inject_refuse(j, KERR_INVALID, "Subject is missing");
	if (was_posted(j->in->value[ART_PATH]) && !is_copy(j))
		return inject_refuse(j, KERR_INVALID, "article was posted already");
	for (size_t i = 0; rc == 0 && i < array_len(checks); i++)
		rc = checks[i](j);
	return rc;
}

/* ---- Message-ID ---- */

/* Is the right side of the Message-ID ours to give? */
static bool is_our_domain(const struct inject_env *env, struct slice id)
{
	struct slice domain = msgid_domain(id);

	if (env->local_groups || slice_eq_ci(domain, env->host))
		return true;
	for (size_t i = 0; i < env->n_mail_domains; i++)
		if (slice_eq_ci(domain, env->mail_domains[i]))
			return true;
	return false;
}

/*
 * Keep the client's Message-ID or make one.  One that this login or anybody used before is a
 * second try of the same post: the client did not hear our first answer.
 */
static int choose_msgid(struct inject_job *j)
{
	const struct inject_env *env = j->env;
	struct slice old = j->in->value[ART_MESSAGE_ID];
	char known[MSGID_MAX + 1];

	if (msgid_valid(old) && !env->new_msgid) {
		bool ours = is_our_domain(env, old);
		enum inject_id state =
			ours && env->id_state ? env->id_state(env->arg, old) : INJECT_ID_FREE;

		if (state == INJECT_ID_SEEN || inject_has_alias(env, old, known))
			return inject_refuse(j, KERR_EXISTS, "you posted this article already");
		if (ours && state == INJECT_ID_FREE)
			return slice_cstr(old, j->res->msgid, sizeof j->res->msgid) ? 0
										    : KERR_INVALID;
	}
	inject_make_id(env, j->res->msgid);
	if (msgid_syntax(old) && !slice_cstr(old, j->res->old_msgid, sizeof j->res->old_msgid))
		return KERR_INVALID;
	return 0;
}

/* ---- writing ---- */

/* An author's Path that may stay: in one line with ours, and never injected before. */
static bool may_keep_path(struct slice path)
{
	for (size_t i = 0; i < path.len; i++)
		if (!ascii_print((unsigned char)path.p[i]))
			return false;
	return path.len > 0 && path.len <= PATH_KEPT_MAX && !was_posted(path);
}

/* "host!.POSTED!" in front of the author's own Path, if any.  RFC 5537 section 3.5 */
static void add_path(struct inject_job *j)
{
	struct slice old = j->in->value[ART_PATH];

	buf_add(j->out, lit("Path: "));
	buf_add(j->out, j->env->host);
	buf_add(j->out, lit("!.POSTED!"));
	buf_add(j->out, may_keep_path(old) ? old : lit("not-for-mail"));
	buf_add(j->out, lit("\r\n"));
}

static void add_authors_fields(struct inject_job *j)
{
	struct header_walk w;
	struct header_field f;

	header_walk_init(&w, j->in->head, j->env->limits);
	while (header_next(&w, &f) == SCAN_OK) {
		switch (fate_of(f.name)) {
		case FATE_KEEP:
			inject_add_tidy(j->out, &f);
			break;
		case FATE_IDS:
			inject_add_ids(j, &f);
			break;
		case FATE_NEWS:
			if (!is_mail(j))
				inject_add_tidy(j->out, &f);
			break;
		case FATE_DROP:
		case FATE_OURS:
		case FATE_TRACE:
			break;
		}
	}
}

/* An element of ours behind those the author's program set. */
static void add_lock_field(struct inject_job *j, enum article_field field, const char *name,
	const char *key, void (*add)(struct buf *b, const char *key))
{
	struct slice old = j->in->value[field];

	if (!key && old.len == 0)
		return;
	buf_addf(j->out, "%s: ", name);
	buf_add(j->out, old);
	if (key && old.len > 0)
		buf_add(j->out, lit("\r\n "));
	if (key)
		add(j->out, key);
	buf_add(j->out, lit("\r\n"));
}

/* Cancel-Lock of the article; Cancel-Key when it takes out another.  RFC 8315 section 3.1, 3.3 */
static void add_locks(struct inject_job *j)
{
	char lock[CANCEL_KEY_LEN + 1], key[CANCEL_KEY_LEN + 1], known[MSGID_MAX + 1];
	bool on = j->env->lock_secret.len > 0;
	struct control c;

	control_of(j->in, &c);
	if (on)
		cancel_key(j->env->lock_secret, j->env->login, slice_str(j->res->msgid), lock);
	add_lock_field(j, ART_CANCEL_LOCK, "Cancel-Lock", on ? lock : NULL, cancel_add_lock);
	on = on && (c.kind == CONTROL_CANCEL || c.kind == CONTROL_SUPERSEDES);
	if (on && inject_has_alias(j->env, c.target, known))
		c.target = slice_str(known);
	if (on)
		cancel_key(j->env->lock_secret, j->env->login, c.target, key);
	add_lock_field(j, ART_CANCEL_KEY, "Cancel-Key", on ? key : NULL, cancel_add_key);
}

/* Newsgroups of the envelope; References where a mail program only wrote In-Reply-To. */
static void add_mail_fields(struct inject_job *j)
{
	struct slice rest = j->in->value[ART_IN_REPLY_TO], id;
	char known[MSGID_MAX + 1];

	if (!is_mail(j))
		return;
	inject_add_field(j->out, "Newsgroups", j->env->newsgroups);
	if (j->in->value[ART_REFERENCES].len > 0 || !refs_next(&rest, &id))
		return;
	inject_add_field(
		j->out, "References", inject_has_alias(j->env, id, known) ? slice_str(known) : id);
}

/* RFC 5536 section 3.2.8 */
static void add_info(struct inject_job *j)
{
	struct slice to = j->env->complaints_to;

	buf_add(j->out, lit("Injection-Info: "));
	buf_add(j->out, j->env->host);
	if (to.len > 0)
		buf_addf(j->out, "; mail-complaints-to=\"%.*s\"", SLICE_ARG(to));
	buf_add(j->out, lit("\r\n"));
}

/* The server's own fields; nothing in them tells who or where the author is. */
static void add_our_fields(struct inject_job *j)
{
	struct buf *b = j->out;

	if (!article_has(j->in, ART_DATE))
		inject_add_date(b, "Date", j->env->now_at);
	inject_add_field(b, "Message-ID", slice_str(j->res->msgid));
	inject_add_date(b, "Injection-Date", j->env->now_at);
	if (!j->env->plain_trace)
		add_info(j);
	if (j->is_others && !j->env->post_as_any && j->env->actor.len > 0)
		inject_add_field(b, "Kokod-Actor", j->env->actor);
	add_locks(j);
}

int inject_article(
	const struct inject_env *env, struct article *in, struct buf *out, struct injected *res)
{
	struct inject_job j = {.env = env, .in = in, .res = res, .out = out};

	*res = (struct injected){.why = NULL};
	if (is_mail(&j))
		in->value[ART_NEWSGROUPS] = env->newsgroups;
	int rc = check_all(&j);
	if (rc == 0)
		rc = choose_msgid(&j);
	if (rc < 0)
		return rc;
	buf_reset(out);
	add_path(&j);
	add_authors_fields(&j);
	add_mail_fields(&j);
	add_our_fields(&j);
	buf_add(out, lit("\r\n"));
	buf_add(out, in->body);
	return out->bad ? inject_refuse(&j, KERR_TOOBIG, "article is too big") : 0;
}

/*
 * "host!!old" when the peer's name is the first one, "host!.MISMATCH.peer!old" when it is not.
 * RFC 5537 section 3.2.1
 */
static void add_relay_path(struct buf *b, struct slice host, struct slice from, struct slice old)
{
	struct slice rest = old, first;
	size_t line = b->len;

	buf_add(b, lit("Path: "));
	buf_add(b, host);
	buf_addc(b, '!');
	if (from.len > 0 && path_next(&rest, &first) && slice_eq_ci(first, from)) {
		buf_addc(b, '!');
	} else if (from.len > 0) {
		buf_add(b, lit(".MISMATCH."));
		buf_add(b, from);
		buf_addc(b, '!');
	}
	if (b->len - line + slice_chr(old, '\r') > MSG_MAX_LINE)
		buf_add(b, lit("\r\n "));
	buf_add(b, old);
	buf_add(b, lit("\r\n"));
}

static void add_relayed_head(
	struct buf *b, struct slice host, struct slice from, const struct article *in)
{
	static const struct msg_limits none = {0};
	struct header_walk w;
	struct header_field f;

	header_walk_init(&w, in->head, &none);
	while (header_next(&w, &f) == SCAN_OK) {
		if (slice_eq_ci(f.name, lit("Path")))
			add_relay_path(b, host, from, f.value);
		else if (!slice_eq_ci(f.name, lit("Xref")))
			buf_add(b, f.raw);
	}
}

int relay_article(struct slice host, struct slice from, const struct msg_limits *limits,
	struct article *in, struct buf *out, const char **why)
{
	int rc = article_check_news(in);

	if (rc == 0)
		rc = article_check_body(in, limits);
	*why = in->why;
	if (rc < 0)
		return rc;
	if (path_has(in->value[ART_PATH], host)) {
		*why = "our name is in the Path already";
		return KERR_EXISTS;
	}
	buf_reset(out);
	add_relayed_head(out, host, from, in);
	buf_add(out, lit("\r\n"));
	buf_add(out, in->body);
	if (!out->bad)
		return 0;
	*why = "article is too big";
	return KERR_TOOBIG;
}
