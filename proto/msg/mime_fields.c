/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The grammar of MIME fields: fields of a head that may be broken, and parameters.  What cannot be
 * read is passed over, so that a reader gets as much as there is.  The header is mime.h.
 */
#include "proto/msg/mime.h"

#include "proto/base/scan.h"
#include "proto/base/text.h"

static bool is_blank(int ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

/* The end of the line that begins at `at`: behind its LF. */
static size_t line_end(struct slice s, size_t at)
{
	size_t n = slice_chr(slice_from(s, at), '\n');

	return at + n < s.len ? at + n + 1 : s.len;
}

/* The end of the field that begins at `at`, folded lines included. */
static size_t field_end(struct slice head, size_t at)
{
	do
		at = line_end(head, at);
	while (at < head.len && (head.p[at] == ' ' || head.p[at] == '\t'));
	return at;
}

static bool is_empty_line(struct slice head, size_t at)
{
	struct slice rest = slice_from(head, at);

	return slice_starts(rest, lit("\n")) || slice_starts(rest, lit("\r\n"));
}

static bool split_field(struct slice raw, struct header_field *f)
{
	size_t n = 0;

	while (n < raw.len && ascii_print((unsigned char)raw.p[n]) && raw.p[n] != ':')
		n++;
	f->name = slice_head(raw, n);
	while (n < raw.len && (raw.p[n] == ' ' || raw.p[n] == '\t'))
		n++;
	if (f->name.len == 0 || n == raw.len || raw.p[n] != ':')
		return false;
	f->value = slice_trim(slice_from(raw, n + 1));
	f->raw = raw;
	return true;
}

bool mime_field_next(struct slice head, size_t *at, struct header_field *f_out)
{
	while (*at < head.len && !is_empty_line(head, *at)) {
		size_t from = *at;

		*at = field_end(head, from);
		if (split_field(slice_of(head.p + from, *at - from), f_out))
			return true;
	}
	return false;
}

struct slice mime_field_get(struct slice head, struct slice name, struct arena *ar)
{
	struct header_field f;
	size_t at = 0;

	while (mime_field_next(head, &at, &f))
		if (slice_eq_ci(f.name, name))
			return header_unfold(f.value, ar);
	return slice_of(NULL, 0);
}

/* Behind a comment, nested ones included; at the end when it is not closed or nests too deep. */
static void skip_comment(struct cursor *c)
{
	int depth = 0;

	for (; !cursor_end(c); c->at++) {
		int ch = cursor_peek(c);
		if (ch == '\\')
			c->at++;
		else if (ch == '(' && ++depth > MIME_MAX_COMMENTS)
			break;
		else if (ch == ')' && --depth == 0) {
			c->at++;
			return;
		}
	}
	c->at = c->in.len;
}

static void skip_cfws(struct cursor *c)
{
	for (;;) {
		if (cursor_peek(c) == '(')
			skip_comment(c);
		else if (is_blank(cursor_peek(c)))
			c->at++;
		else
			return;
	}
}

/* RFC 2045 section 5.1 */
static bool is_token_char(int ch)
{
	return ch > 32 && ch < 127 && !strchr("()<>@,;:\\\"/[]?=", ch);
}

bool mime_token_next(struct slice value, size_t *at, struct slice *token_out)
{
	struct cursor c = {value, *at};

	skip_cfws(&c);
	*token_out = cursor_run(&c, is_token_char);
	*at = c.at;
	return token_out->len > 0;
}

bool mime_slash_next(struct slice value, size_t *at)
{
	struct cursor c = {value, *at};
	bool found;

	skip_cfws(&c);
	found = cursor_take(&c, '/');
	*at = c.at;
	return found;
}

/* Programs leave quotes away where tspecials stand, so only what must end a token ends it. */
static bool is_name_char(int ch)
{
	return ch > 32 && ch != 127 && !strchr(";=\"(", ch);
}

static bool is_value_char(int ch)
{
	return ch > 32 && ch != 127 && !strchr(";\"(", ch);
}

/* The text between the quotes, quoted pairs and folds undone. */
static struct slice unquote(struct slice s, struct arena *ar)
{
	size_t n = 0;

	if (slice_chr(s, '\\') == s.len && slice_chr(s, '\n') == s.len)
		return s;

	char *p = arena_alloc(ar, s.len);
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\\' && i + 1 < s.len)
			p[n++] = s.p[++i];
		else if (s.p[i] != '\r' && s.p[i] != '\n')
			p[n++] = s.p[i];
	}
	return slice_of(p, n);
}

/* A quoted string from its `"` on; one that is not closed goes to the end. */
static struct slice take_quoted(struct cursor *c, struct arena *ar)
{
	size_t from = ++c->at;

	while (!cursor_end(c) && cursor_peek(c) != '"')
		c->at += cursor_peek(c) == '\\' ? 2 : 1;
	if (c->at > c->in.len)
		c->at = c->in.len;
	struct slice text = slice_of(c->in.p + from, c->at - from);
	c->at += !cursor_end(c);
	return unquote(text, ar);
}

static struct slice take_value(struct cursor *c, struct arena *ar)
{
	skip_cfws(c);
	return cursor_peek(c) == '"' ? take_quoted(c, ar) : cursor_run(c, is_value_char);
}

/* "name=value" behind a semicolon.  RFC 2045 section 5.1 */
static bool take_param(struct cursor *c, struct arena *ar, struct mime_param *p)
{
	skip_cfws(c);
	p->name = cursor_run(c, is_name_char);
	skip_cfws(c);
	if (p->name.len == 0 || !cursor_take(c, '='))
		return false;
	p->value = take_value(c, ar);
	return true;
}

bool mime_param_next(struct slice value, size_t *at, struct arena *ar, struct mime_param *param_out)
{
	struct cursor c = {value, *at};
	bool found = false;

	while (!found && !cursor_end(&c)) {
		skip_cfws(&c);
		if (cursor_take(&c, ';'))
			found = take_param(&c, ar, param_out);
		else
			c.at += slice_chr(cursor_rest(&c), ';');
	}
	*at = c.at;
	return found;
}

struct slice mime_param_get(const struct mime_params *params, struct slice name)
{
	for (size_t i = 0; i < params->n; i++)
		if (slice_eq_ci(params->v[i].name, name))
			return params->v[i].value;
	return slice_of(NULL, 0);
}
