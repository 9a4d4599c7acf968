/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DATA: read the mail, give it to its groups and persons, answer when it is on disk.  Only
 * CRLF.CRLF ends it; a mail with a bare CR, a bare LF or NUL is refused, so nothing in it can be
 * taken for a command by anybody.  RFC 5321 section 4.1.1.4, 4.5.2
 */
#include "proto/base/log.h"
#include "proto/smtp/smtp_session.h"

enum phase { PHASE_ASKED, PHASE_BLOCK, PHASE_STORED };

enum { DELIVERED = 1 }; /* forum_submit: it is a repetition */

static enum smtp_step begin(struct smtp_session *s)
{
	if (!s->mail.begun)
		return smtp_done(s, lit("503 5.5.1 MAIL comes first"));
	if (s->mail.rcpts.n == 0)
		return smtp_done(s, lit("554 5.5.1 no valid recipients"));
	smtp_say(s, lit("354 send the mail, end with a dot alone"));
	s->phase = PHASE_BLOCK;
	return SMTP_BLOCK;
}

/* How the mail comes; whoever sends has logged in.  RFC 3848; RFC 6531 section 4.3 */
static struct slice way_of(const struct smtp_session *s)
{
	if (s->mail.utf8)
		return s->tls ? lit("UTF8SMTPSA") : lit("UTF8SMTPA");
	return s->tls ? lit("ESMTPSA") : lit("ESMTPA");
}

/*
 * Give the mail to the forum.  0: a ticket is out; KERR_WAIT: give it again; else s->why, and 1: it
 * was delivered before.
 */
static int store(struct smtp_session *s)
{
	struct err why = {""};
	int rc;

	if (s->no_room && !s->talk.closing) {
		smtp_set_why(s, lit("too much mail is coming in at once, try again later"));
		return KERR_FULL;
	}
	if (s->dot.too_big) {
		smtp_set_why(s, lit("mail is too big"));
		return KERR_TOOBIG;
	}
	if (s->block_why) {
		smtp_set_why(s, slice_str(s->block_why));
		return KERR_INVALID;
	}
	const struct forum_mail m = {.to = s->mail.rcpts.data,
		.n_to = s->mail.rcpts.n,
		.sender = buf_slice(&s->mail.sender),
		.with = way_of(s)};
	rc = forum_submit(s->forum, &m, &s->block, smtp_on_done, s, &s->ticket, &why);
	if (rc != KERR_WAIT)
		buf_trim(&s->block, 0);
	smtp_set_why(s, rc > 0 ? lit("delivered before") : slice_str(why.text));
	return rc;
}

/* Code of an answer, for good or to be tried again.  RFC 3463 */
static const char *code_of(int rc)
{
	switch (rc) {
	case 0:
	case DELIVERED:
		return "250 2.0.0";
	case KERR_DENIED:
		return "550 5.7.1";
	case KERR_NOTFOUND:
		return "550 5.1.1";
	case KERR_TOOBIG:
		return "552 5.3.4";
	case KERR_INVALID:
	case KERR_EXISTS:
		return "554 5.6.0";
	case KERR_FULL:
		return "452 4.3.1";
	default:
		return "451 4.3.0";
	}
}

static enum smtp_step answer(struct smtp_session *s, int rc)
{
	s->stats->n_mails += rc == 0;
	s->stats->n_mails_refused += rc < 0;
	if (rc >= 0)
		s->n_errors = 0;
	log_info("smtp.mail", "sess=%s rcpts=%zu rc=%s why=\"%s\"", s->opts.id, s->mail.rcpts.n,
		rc < 0 ? kerr_name(rc) : "ok", buf_cstr(&s->why));
	smtp_mail_end(s);
	smtp_sayf(s, "%s %s", code_of(rc), s->why.len > 0 ? buf_cstr(&s->why) : "not now");
	return SMTP_DONE;
}

enum smtp_step smtp_cmd_data(struct smtp_session *s, const struct smtp_line *l)
{
	int rc = s->result;

	(void)l;
	if (s->phase == PHASE_ASKED)
		return begin(s);
	if (s->phase == PHASE_BLOCK) {
		rc = store(s);
		if (rc == KERR_WAIT)
			return SMTP_WAIT;
		s->phase = PHASE_STORED;
		if (rc == 0)
			return SMTP_WAIT;
	}
	return answer(s, rc);
}
