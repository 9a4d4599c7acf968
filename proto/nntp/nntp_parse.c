/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Command lines.  The line is found with memchr and cut into words in one pass; nothing is copied
 * and nothing is kept, so a line gives the same words however it was cut.
 */
#include "proto/nntp/nntp_parse.h"

#include "proto/base/text.h"

static enum scan bad(struct nntp_args *a, const char *why)
{
	a->why = why;
	return SCAN_BAD;
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* The next word of the line; false when a byte may not stand in a command. */
static bool next_word(struct slice line, size_t *at, struct slice *word, bool *high)
{
	size_t i = *at;

	while (i < line.len && is_blank((unsigned char)line.p[i]))
		i++;
	*word = slice_of(line.p + i, 0);
	for (; i < line.len && !is_blank((unsigned char)line.p[i]); i++) {
		unsigned char c = (unsigned char)line.p[i];

		if (c < 0x20 || c == 0x7f)
			return false;
		*high |= c >= 0x80;
		word->len++;
	}
	*at = i;
	return true;
}

static enum scan cut_words(struct nntp_args *a)
{
	struct slice word;
	size_t at = 0;
	bool high = false;

	if (!next_word(a->line, &at, &a->verb, &high) || high)
		return bad(a, "keyword is not ASCII");
	for (;;) {
		if (!next_word(a->line, &at, &word, &high))
			return bad(a, "control character in the command");
		if (word.len == 0)
			break;
		if (a->n == NNTP_ARGS_MAX)
			return bad(a, "too many arguments");
		a->v[a->n++] = word;
	}
	if (high && !utf8_valid(a->line))
		return bad(a, "argument is not UTF-8");
	return SCAN_OK;
}

enum scan nntp_take(struct slice in, size_t *used_out, struct nntp_args *a)
{
	struct slice front = slice_head(in, NNTP_LINE_MAX);
	size_t lf = slice_chr(front, '\n');

	*used_out = 0;
	a->n = 0;
	a->verb = a->line = slice_of(front.p, 0);
	a->why = NULL;
	a->fatal = false;
	if (lf == front.len) {
		if (in.len < NNTP_LINE_MAX)
			return SCAN_MORE;
		a->fatal = true;
		return bad(a, "line is too long");
	}
	*used_out = lf + 1;
	a->line = slice_head(front, lf);
	if (lf == 0 || front.p[lf - 1] != '\r')
		return bad(a, "line does not end in CRLF");
	a->line.len--;
	return cut_words(a);
}

void nntp_args_move(struct nntp_args *a, const char *line)
{
	const char *from = a->line.p;

	a->verb.p = line + (a->verb.p - from);
	for (unsigned i = 0; i < a->n; i++)
		a->v[i].p = line + (a->v[i].p - from);
	a->line.p = line;
}

/* 1 to 16 digits; values that no article has become NNTP_NUM_MAX + 1. */
static bool take_num(struct cursor *c, uint32_t *out)
{
	size_t from = c->at;
	uint64_t n;

	if (!cursor_number(c, UINT64_MAX, &n) || c->at - from > 16)
		return false;
	*out = n > NNTP_NUM_MAX ? (uint32_t)NNTP_NUM_MAX + 1 : (uint32_t)n;
	return true;
}

bool nntp_range_parse(struct slice s, bool dash, struct nntp_range *out)
{
	struct cursor c = cursor_of(s);

	if (!take_num(&c, &out->lo))
		return false;
	out->hi = out->lo;
	if (dash && cursor_take(&c, '-')) {
		out->hi = NNTP_NUM_MAX;
		if (!cursor_end(&c) && !take_num(&c, &out->hi))
			return false;
	}
	return cursor_end(&c);
}

bool nntp_field_valid(struct slice s)
{
	if (s.len > 0 && s.p[0] == ':')
		s = slice_from(s, 1);
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_print((unsigned char)s.p[i]) || s.p[i] == ':')
			return false;
	return s.len > 0;
}

bool nntp_keyword_valid(struct slice s)
{
	if (s.len < 3 || !ascii_alnum((unsigned char)s.p[0]) || ascii_digit((unsigned char)s.p[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!ascii_alnum((unsigned char)s.p[i]) && s.p[i] != '.' && s.p[i] != '-')
			return false;
	return true;
}
