/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NNTP: limits, and the server's session.  RFC 3977, 2980 (XOVER, XHDR, XPAT), 4642/8143
 * (STARTTLS), 4643 (AUTHINFO), 4644 (streaming), 6048 (LIST additions).
 */
#ifndef PROTO_NNTP_NNTP_H
#define PROTO_NNTP_NNTP_H

#include "proto/base/session.h"
#include "proto/forum.h"

enum {
	NNTP_LINE_MAX = 2048,   /* command line with CRLF; RFC 3977 section 3.1 asks for 512 */
	NNTP_ARGS_MAX = 32,     /* a pattern of XPAT or a password may have many words */
	NNTP_WINDOW_MAX = 1024, /* pipelined TAKETHIS whose commit is awaited, per session */
	NNTP_WINDOW_BYTES = 4 * 1024 * 1024,           /* ... and their bytes, one article more */
	NNTP_OUT_MAX = SESSION_OUT_HIGH + 1024 * 1024, /* ceiling of a session's output */
};

/* Counters; one struct per loop, added up for `kokoctl status`. */
struct nntp_stats {
	uint64_t n_commands, n_bad, n_posts, n_post_refused;
	uint64_t n_takethis, n_takethis_refused, n_check, n_check_wanted;
	uint64_t n_login_ok, n_login_bad, n_line_long, n_articles_read;
};

struct nntp_opts {
	const char *id;           /* session id for logs; borrowed */
	bool tls;                 /* TLS is on from the first byte */
	bool starttls;            /* STARTTLS can be had */
	bool plain_login;         /* passwords in the clear are taken (loopback, by setting) */
	struct nntp_stats *stats; /* borrowed; may be NULL */
	struct session_ready ready;
};

struct nntp_session;

/* forum belongs to the session from now on only by reference; the conn frees it afterwards. */
struct nntp_session *nntp_session_new(struct forum *forum, const struct nntp_opts *o);

extern const struct session_ops nntp_session_ops;

#endif
