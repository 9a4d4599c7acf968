/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests: the line, the fields that matter, the body.  RFC 9112 section 2 to 6
 *
 * Strict on purpose: whatever two programs might read differently (bare CR or LF, folded fields,
 * blanks before a colon, several lengths, a length beside a transfer coding) is refused, and the
 * connection ends, so nothing can be smuggled past a proxy.
 */
#ifndef PROTO_HTTP_HTTP_PARSE_H
#define PROTO_HTTP_HTTP_PARSE_H

#include "proto/base/scan.h"
#include "proto/http/http.h"

/* What some document here takes; a bit each, for tables.  Others get 501. */
enum http_method {
	HTTP_GET = 1,
	HTTP_HEAD = 2,
	HTTP_POST = 4,
};

struct http_request {
	enum http_method method;
	unsigned minor;         /* HTTP/1.minor, 0 or 1 */
	struct slice path;      /* begins with "/"; as sent, in percent code */
	struct slice query;     /* behind the first "?", as sent; empty when there is none */
	struct slice languages; /* Accept-Language, the first; may be empty */
	struct slice body;
	bool close; /* the connection ends behind the answer */
};

/* Place of bytes in the input; kept over calls, while the input may move. */
struct http_span {
	unsigned at, len;
};

/* Zeroed at first and for each request. */
struct http_parser {
	int status;      /* after SCAN_BAD: 400, 411, 413, 414, 417, 431, 501, 505 */
	const char *why; /* after SCAN_BAD: the fault, for people; ASCII */
	bool go_on; /* after SCAN_MORE: the head is whole and its body waits for 100 (Continue) */
	unsigned seen; /* bytes looked at; 0: nothing of a request has come */

	/* ---- inside ---- */
	bool head_done, cr;
	unsigned line_at; /* where the line under way begins */
	unsigned n_fields, n_hosts, n_lengths;
	bool coding, chunked, expects, expects_other, close, keep_alive, host_bad;
	uint64_t length;
	struct http_span path, query, languages;
	enum http_method method;
	unsigned minor;
};

/*
 * Take one request from the front of `in`.
 *
 * in        bytes not yet used; may stop anywhere.  After SCAN_MORE it begins with the same bytes
 * used_out  bytes to drop from the front, set for every result: 0 unless SCAN_OK
 * r         the request; borrowed from `in`
 *
 * SCAN_OK    *r is set; begin the next with a zeroed parser
 * SCAN_MORE  all of `in` was looked at, come again with more behind it
 * SCAN_BAD   p->status and p->why say what to answer; nobody knows where the next request begins
 *
 * Memory: none; at most HTTP_HEAD_MAX + HTTP_BODY_MAX bytes are asked to be kept.
 */
NODISCARD enum scan http_take(
	struct http_parser *p, struct slice in, size_t *used_out, struct http_request *r);

/*
 * Undo percent code, and "+" for a blank when `plus`, into out (reset first, its ceiling holds).
 * false when it is not well-formed, too long, not UTF-8, or holds control bytes.  RFC 3986 section
 * 2.1
 */
NODISCARD bool http_decode(struct slice s, bool plus, struct buf *out);

/*
 * The value of `name` in a query "a=1&b=2", decoded; plus as for http_decode.  SCAN_MORE: there is
 * none, and *out is empty; SCAN_BAD: it is not well-formed, or stands there twice.
 */
NODISCARD enum scan http_query(struct slice query, struct slice name, bool plus, struct buf *out);

#endif
