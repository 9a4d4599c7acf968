/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands are collected line by line: a line that ends in a literal's announcement is followed by
 * the literal and another line.  A line is judged when its LF is there, so the answer does not
 * depend on where the input was cut; only the size is judged before.
 */
#include "proto/imap/imap_parse.h"

#include "proto/base/text.h"

#include <assert.h>

const struct imap_limits imap_limits_stranger = {
	.max_command = 8 * 1024,
	.max_literal = 256,
	.max_depth = 4,
};

const struct imap_limits imap_limits_login = {
	.max_command = 128 * 1024,
	.max_literal = 64 * 1024,
	.max_depth = 64,
	.streams = true,
};

enum { KEEP_IDLE = 1024 }; /* bytes of memory that an idle parser may hold */

void imap_parser_init(struct imap_parser *p, const struct imap_limits *limits)
{
	*p = (struct imap_parser){.limits = limits};
	buf_init(&p->buf, SIZE_MAX);
}

void imap_parser_fini(struct imap_parser *p)
{
	buf_fini(&p->buf);
}

/* Forget the bytes that were given out; the command goes on behind a message literal. */
static void reset_bytes(struct imap_parser *p)
{
	buf_reset(&p->buf);
	buf_trim(&p->buf, KEEP_IDLE);
	p->line_at = 0;
	p->given = false;
	p->why = NULL;
}

static void reset(struct imap_parser *p)
{
	reset_bytes(p);
	p->state = IMAP_IN_LINE;
	p->literal_left = 0;
	p->depth = p->n_literals = 0;
	p->drop = false;
	p->go_aheads = 0;
	p->fault = NULL;
	p->line = (struct imap_line){0};
}

static enum scan bad(struct imap_parser *p, const char *why)
{
	p->why = why;
	p->given = true;
	p->drop = p->line.streams = false;
	p->state = IMAP_IN_LINE;
	return SCAN_BAD;
}

static enum scan bad_fatal(struct imap_parser *p, const char *why)
{
	p->fatal = true;
	return bad(p, why);
}

/* Add the bytes up to and with the next LF; SCAN_OK when it is there. */
static enum scan collect_line(struct imap_parser *p, struct slice in, size_t *used)
{
	struct slice rest = slice_from(in, *used);
	size_t n = slice_chr(rest, '\n');
	bool whole = n < rest.len;

	n += whole;
	if (p->buf.len + n > p->limits->max_command) {
		p->line = (struct imap_line){.part = p->line.part};
		return bad_fatal(p, "command is too long");
	}
	buf_add(&p->buf, slice_head(rest, n));
	*used += n;
	return whole ? SCAN_OK : SCAN_MORE;
}

static bool is_tag_char(int ch)
{
	return ascii_print(ch) && !strchr("(){%*\"\\+", ch);
}

static bool is_name_char(int ch)
{
	return ascii_alnum(ch) || ch == '-' || ch == '.' || ch == '_';
}

/* Tag, name and the place where the arguments begin.  RFC 9051 section 9, command */
static const char *split_command(struct imap_parser *p, struct slice all)
{
	struct imap_line *l = &p->line;
	struct cursor c = cursor_of(all);
	struct slice tag = cursor_run(&c, is_tag_char);

	if (tag.len == 0 || tag.len > IMAP_MAX_TAG || !cursor_take(&c, ' '))
		return "command without a tag";
	l->tag = tag;
	l->name = cursor_run(&c, is_name_char);
	l->uid = slice_eq_ci(l->name, lit("UID")) && cursor_take(&c, ' ');
	if (l->uid)
		l->name = cursor_run(&c, is_name_char);
	if (l->name.len == 0)
		return "command without a name";
	if (!cursor_end(&c) && !cursor_take(&c, ' '))
		return "no blank behind the command's name";
	l->args = cursor_rest(&c);
	return NULL;
}

