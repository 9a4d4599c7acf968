/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each byte of a head is looked at once, whatever pieces it comes in; a line is judged when it is
 * whole.  So the first fault decides, wherever the input was cut.
 */
#include "proto/http/http_parse.h"

#include "proto/base/text.h"

static enum scan bad(struct http_parser *p, int status, const char *why)
{
	p->status = status;
	p->why = why;
	return SCAN_BAD;
}

static struct http_span span_of(struct slice in, struct slice part)
{
	return (struct http_span){(unsigned)(part.p - in.p), (unsigned)part.len};
}

static struct slice span_in(struct slice in, struct http_span s)
{
	return slice_of(in.p + s.at, s.len);
}

/* ---- characters ---- */

/* RFC 9110 section 5.6.2 */
static bool is_token(int c)
{
	return ascii_alnum(c) || (c > 0 && c < 0x80 && strchr("!#$%&'*+-.^_`|~", c));
}

/* RFC 3986 section 3.3: pchar, "/" */
static bool is_path(int c)
{
	return ascii_alnum(c) || (c > 0 && c < 0x80 && strchr("-._~%!$&'()*+,;=:@/", c));
}

static bool is_query(int c)
{
	return is_path(c) || c == '?';
}

static bool is_host(int c)
{
	return ascii_alnum(c) || c == '-' || c == '.' || c == '_';
}

static bool is_literal(int c)
{
	return ascii_alnum(c) || c == ':' || c == '.';
}

/* ---- the request line.  RFC 9112 section 3 ---- */

/* A host with or without a port, and nothing else.  RFC 9110 section 7.2 */
static bool host_valid(struct slice s)
{
	struct cursor c = cursor_of(s);
	uint64_t port;

	if (cursor_take(&c, '[')) {
		if (cursor_run(&c, is_literal).len == 0 || !cursor_take(&c, ']'))
			return false;
	} else if (cursor_run(&c, is_host).len == 0) {
		return false;
	}
	if (cursor_take(&c, ':') && !cursor_end(&c) && !cursor_number(&c, 65535, &port))
		return false;
	return cursor_end(&c);
}

static bool take_method(struct cursor *c, enum http_method *out)
{
	static const struct {
		struct slice name;
		enum http_method method;
	} rows[] = {
		{lit("GET"),  HTTP_GET },
		{lit("HEAD"), HTTP_HEAD},
		{lit("POST"), HTTP_POST},
	};
	struct slice name = cursor_run(c, is_token);

	for (size_t i = 0; i < array_len(rows); i++)
		if (slice_eq(rows[i].name, name))
			*out = rows[i].method;
	return name.len > 0 && cursor_take(c, ' ');
}

/* "/path?query", or the same behind "http://host" (section 3.2.2), and a blank. */
static bool take_target(struct http_parser *p, struct slice in, struct cursor *c)
{
	bool absolute = cursor_take_ci(c, lit("http://")) || cursor_take_ci(c, lit("https://"));

	if (absolute) {
		struct slice rest = cursor_rest(c);
		size_t end = 0;

		while (end < rest.len && !strchr("/? ", rest.p[end]))
			end++;
		p->host_bad |= !host_valid(slice_head(rest, end));
		c->at += end;
	}
	struct slice path = cursor_run(c, is_path);
	if (path.len > 0 ? path.p[0] != '/' : !absolute)
		return false;
	p->path = span_of(in, path);
	if (cursor_take(c, '?'))
		p->query = span_of(in, cursor_run(c, is_query));
	return cursor_take(c, ' ');
}

static enum scan request_line(struct http_parser *p, struct slice in, struct slice line)
{
	struct cursor c = cursor_of(line);

	if (!take_method(&c, &p->method))
		return bad(p, 400, "no request line");
	if (!p->method)
		return bad(p, 501, "unknown method");
	if (!take_target(p, in, &c))
		return bad(p, 400, "no target of a request");

