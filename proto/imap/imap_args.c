/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The words of the IMAP grammar.  The parser has seen to it that quotes are closed and that a
 * literal lies whole behind its announcement; this file does not count on it.
 */
#include "proto/imap/imap_args.h"

#include "proto/base/text.h"

bool imap_is_atom_char(int ch)
{
	return ascii_print(ch) && !strchr("(){%*\"\\]", ch);
}

static bool is_astring_char(int ch)
{
	return imap_is_atom_char(ch) || ch == ']';
}

static bool is_pattern_char(int ch)
{
	return is_astring_char(ch) || ch == '%' || ch == '*';
}

bool imap_read_sp(struct cursor *c)
{
	return cursor_take(c, ' ');
}

bool imap_read_end(const struct cursor *c)
{
	return cursor_end(c);
}

bool imap_read_atom(struct cursor *c, struct slice *out)
{
	*out = cursor_run(c, imap_is_atom_char);
	return out->len > 0;
}

bool imap_read_word(struct cursor *c, struct slice word)
{
	size_t from = c->at;

	if (slice_eq_ci(cursor_run(c, imap_is_atom_char), word))
		return true;
	c->at = from;
	return false;
}

/* The text between the quotes, quoted pairs undone. */
static struct slice unquote(struct slice s, struct arena *ar)
{
	size_t n = 0;

	if (slice_chr(s, '\\') == s.len)
		return s;

	char *p = arena_alloc(ar, s.len);
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\\' && i + 1 < s.len)
			i++;
		p[n++] = s.p[i];
	}
	return slice_of(p, n);
}

/* Only quotes and backslashes may be quoted.  RFC 9051 section 9, QUOTED-CHAR */
static bool read_quoted(struct cursor *c, struct arena *ar, struct slice *out)
{
	size_t from = ++c->at;

	for (; !cursor_end(c); c->at++) {
		int ch = cursor_peek(c);
		if (ch == '"') {
			*out = unquote(slice_of(c->in.p + from, c->at - from), ar);
			c->at++;
			return true;
		}
		if (ch != '\\')
			continue;
		c->at++;
		if (cursor_peek(c) != '"' && cursor_peek(c) != '\\')
			return false;
	}
	return false;
}

static bool read_literal(struct cursor *c, struct slice *out)
{
	uint64_t n;

	cursor_take(c, '~');
	if (!cursor_take(c, '{') || !cursor_number(c, UINT32_MAX, &n))
		return false;
	cursor_take(c, '+');
	if (!cursor_take(c, '}') || !cursor_take(c, '\r') || !cursor_take(c, '\n') ||
		n > c->in.len - c->at)
		return false;
	*out = slice_of(c->in.p + c->at, (size_t)n);
	c->at += (size_t)n;
	return true;
}

bool imap_read_string(struct cursor *c, struct arena *ar, struct slice *out)
{
	return cursor_peek(c) == '"' ? read_quoted(c, ar, out) : read_literal(c, out);
}

static bool read_either(struct cursor *c, struct arena *ar, bool (*is)(int byte), struct slice *out)
{
	struct slice two = slice_head(cursor_rest(c), 2);

	if (cursor_peek(c) == '"' || cursor_peek(c) == '{' || slice_eq(two, lit("~{")))
		return imap_read_string(c, ar, out);
	*out = cursor_run(c, is);
	return out->len > 0;
}

bool imap_read_astring(struct cursor *c, struct arena *ar, struct slice *out)
{
	return read_either(c, ar, is_astring_char, out);
}

bool imap_read_nstring(struct cursor *c, struct arena *ar, struct slice *out)
{
	*out = slice_of(NULL, 0);
	return imap_read_word(c, lit("NIL")) || imap_read_string(c, ar, out);
}

bool imap_read_pattern(struct cursor *c, struct arena *ar, struct slice *out)
{
	return read_either(c, ar, is_pattern_char, out);
}

bool imap_read_flag(struct cursor *c, struct slice *out)
{
	size_t from = c->at;
	struct slice atom;

	cursor_take(c, '\\');
	bool ok = imap_read_atom(c, &atom);
	*out = slice_of(c->in.p + from, c->at - from);
	return ok;
}

bool imap_read_number(struct cursor *c, uint32_t *out)
{
	uint64_t n;
	bool ok = cursor_number(c, UINT32_MAX, &n);

	*out = ok ? (uint32_t)n : 0;
	return ok;
}

bool imap_read_nz_number(struct cursor *c, uint32_t *out)
{
	return imap_read_number(c, out) && *out > 0;
}

bool imap_read_modseq(struct cursor *c, uint64_t *out)
{
	return cursor_number(c, INT64_MAX, out);
}