/* One byte outside of quotes, or inside. */
static const char *check_byte(struct imap_parser *p, unsigned char ch, bool quoted)
{
	if (ch == '\0' || ch == '\r')
		return ch ? "CR without LF" : "NUL byte in a command";
	if (quoted)
		return NULL;
	if (ch >= 0x80)
		return "byte that is not ASCII outside of quotes";
	if (ch == '(' && ++p->depth > p->limits->max_depth)
		return "too many parentheses within each other";
	if (ch == ')' && p->depth-- == 0) {
		p->depth = 0;
		return "closing parenthesis without an opening one";
	}
	return NULL;
}

/* Judge a line without its CRLF; quotes and parentheses are followed. */
static const char *check_line(struct imap_parser *p, struct slice line)
{
	bool quoted = false, high = false;

	for (size_t i = 0; i < line.len; i++) {
		unsigned char ch = (unsigned char)line.p[i];
		const char *why = check_byte(p, ch, quoted);

		if (why)
			return why;
		high |= ch >= 0x80;
		if (ch == '"')
			quoted = !quoted;
		else if (ch == '\\' && quoted && i + 1 < line.len && line.p[i + 1] > 0 &&
			 line.p[i + 1] != '\r')
			i++;
	}
	if (quoted)
		return "quoted string without an end";
	return high && !utf8_valid(line) ? "quoted string is not UTF-8" : NULL;
}

struct announced {
	struct slice digits;
	size_t at; /* of its first byte in the line */
	bool sync, literal8;
};

/* Does the line end in "{n}", "{n+}", "~{n}"?  Only the form; the number is judged later. */
static bool find_literal(struct slice line, struct announced *a)
{
	const char *open = line.len ? memrchr(line.p, '{', line.len) : NULL;
	size_t from = open ? (size_t)(open - line.p) : line.len;
	struct cursor c = cursor_of(slice_from(line, from + 1));

	a->digits = cursor_run(&c, ascii_digit);
	a->sync = !cursor_take(&c, '+');
	a->literal8 = from > 0 && from < line.len && line.p[from - 1] == '~';
	a->at = from - a->literal8;
	return a->digits.len > 0 && cursor_take(&c, '}') && cursor_end(&c);
}

static bool is_append(const struct imap_parser *p)
{
	return p->line.part || (slice_eq_ci(p->line.name, lit("APPEND")) && !p->line.uid);
}

/* A message is announced: give out what stands before it. */
static enum scan begin_stream(struct imap_parser *p, const struct announced *a, uint32_t n)
{
	struct imap_line *l = &p->line;

	l->streams = true;
	l->literal_len = p->literal_left = n;
	l->literal8 = a->literal8;
	l->sync = a->sync;
	p->state = IMAP_IN_STREAM;
	p->given = true;
	return SCAN_OK;
}

static enum scan begin_literal(struct imap_parser *p, const struct announced *a, uint32_t n)
{
	bool fits = n <= p->limits->max_literal && p->buf.len + n <= p->limits->max_command;

	if (!fits || ++p->n_literals > IMAP_MAX_LITERALS) {
		const char *why = fits ? "too many literals" : "literal over limit";
		return a->sync ? bad(p, why) : bad_fatal(p, why);
	}
	p->state = IMAP_IN_LITERAL;
	p->literal_left = n;
	p->go_aheads += a->sync;
	return SCAN_MORE;
}

/* The command up to the end of this line; `end` is where a literal is announced. */
static const char *read_command(struct imap_parser *p, size_t end)
{
	struct slice all = slice_head(buf_slice(&p->buf), end);

	if (!p->line.part)
		return split_command(p, all);
	p->line.args = all;
	return NULL;
}

/* The line ends in a literal: a message's when it is not the first argument of APPEND. */
static enum scan take_announced(struct imap_parser *p, const struct announced *a)
{
	const char *why = read_command(p, p->line_at + a->at);
	bool stream = p->limits->streams && is_append(p) && p->line.args.len > 0;
	uint64_t n;

	if (!text_number(a->digits, UINT32_MAX, &n))
		why = "literal over limit";
	if (why)
		return a->sync ? bad(p, why) : bad_fatal(p, why);
	return stream ? begin_stream(p, a, (uint32_t)n) : begin_literal(p, a, (uint32_t)n);
}

/* A line of a command that was refused: is another literal on its way? */
static enum scan drop_line(struct imap_parser *p, struct slice line)
{
	struct announced a;
	uint64_t n;

