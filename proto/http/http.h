/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP/1.1, small and strict: limits, and the server's session.  RFC 9110 (semantics), RFC 9112
 * (messages).  What it serves is computed from the site's settings; there are no files behind it,
 * and nothing here knows who has an account.
 */
#ifndef PROTO_HTTP_HTTP_H
#define PROTO_HTTP_HTTP_H

#include "proto/base/session.h"
#include "proto/http/setup.h"

enum {
	HTTP_LINE_MAX = 8192,           /* request line with CRLF: 414.  RFC 9112 section 3 */
	HTTP_HEAD_MAX = 16 * 1024,      /* request line and fields with CRLF: 431 */
	HTTP_FIELDS_MAX = 64,           /* fields: 431 */
	HTTP_BODY_MAX = 16 * 1024,      /* body of a request: 413 */
	HTTP_VALUE_MAX = 1024,          /* path, and a value of the query, decoded: 404, 400 */
	HTTP_REQUESTS_MAX = 100,        /* of one connection, which then ends */
	HTTP_DOCUMENT_MAX = 128 * 1024, /* ceiling of what is served */
	HTTP_OUT_MAX = SESSION_OUT_HIGH + HTTP_DOCUMENT_MAX + 4096, /* ... of a session's output */
};

/* Counters; one struct per loop, added up for `kokoctl status`. */
struct http_stats {
	uint64_t n_requests;   /* answered, bad ones too */
	uint64_t n_documents;  /* 200 */
	uint64_t n_refused;    /* other 4xx and 5xx */
	uint64_t n_bad;        /* not HTTP as it must be: 400, 411, 501, 505 at the parser */
	uint64_t n_heads_long; /* 414, 431 */
	uint64_t n_bodies_big; /* 413 */
};

struct http_opts {
	const char *id;                /* session id for logs; borrowed */
	const struct setup_site *site; /* borrowed */
	bool exposed;                  /* without TLS and not from this machine */
	struct http_stats *stats;      /* borrowed; may be NULL */
};

struct http_session;

struct http_session *http_session_new(const struct http_opts *o);

extern const struct session_ops http_session_ops;

#endif