	struct slice v = cursor_rest(&c);
	if (v.len != 8 || !slice_starts(v, lit("HTTP/")) || !ascii_digit(v.p[5]) || v.p[6] != '.' ||
		!ascii_digit(v.p[7]))
		return bad(p, 400, "no version of HTTP");
	if (v.p[5] != '1')
		return bad(p, 505, "HTTP/1.1 is spoken here");
	p->minor = v.p[7] > '0';
	return SCAN_OK;
}

/* ---- fields.  RFC 9112 section 5 ---- */

static void connection_field(struct http_parser *p, struct slice value)
{
	struct slice one;

	while (slice_split(&value, ',', &one)) {
		one = slice_trim(one);
		p->close |= slice_eq_ci(one, lit("close"));
		p->keep_alive |= slice_eq_ci(one, lit("keep-alive"));
	}
}

/* What decides where a request ends, and the little else that is looked at. */
static enum scan known_field(
	struct http_parser *p, struct slice in, struct slice name, struct slice value)
{
	if (slice_eq_ci(name, lit("Host"))) {
		p->n_hosts++;
		p->host_bad |= !host_valid(value);
	} else if (slice_eq_ci(name, lit("Content-Length"))) {
		p->n_lengths++;
		if (value.len > 19 || !text_number(value, INT64_MAX, &p->length))
			return bad(p, 400, "Content-Length is no number");
	} else if (slice_eq_ci(name, lit("Transfer-Encoding"))) {
		p->chunked = !p->coding && slice_eq_ci(value, lit("chunked"));
		p->coding = true;
	} else if (slice_eq_ci(name, lit("Connection"))) {
		connection_field(p, value);
	} else if (slice_eq_ci(name, lit("Expect"))) {
		p->expects_other |= !slice_eq_ci(value, lit("100-continue"));
		p->expects = true;
	} else if (slice_eq_ci(name, lit("Accept-Language")) && p->languages.len == 0) {
		p->languages = span_of(in, value);
	}
	return SCAN_OK;
}

static enum scan field_line(struct http_parser *p, struct slice in, struct slice line)
{
	struct cursor c = cursor_of(line);
	struct slice name = cursor_run(&c, is_token);

	if (++p->n_fields > HTTP_FIELDS_MAX)
		return bad(p, 431, "too many fields");
	if (name.len == 0 || !cursor_take(&c, ':'))
		return bad(p, 400, "no field of a header");
	return known_field(p, in, name, slice_trim(cursor_rest(&c)));
}

/* ---- the head as a whole ---- */

/* Where does the request end?  RFC 9112 section 6.3 */
static enum scan judge_length(struct http_parser *p)
{
	if (p->n_lengths > 1)
		return bad(p, 400, "more than one Content-Length");
	if (p->coding && (p->n_lengths > 0 || p->minor == 0))
		return bad(p, 400, "Transfer-Encoding where none may be");
	if (p->coding && !p->chunked)
		return bad(p, 501, "unknown Transfer-Encoding");
	if (p->coding)
		return bad(p, 411, "Content-Length is needed");
	if (p->length > 0 && (p->method == HTTP_GET || p->method == HTTP_HEAD))
		return bad(p, 400, "a body where none may be");
	if (p->length > HTTP_BODY_MAX)
		return bad(p, 413, "the body is too big");
	return SCAN_OK;
}

static enum scan judge_head(struct http_parser *p)
{
	if (p->n_hosts > 1 || (p->n_hosts == 0 && p->minor > 0))
		return bad(p, 400, "one Host is needed");
	if (p->host_bad)
		return bad(p, 400, "no name of a host");
	if (p->expects_other)
		return bad(p, 417, "unknown expectation");
	p->close |= p->minor == 0 && !p->keep_alive;
	return judge_length(p);
}

/* ---- bytes ---- */

/* The line that ends before `end` is whole: the first, a field, or the empty one. */
static enum scan end_line(struct http_parser *p, struct slice in, size_t end)
{
	struct slice line = slice_of(in.p + p->line_at, end - p->line_at);
	bool first = !p->method;

