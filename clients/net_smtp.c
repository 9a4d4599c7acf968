/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One mail through libetpan's mailsmtp. */
#include "clients/net_priv.h"
#include "proto/base/text.h"

static const char *said(const mailsmtp *s)
{
	return s->response ? s->response : "";
}

/* The reply's text in one line. */
static void add_answer(struct buf *b, const mailsmtp *s)
{
	struct slice text = slice_trim(slice_str(said(s)));

	for (size_t i = 0; i < text.len; i++)
		buf_addc(b, (unsigned char)text.p[i] < ' ' ? ' ' : text.p[i]);
}

static int failed(const mailsmtp *s, int code, const char *what, struct err *err)
{
	if (code == MAILSMTP_ERROR_STREAM)
		return err_set(err, KERR_IO, "%s: the connection is lost", what);
	int rc = s->response_code >= 400 && s->response_code < 500 ? KERR_BUSY : KERR_DENIED;
	return err_set(err, rc, "%s: %.*s", what, SLICE_ARG(slice_trim(slice_str(said(s)))));
}

/* Greeting and login. */
static int begin(mailsmtp *s, mailstream *stream, const struct net_opts *o, struct err *err)
{
	int code = mailsmtp_connect(s, stream);

	if (code != MAILSMTP_NO_ERROR)
		return failed(s, code, "greeting", err);
	code = mailesmtp_ehlo(s);
	if (code != MAILSMTP_NO_ERROR)
		return failed(s, code, "EHLO", err);
	if (!o->user)
		return 0;
	code = mailsmtp_auth(s, o->user, o->password);
	return code == MAILSMTP_NO_ERROR ? 0 : failed(s, code, "login", err);
}

static int transfer(
	mailsmtp *s, const char *sender, const char *rcpt, struct slice mail, struct err *err)
{
	int code = mailsmtp_mail(s, sender);

	if (code != MAILSMTP_NO_ERROR)
		return failed(s, code, sender, err);
	code = mailsmtp_rcpt(s, rcpt);
	if (code != MAILSMTP_NO_ERROR)
		return failed(s, code, rcpt, err);
	code = mailsmtp_data(s);
	if (slice_ends(mail, lit("\r\n")))
		mail.len -= 2; /* libetpan ends the last line itself */
	if (code == MAILSMTP_NO_ERROR)
		code = mailsmtp_data_message(s, mail.p, mail.len);
	return code == MAILSMTP_NO_ERROR ? 0 : failed(s, code, "posting", err);
}

int net_send(const struct net_opts *o, const char *sender, const char *rcpt, struct slice mail,
	struct buf *answer, struct err *err)
{
	mailstream *stream = NULL;
	int rc = net_argument(sender, err);

	if (rc == 0)
		rc = net_argument(rcpt, err);
	if (rc == 0)
		rc = net_stream(o, &stream, err);
	if (rc < 0)
		return rc;
	mailsmtp *s = mailsmtp_new(0, NULL);
	rc = begin(s, stream, o, err);
	if (rc == 0)
		rc = transfer(s, sender, rcpt, mail, err);
	if (rc == 0)
		add_answer(answer, s);
	if (s->stream)
		(void)mailsmtp_quit(s);
	mailsmtp_free(s);
	return rc;
}
