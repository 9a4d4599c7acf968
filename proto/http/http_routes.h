/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What there is to ask for: a table of paths, and the answer to a request, without the network. */
#ifndef PROTO_HTTP_HTTP_ROUTES_H
#define PROTO_HTTP_HTTP_ROUTES_H

#include "proto/http/http_parse.h"

/* A request and what it is asked of. */
struct http_asked {
	const struct setup_site *site;
	const struct http_request *request;
	int64_t now_at;
	bool exposed; /* others may read and change what is answered */
};

/* The answer to one request. */
struct http_reply {
	int status;
	const char *type;     /* Content-Type; NULL: there is no body */
	const char *language; /* Content-Language, chosen for this visitor; NULL: none */
	const char *more;     /* further fields, each with CRLF; "" none */
	char location[400];   /* `more` of a redirection to TLS */
	struct buf body;      /* initialised by the caller with HTTP_DOCUMENT_MAX */
};

/* Fill *reply, whose body is empty. */
void http_reply_make(const struct http_asked *a, struct http_reply *reply);

/* The same for a request that was not understood; why is a line of ASCII. */
void http_reply_error(int status, const char *why, struct http_reply *reply);

/*
 * Append head and body.
 * now_at      for Date
 * with_body   false for HEAD: the head alone, as it would be with the body
 * connection  value of Connection; NULL: the field is left out
 */
void http_reply_add(const struct http_reply *reply, int64_t now_at, bool with_body,
	const char *connection, struct buf *out);

#endif