	p->line_at = p->seen;
	if (first && line.len == 0 && p->seen == 2)
		return SCAN_MORE; /* an empty line in front is forgiven.  RFC 9112 section 2.2 */
	if (first)
		return request_line(p, in, line) == SCAN_BAD ? SCAN_BAD : SCAN_MORE;
	if (line.len > 0)
		return field_line(p, in, line) == SCAN_BAD ? SCAN_BAD : SCAN_MORE;
	p->head_done = true;
	return judge_head(p);
}

/* One byte; SCAN_OK: the head is whole. */
static enum scan take_byte(struct http_parser *p, struct slice in)
{
	unsigned char c = (unsigned char)in.p[p->seen++];

	if (!p->method && p->seen > HTTP_LINE_MAX)
		return bad(p, 414, "the request line is too long");
	if (p->seen > HTTP_HEAD_MAX)
		return bad(p, 431, "the header is too long");
	if (p->cr != (c == '\n'))
		return bad(p, 400, p->cr ? "CR without LF" : "LF without CR");
	if (p->cr) {
		p->cr = false;
		return end_line(p, in, p->seen - 2);
	}
	p->cr = c == '\r';
	if ((c < ' ' && c != '\t' && c != '\r') || c == 0x7f)
		return bad(p, 400, "control character");
	return SCAN_MORE;
}

static enum scan take_head(struct http_parser *p, struct slice in)
{
	enum scan got = SCAN_MORE;

	while (got == SCAN_MORE && p->seen < in.len)
		got = take_byte(p, in);
	return got;
}

static struct slice path_of(const struct http_parser *p, struct slice in)
{
	return p->path.len > 0 ? span_in(in, p->path) : lit("/");
}

enum scan http_take(
	struct http_parser *p, struct slice in, size_t *used_out, struct http_request *r)
{
	enum scan got = p->head_done ? SCAN_OK : take_head(p, in);

	*used_out = 0;
	if (got != SCAN_OK)
		return got;

	size_t body = (size_t)p->length;
	if (in.len - p->seen < body) {
		p->go_on = p->expects && p->minor > 0 && in.len == p->seen;
		return SCAN_MORE;
	}
	*used_out = p->seen + body;
	*r = (struct http_request){.method = p->method,
		.minor = p->minor,
		.path = path_of(p, in),
		.query = span_in(in, p->query),
		.languages = span_in(in, p->languages),
		.body = slice_of(in.p + p->seen, body),
		.close = p->close};
	return SCAN_OK;
}

/* ---- percent code, queries ---- */

static int hex_digit(int c)
{
	int low = ascii_lower(c);

	if (ascii_digit(c))
		return c - '0';
	return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* The byte that "%41" stands for, its two digits taken; -1: none. */
static int take_hex(struct cursor *c)
{
	int value = 0;

	for (int i = 0; i < 2; i++) {
		int digit = cursor_end(c) ? -1 : hex_digit(cursor_peek(c));

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
		c->at++;
	}
	return value;
}

bool http_decode(struct slice s, bool plus, struct buf *out)
{
	struct cursor c = cursor_of(s);

	buf_reset(out);
	while (!cursor_end(&c)) {
		int byte = cursor_peek(&c);

		c.at++;
		if (byte == '%')
			byte = take_hex(&c);
		else if (byte == '+' && plus)
			byte = ' ';
		if (byte < ' ' || byte == 0x7f)
			return false;
		buf_addc(out, (char)byte);
	}
	return !out->bad && utf8_valid(buf_slice(out));
}

enum scan http_query(struct slice query, struct slice name, bool plus, struct buf *out)
{
	enum scan got = SCAN_MORE;
	struct slice one;

	buf_reset(out);
	while (slice_split(&query, '&', &one)) {
		size_t eq = slice_chr(one, '=');

		if (!slice_eq(slice_head(one, eq), name))
			continue;
		if (got == SCAN_OK || !http_decode(slice_from(one, eq + 1), plus, out))
			return SCAN_BAD;
		got = SCAN_OK;
	}
	return got;
}
