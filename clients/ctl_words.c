/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Words are cut as by POSIX sh (section 2.2, quoting): '...' as it stands, "..." with backslash
 * before " and \, backslash before anything.  Nothing is expanded.
 */
#include "clients/ctl_words.h"

#include "proto/base/err.h"
#include "proto/base/scan.h"

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Copy the inside of a quoted part to *to; false when it does not end. */
static bool take_quoted(struct cursor *c, char quote, char **to)
{
	for (c->at++; !cursor_end(c); c->at++) {
		char ch = c->in.p[c->at];

		if (ch == quote) {
			c->at++;
			return true;
		}
		if (ch == '\\' && quote == '"' && c->at + 1 < c->in.len &&
			strchr("\"\\", c->in.p[c->at + 1]))
			ch = c->in.p[++c->at];
		*(*to)++ = ch;
	}
	return false;
}

/* One word to *to, NUL-terminated; false when a quote stays open. */
static bool take_word(struct cursor *c, char *to)
{
	while (!cursor_end(c) && !is_blank(cursor_peek(c))) {
		char ch = c->in.p[c->at];

		if (ch == '"' || ch == '\'') {
			if (!take_quoted(c, ch, &to))
				return false;
			continue;
		}
		if (ch == '\\' && c->at + 1 < c->in.len)
			ch = c->in.p[++c->at];
		*to++ = ch;
		c->at++;
	}
	*to = '\0';
	return true;
}

int ctl_words(struct slice line, struct arena *ar, char *words[CTL_WORDS_MAX])
{
	struct cursor c = cursor_of(line);
	int n = 0;

	for (;;) {
		while (is_blank(cursor_peek(&c)))
			c.at++;
		if (cursor_end(&c) || cursor_peek(&c) == '#')
			return n;
		if (n == CTL_WORDS_MAX)
			return KERR_TOOBIG;
		words[n] = arena_alloc(ar, line.len - c.at + 1);
		if (!take_word(&c, words[n]))
			return KERR_INVALID;
		n++;
	}
}
