/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * MAIL, RCPT, RSET: from whom, and to which groups and persons.  Nothing is taken that could not be
 * delivered: a group that is absent, closed or not for posting and a person who is not here get the
 * same answer.  RFC 5321 section 3.3; RFC 6409 section 6.1
 */
#include "proto/base/text.h"
#include "proto/msg/address.h"
#include "proto/smtp/smtp_session.h"

/* ---- MAIL ---- */

enum mail_param { PARAM_AUTH, PARAM_BODY, PARAM_SIZE, PARAM_SMTPUTF8, PARAM_NONE };

static enum mail_param param_find(struct slice key)
{
	static const char *const names[] = {"AUTH", "BODY", "SIZE", "SMTPUTF8"};

	for (size_t i = 0; i < array_len(names); i++)
		if (slice_eq_ci(key, slice_str(names[i])))
			return (enum mail_param)i;
	return PARAM_NONE;
}

/* NULL, or the answer that refuses it. */
static const char *take_param(struct smtp_session *s, enum mail_param which, struct slice value)
{
	uint64_t size;

	switch (which) {
	case PARAM_AUTH: /* whoever it names: we know who has logged in.  RFC 4954 section 5 */
		return value.len > 0 ? NULL : "501 5.5.4 AUTH needs a value";
	case PARAM_BODY:
		if (slice_eq_ci(value, lit("7BIT")) || slice_eq_ci(value, lit("8BITMIME")))
			return NULL;
		return "501 5.5.4 BODY is 7BIT or 8BITMIME";
	case PARAM_SIZE:
		if (!text_number(value, UINT64_MAX, &size))
			return "501 5.5.4 SIZE needs a number";
		return size <= forum_max_article(s->forum) ? NULL : "552 5.3.4 mail is too big";
	case PARAM_SMTPUTF8:
		s->mail.utf8 = true;
		return value.len == 0 ? NULL : "501 5.5.4 SMTPUTF8 takes no value";
	case PARAM_NONE:
		break;
	}
	return "555 5.5.4 unknown parameter";
}

static const char *take_params(struct smtp_session *s, struct slice rest)
{
	struct smtp_param p;
	const char *bad = NULL;
	unsigned seen = 0;
	enum scan got;

	while (!bad && (got = smtp_param_next(&rest, &p)) != SCAN_MORE) {
		enum mail_param which = PARAM_NONE;

		if (got == SCAN_BAD)
			return "501 5.5.4 parameters are not valid";
		which = param_find(p.key);
		bad = seen & 1u << which ? "501 5.5.4 parameter stands twice"
					 : take_param(s, which, p.value);
		seen |= 1u << which;
	}
	return bad;
}

static void keep_sender(struct smtp_session *s, const struct smtp_path *p)
{
	const struct address a = {.local = smtp_path_local(p), .domain = smtp_path_domain(p)};

	buf_reset(&s->mail.sender);
	if (p->local_len > 0)
		address_add_spec(&s->mail.sender, &a);
}

/* The null sender is that of notices and automatic replies, which anybody may send. */
static enum smtp_step check_sender(struct smtp_session *s, const struct smtp_path *p)
{
	int rc = p->local_len > 0 ? forum_sender(s->forum, smtp_path_local(p), smtp_path_domain(p))
				  : 0;

	if (rc == KERR_WAIT)
		return SMTP_WAIT;
	if (rc == KERR_DENIED)
		return smtp_done(s, lit("550 5.7.1 sender is not an address of your account"));
	if (rc < 0)
		return smtp_done(s, lit("451 4.3.0 internal fault"));
	keep_sender(s, p);
	s->mail.begun = true;
	return smtp_done(s, lit("250 2.1.0 go on"));
}

enum smtp_step smtp_cmd_mail(struct smtp_session *s, const struct smtp_line *l)
{
	struct slice arg = l->arg;
	struct smtp_path p;
	const char *bad;

	if (s->mail.begun)
		return smtp_done(s, lit("503 5.5.1 a mail is under way"));
	if (!smtp_path_take(&arg, lit("FROM:"), &p))
		return smtp_done(s, lit("501 5.1.7 expected FROM:<address>"));
	s->mail.utf8 = false;
	bad = take_params(s, arg);
	if (bad)
		return smtp_done(s, slice_str(bad));
	if (p.utf8 && !s->mail.utf8)
		return smtp_done(s, lit("553 5.6.7 this address needs SMTPUTF8"));
	return check_sender(s, &p);
}

