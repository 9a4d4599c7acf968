/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IMAP: limits, and the server's session.  IMAP4rev1 (RFC 3501) with the extensions that the table
 * in imap_cmds.c and cmd_misc.c announce.
 */
#ifndef PROTO_IMAP_IMAP_H
#define PROTO_IMAP_IMAP_H

#include "proto/base/session.h"
#include "proto/mail.h"

enum {
	IMAP_OUT_MAX = SESSION_OUT_HIGH + 4 * 1024 * 1024, /* ceiling of a session's output */
	IMAP_KEYWORDS_MAX = MAIL_KEYWORDS,
};

/* Counters; one struct per loop, added up for `kokoctl status`. */
struct imap_stats {
	uint64_t n_commands, n_bad, n_login_ok, n_login_bad;
	uint64_t n_fetched, n_appended, n_append_refused, n_idle, n_line_long;
};

struct imap_opts {
	const char *id;           /* session id for logs; borrowed */
	bool tls;                 /* TLS is on from the first byte */
	bool starttls;            /* STARTTLS can be had */
	bool plain_login;         /* passwords in the clear are taken (loopback, by setting) */
	struct imap_stats *stats; /* borrowed; may be NULL */
	struct session_ready ready;
};

struct imap_session;

/* forum and its mailboxes are the session's by reference only; the conn frees them afterwards. */
struct imap_session *imap_session_new(
	struct forum *forum, struct mail *mail, const struct imap_opts *o);

extern const struct session_ops imap_session_ops;

#endif