	if (!find_literal(line, &a) || a.sync) {
		reset(p);
		return SCAN_MORE;
	}
	if (!text_number(a.digits, UINT32_MAX, &n))
		return bad_fatal(p, "literal over limit");
	reset_bytes(p);
	p->state = IMAP_IN_LITERAL;
	p->literal_left = (uint32_t)n;
	return SCAN_MORE;
}

/* A whole line is at the end of buf: the command ends with it, or a literal begins. */
static enum scan take_line(struct imap_parser *p)
{
	struct slice line = slice_from(buf_slice(&p->buf), p->line_at);
	struct announced a;
	const char *why = p->fault;
	bool crlf = slice_ends(line, lit("\r\n"));

	line.len -= crlf ? 2 : 1;
	if (p->drop)
		return drop_line(p, line);
	if (!crlf)
		why = "LF without CR";
	if (!why)
		why = check_line(p, line);
	bool more = find_literal(line, &a);
	if (!why && more)
		return take_announced(p, &a);
	const char *form = read_command(p, p->line_at + line.len);
	if (!why)
		why = form;
	if (!why && p->depth > 0)
		why = "opening parenthesis without a closing one";
	if (why)
		return more && !a.sync ? bad_fatal(p, why) : bad(p, why);
	p->given = true;
	return SCAN_OK;
}

/* Keep or drop the next bytes of a literal. */
static void take_literal(struct imap_parser *p, struct slice in, size_t *used)
{
	struct slice piece = slice_head(slice_from(in, *used), p->literal_left);

	if (!p->drop) {
		buf_add(&p->buf, piece);
		if (slice_chr(piece, '\0') < piece.len)
			p->fault = "NUL byte in a literal";
	}
	*used += piece.len;
	p->literal_left -= (uint32_t)piece.len;
}

static enum scan take_lines(struct imap_parser *p, struct slice in, size_t *used)
{
	for (;;) {
		if (p->state == IMAP_IN_LITERAL)
			take_literal(p, in, used);
		if (p->literal_left > 0)
			return SCAN_MORE;
		if (p->state == IMAP_IN_LITERAL) {
			p->state = IMAP_IN_LINE;
			p->line_at = p->buf.len;
		}
		if (*used == in.len)
			return SCAN_MORE;
		enum scan rc = collect_line(p, in, used);
		if (rc == SCAN_OK)
			rc = take_line(p);
		if (rc != SCAN_MORE)
			return rc;
	}
}

enum scan imap_take(
	struct imap_parser *p, struct slice in, size_t *used_out, const struct imap_line **line_out)
{
	if (p->given && p->line.streams) {
		assert(p->literal_left == 0);
		reset_bytes(p);
		p->line = (struct imap_line){.part = true};
		p->state = IMAP_IN_LINE;
	} else if (p->given) {
		reset(p);
	}
	*used_out = 0;
	*line_out = &p->line;
	return take_lines(p, in, used_out);
}

bool imap_literal_take(
	struct imap_parser *p, struct slice in, size_t *used_out, struct slice *piece_out)
{
	*piece_out = slice_head(in, p->literal_left);
	*used_out = piece_out->len;
	p->literal_left -= (uint32_t)piece_out->len;
	return p->literal_left == 0;
}

void imap_literal_refuse(struct imap_parser *p)
{
	bool sync = p->line.sync;
	uint32_t left = p->literal_left;

	reset(p);
	if (sync)
		return;
	p->drop = true;
	p->state = IMAP_IN_LITERAL;
	p->literal_left = left;
}

enum scan imap_take_text(
	struct imap_parser *p, struct slice in, size_t *used_out, struct slice *text_out)
{
	if (p->given)
		reset(p);
	*used_out = 0;
	enum scan rc = collect_line(p, in, used_out);
	if (rc != SCAN_OK)
		return rc;
	p->given = true;
	*text_out = buf_slice(&p->buf);
	if (!slice_ends(*text_out, lit("\r\n")))
		return bad(p, "LF without CR");
	text_out->len -= 2;
	return SCAN_OK;
}