/* ---- RCPT ---- */

static const struct forum_rcpt *rcpt_at(const struct smtp_mail *m, size_t i)
{
	return vec_at(&m->rcpts, i);
}

/* Does the mail go there already? */
static bool has_rcpt(const struct smtp_mail *m, const struct forum_rcpt *r)
{
	for (size_t i = 0; i < m->rcpts.n; i++) {
		const struct forum_rcpt *old = rcpt_at(m, i);

		if (old->kind != r->kind)
			continue;
		if (r->kind == FORUM_RCPT_PERSON ? old->account == r->account
						 : strcmp(old->name, r->name) == 0)
			return true;
	}
	return false;
}

/* Why the mail cannot go to one more group, or NULL. */
static const char *bad_group(const struct smtp_mail *m, const struct forum_rcpt *r)
{
	if (m->sender.len == 0)
		return "550 5.7.1 mail without a sender does not enter groups";
	/* an article stands in one group that others have too, or in some that are ours alone */
	for (size_t i = 0; i < m->rcpts.n; i++) {
		const struct forum_rcpt *old = rcpt_at(m, i);

		if (old->kind == FORUM_RCPT_GROUP && (old->shared || r->shared))
			return "550 5.7.1 a group shared with others stands alone: "
			       "send one mail to each group";
	}
	return NULL;
}

static enum smtp_step add_rcpt(struct smtp_session *s, const struct forum_rcpt *r)
{
	struct smtp_mail *m = &s->mail;
	const char *bad;

	if (!has_rcpt(m, r)) {
		if (m->rcpts.n == SMTP_RCPTS_MAX)
			return smtp_done(s, lit("452 4.5.3 too many recipients"));
		bad = r->kind == FORUM_RCPT_GROUP ? bad_group(m, r) : NULL;
		if (bad)
			return smtp_done(s, slice_str(bad));
		*(struct forum_rcpt *)vec_push(&m->rcpts) = *r;
	}
	return smtp_done(s, lit("250 2.1.5 go on"));
}

static enum smtp_step refuse_rcpt(struct smtp_session *s, int rc)
{
	s->stats->n_rcpts_refused++;
	if (rc == KERR_NOTFOUND)
		return smtp_done(s,
			lit("550 5.1.1 no such person here, and no group that you may write to"));
	if (rc == KERR_DENIED)
		return smtp_done(s, lit("550 5.7.1 mail to other places is not taken"));
	return smtp_done(s, lit("451 4.3.0 internal fault"));
}

static enum smtp_step find_rcpt(struct smtp_session *s, const struct smtp_path *p)
{
	struct slice domain = smtp_path_domain(p);
	struct forum_rcpt r;
	int rc;

	if (domain.len == 0)
		domain = slice_str(forum_host(s->forum));
	rc = forum_rcpt(s->forum, smtp_path_local(p), domain, &r);
	if (rc == KERR_WAIT)
		return SMTP_WAIT;
	return rc < 0 ? refuse_rcpt(s, rc) : add_rcpt(s, &r);
}

enum smtp_step smtp_cmd_rcpt(struct smtp_session *s, const struct smtp_line *l)
{
	struct slice arg = l->arg;
	struct smtp_path p;

	if (!s->mail.begun)
		return smtp_done(s, lit("503 5.5.1 MAIL comes first"));
	if (!smtp_path_take(&arg, lit("TO:"), &p) || p.local_len == 0)
		return smtp_done(s, lit("501 5.1.3 expected TO:<address>"));
	if (arg.len > 0)
		return smtp_done(s, lit("555 5.5.4 unknown parameter"));
	if (p.utf8 && !s->mail.utf8)
		return smtp_done(s, lit("553 5.6.7 this address needs SMTPUTF8"));
	return find_rcpt(s, &p);
}

/* ---- RSET ---- */

enum smtp_step smtp_cmd_rset(struct smtp_session *s, const struct smtp_line *l)
{
	(void)l;
	smtp_mail_end(s);
	return smtp_done(s, lit("250 2.0.0 forgotten"));
}
