/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mail for persons.  It is judged as mail: fields that RFC 5322 wants once stand once, the rest is
 * the author's.  What a client wrote as Return-Path is no trace of ours and goes.
 *
 * Received does not tell from where the mail came: the sender is known by his login, and where he
 * sits is nobody's business (RFC 5321 section 7.6 leaves it to the site).
 */
#include "proto/msg/inject_priv.h"

#include "proto/base/date.h"
#include "proto/base/err.h"
#include "proto/base/text.h"

#include <stdio.h>

/* RFC 5322 section 3.6: at most one of each */
static const enum article_field once[] = {ART_FROM, ART_SENDER, ART_REPLY_TO, ART_TO, ART_CC,
	ART_BCC, ART_DATE, ART_SUBJECT, ART_MESSAGE_ID, ART_IN_REPLY_TO, ART_REFERENCES};

static int check_once(struct inject_job *j)
{
	for (size_t i = 0; i < array_len(once); i++) {
		if (!(j->in->doubled >> once[i] & 1))
			continue;
		struct slice name = article_field_name(once[i]);

		snprintf(j->res->text, sizeof j->res->text, "%.*s occurs twice", SLICE_ARG(name));
		return inject_refuse(j, KERR_INVALID, j->res->text);
	}
	return 0;
}

static int check(struct inject_job *j)
{
	int rc = check_once(j);

	if (rc == 0 && j->in->value[ART_FROM].len == 0)
		rc = inject_refuse(j, KERR_INVALID, "From is missing");
	if (rc == 0 && !utf8_valid(j->in->head))
		rc = inject_refuse(j, KERR_INVALID, "head is not valid UTF-8");
	if (rc == 0) {
		rc = article_check_body(j->in, j->env->limits);
		j->res->why = j->in->why;
	}
	if (rc == 0)
		rc = inject_check_authors(j);
	return rc < 0 ? rc : inject_check_date(j);
}

/* That of the article, or the name its article has here, or the client's own, or a new one. */
static int choose_id(struct inject_job *j, struct slice msgid)
{
	struct slice old = j->in->value[ART_MESSAGE_ID];
	bool kept = msgid.len == 0 && msgid_syntax(old);

	if (kept && inject_has_alias(j->env, old, j->res->msgid))
		return 0;
	if (msgid.len > 0 || kept)
		return slice_cstr(msgid.len > 0 ? msgid : old, j->res->msgid, sizeof j->res->msgid)
			       ? 0
			       : KERR_INVALID;
	inject_make_id(j->env, j->res->msgid);
	return 0;
}

/* RFC 5321 section 4.4; RFC 9228 section 3 */
static void add_trace(struct inject_job *j, const struct inject_trace *t)
{
	struct buf *b = j->out;

	buf_addf(b, "Return-Path: <%.*s>\r\n", SLICE_ARG(t->sender));
	if (t->rcpt.len > 0)
		inject_add_field(b, "Delivered-To", t->rcpt);
	buf_addf(b, "Received: from client.invalid\r\n\tby %.*s with %.*s", SLICE_ARG(j->env->host),
		SLICE_ARG(t->with));
	if (t->rcpt.len > 0)
		buf_addf(b, "\r\n\tfor <%.*s>", SLICE_ARG(t->rcpt));
	buf_add(b, lit(";\r\n\t"));
	date_add(b, j->env->now_at);
	buf_add(b, lit("\r\n"));
}

/* Never in a mail of ours, or written by us. */
static bool is_dropped(struct slice name)
{
	static const char *const names[] = {"Bcc", "Resent-Bcc", "Return-Path", "Message-ID",
		"Kokod-Sign", "Kokod-Fields", "Kokod-Salt", "Kokod-Actor"};

	for (size_t i = 0; i < array_len(names); i++)
		if (slice_eq_ci(name, slice_str(names[i])))
			return true;
	return false;
}

static void add_fields(struct inject_job *j)
{
	struct header_walk w;
	struct header_field f;

	header_walk_init(&w, j->in->head, j->env->limits);
	while (header_next(&w, &f) == SCAN_OK) {
		if (is_dropped(f.name))
			continue;
		if (slice_eq_ci(f.name, lit("References")) ||
			slice_eq_ci(f.name, lit("In-Reply-To")))
			inject_add_ids(j, &f);
		else
			buf_add(j->out, f.raw);
	}
}

int inject_mail(const struct inject_env *env, const struct inject_trace *trace, struct slice msgid,
	struct article *in, struct buf *out, struct injected *res)
{
	struct inject_job j = {.env = env, .in = in, .res = res, .out = out};

	*res = (struct injected){.why = NULL};
	int rc = check(&j);
	if (rc == 0)
		rc = choose_id(&j, msgid);
	if (rc < 0)
		return rc;
	buf_reset(out);
	add_trace(&j, trace);
	add_fields(&j);
	if (!article_has(in, ART_DATE))
		inject_add_date(out, "Date", env->now_at);
	inject_add_field(out, "Message-ID", slice_str(res->msgid));
	buf_add(out, lit("\r\n"));
	buf_add(out, in->body);
	return out->bad ? inject_refuse(&j, KERR_TOOBIG, "mail is too big") : 0;
}
