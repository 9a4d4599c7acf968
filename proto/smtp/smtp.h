/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Submission of mail: limits, and the server's session.  RFC 6409; RFC 5321 (SMTP), 1870 (SIZE),
 * 2034 and 3463 (status codes), 2920 (PIPELINING), 3207 (STARTTLS), 4954 (AUTH), 6152 (8BITMIME),
 * 6531 (SMTPUTF8).
 */
#ifndef PROTO_SMTP_SMTP_H
#define PROTO_SMTP_SMTP_H

#include "proto/base/session.h"
#include "proto/forum.h"

enum {
	SMTP_LINE_MAX = 2048,       /* command line with CRLF; RFC 5321 section 4.5.3.1.4: 512 */
	SMTP_AUTH_LINE_MAX = 12288, /* of AUTH and its replies; RFC 4954 section 4 */
	SMTP_RCPTS_MAX = 100,       /* of one mail; RFC 5321 section 4.5.3.1.8 */
	SMTP_ERRORS_MAX = 20,       /* refused commands in a row of which no mail came */
	SMTP_OUT_MAX = SESSION_OUT_HIGH + 64 * 1024, /* ceiling of a session's output */
};

/* Counters; one struct per loop, added up for `kokoctl status`. */
struct smtp_stats {
	uint64_t n_commands, n_bad, n_mails, n_mails_refused, n_rcpts_refused;
	uint64_t n_login_ok, n_login_bad;
};

struct smtp_opts {
	const char *id;           /* session id for logs; borrowed */
	bool tls;                 /* TLS is on from the first byte */
	bool starttls;            /* STARTTLS can be had */
	bool plain_login;         /* passwords in the clear are taken (loopback, by setting) */
	struct smtp_stats *stats; /* borrowed; may be NULL */
	struct session_ready ready;
};

struct smtp_session;

/* forum belongs to the session from now on only by reference; the conn frees it afterwards. */
struct smtp_session *smtp_session_new(struct forum *forum, const struct smtp_opts *o);

extern const struct session_ops smtp_session_ops;

#endif
