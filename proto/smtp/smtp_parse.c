/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines are found with memchr and looked at once; nothing is kept, so a line gives the same parts
 * however it was cut.  Paths are copied without their quotes into fixed room.
 */
#include "proto/smtp/smtp_parse.h"

#include "proto/base/text.h"

/* ---- lines ---- */

static enum scan bad(struct smtp_line *l, const char *why)
{
	l->why = why;
	return SCAN_BAD;
}

static enum scan cut_parts(struct smtp_line *l)
{
	size_t blank;

	for (size_t i = 0; i < l->line.len; i++) {
		unsigned char c = (unsigned char)l->line.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return bad(l, "control character in the command");
	}
	if (!utf8_valid(l->line))
		return bad(l, "command is not UTF-8");
	blank = slice_chr(l->line, ' ');
	l->verb = slice_head(l->line, blank);
	l->arg = slice_trim(slice_from(l->line, blank));
	return SCAN_OK;
}

enum scan smtp_take(struct slice in, size_t max, size_t *used_out, struct smtp_line *l)
{
	if (slice_starts_ci(in, lit("AUTH ")) && max < SMTP_AUTH_LINE_MAX)
		max = SMTP_AUTH_LINE_MAX;
	struct slice front = slice_head(in, max);
	size_t lf = slice_chr(front, '\n');

	*used_out = 0;
	*l = (struct smtp_line){.line = slice_of(front.p, 0)};
	if (lf == front.len) {
		if (in.len < max)
			return SCAN_MORE;
		l->fatal = true;
		return bad(l, "line is too long");
	}
	*used_out = lf + 1;
	l->line = slice_head(front, lf);
	if (lf == 0 || front.p[lf - 1] != '\r')
		return bad(l, "line does not end in CRLF");
	l->line.len--;
	return cut_parts(l);
}

void smtp_line_move(struct smtp_line *l, const char *line)
{
	const char *from = l->line.p;

	l->verb.p = line + (l->verb.p - from);
	l->arg.p = line + (l->arg.p - from);
	l->line.p = line;
}

/* ---- paths ---- */

/* RFC 5321 section 4.1.2, RFC 5322 section 3.2.3, RFC 6531 section 3.3 */
static bool is_atext(int c)
{
	return c >= 0x80 || ascii_alnum(c) ||
	       (c > 0 && c < 0x80 && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool is_dot_string(int c)
{
	return is_atext(c) || c == '.';
}

static bool is_domain(int c)
{
	return c >= 0x80 || ascii_alnum(c) || c == '-' || c == '_' || c == '.';
}

/* Of IPv4 and IPv6 addresses; RFC 5321 section 4.1.3 would allow more, even '>'. */
static bool is_literal(int c)
{
	return ascii_alnum(c) || c == '.' || c == ':' || c == '-';
}

/* No dot at an end, no two side by side. */
static bool dots_good(struct slice s)
{
	return s.len > 0 && s.p[0] != '.' && s.p[s.len - 1] != '.' &&
	       slice_find(s, lit("..")) == s.len;
}

static bool keep(struct slice s, char out[SMTP_PATH_MAX], size_t *len_out)
{
	if (s.len > SMTP_PATH_MAX)
		return false;
	if (s.len > 0)
		memcpy(out, s.p, s.len);
	*len_out = s.len;
	return true;
}

static bool take_quoted(struct cursor *c, struct smtp_path *p)
{
	for (p->local_len = 0; !cursor_take(c, '"'); p->local_len++) {
		if (cursor_take(c, '\\') && cursor_end(c))
			return false;
		if (cursor_end(c) || p->local_len == SMTP_PATH_MAX)
			return false;
		p->local[p->local_len] = (char)cursor_peek(c);
		c->at++;
	}
	return p->local_len > 0;
}

static bool take_local(struct cursor *c, struct smtp_path *p)
{
	struct slice s;

	if (cursor_take(c, '"'))
		return take_quoted(c, p);
	s = cursor_run(c, is_dot_string);
	return dots_good(s) && keep(s, p->local, &p->local_len);
}

static bool take_domain(struct cursor *c, struct smtp_path *p)
{
	size_t from = c->at;
	struct slice s;

	if (!cursor_take(c, '[')) {
		s = cursor_run(c, is_domain);
		return dots_good(s) && keep(s, p->domain, &p->domain_len);
	}
	s = cursor_run(c, is_literal);
	if (s.len == 0 || !cursor_take(c, ']'))
		return false;
	s = slice_of(c->in.p + from, c->at - from);
	return keep(s, p->domain, &p->domain_len);
}

/* "@one,@two:" in front of an address; true when there is none. */
static bool skip_route(struct cursor *c)
{
	struct smtp_path unused;

	if (cursor_peek(c) != '@')
		return true;
	do {
		if (!cursor_take(c, '@') || !take_domain(c, &unused))
			return false;
	} while (cursor_take(c, ','));
	return cursor_take(c, ':');
}

/* RFC 5321 section 4.1.1.3: the one address without a domain. */
static bool is_postmaster(const struct smtp_path *p)
{
	return slice_eq_ci(smtp_path_local(p), lit("Postmaster"));
}

static bool take_address(struct cursor *c, struct smtp_path *p)
{
	if (!skip_route(c) || !take_local(c, p))
		return false;
	if (cursor_take(c, '@'))
		return take_domain(c, p) && p->local_len + 1 + p->domain_len <= SMTP_PATH_MAX;
	return is_postmaster(p);
}

static bool has_high(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return true;
	return false;
}

bool smtp_path_take(struct slice *arg, struct slice keyword, struct smtp_path *out)
{
	struct cursor c = cursor_of(*arg);

	out->local_len = out->domain_len = 0;
	if (!cursor_take_ci(&c, keyword))
		return false;
	cursor_blanks(&c);
	if (!cursor_take(&c, '<'))
		return false;
	if (!cursor_take(&c, '>') && !(take_address(&c, out) && cursor_take(&c, '>')))
		return false;
	if (!cursor_end(&c) && cursor_peek(&c) != ' ')
		return false;
	out->utf8 = has_high(smtp_path_local(out)) || has_high(smtp_path_domain(out));
	*arg = cursor_rest(&c);
	return true;
}

/* ---- parameters ---- */

static bool is_key(int c)
{
	return ascii_alnum(c) || c == '-';
}

static bool is_value(int c)
{
	return c > 32 && c != '=' && c != 127;
}

enum scan smtp_param_next(struct slice *rest, struct smtp_param *out)
{
	struct cursor c = cursor_of(*rest);

	cursor_blanks(&c);
	if (cursor_end(&c))
		return SCAN_MORE;
	out->key = cursor_run(&c, is_key);
	out->value = slice_of(NULL, 0);
	if (out->key.len == 0 || out->key.p[0] == '-')
		return SCAN_BAD;
	if (cursor_take(&c, '=')) {
		out->value = cursor_run(&c, is_value);
		if (out->value.len == 0)
			return SCAN_BAD;
	}
	if (!cursor_end(&c) && cursor_peek(&c) != ' ')
		return SCAN_BAD;
	*rest = cursor_rest(&c);
	return SCAN_OK;
}
