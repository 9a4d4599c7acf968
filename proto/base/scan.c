/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cursor: every step either takes what it names or leaves the cursor where it was. */
#include "proto/base/scan.h"

#include "proto/base/text.h"

bool cursor_take(struct cursor *c, char ch)
{
	if (cursor_end(c) || c->in.p[c->at] != ch)
		return false;
	c->at++;
	return true;
}

bool cursor_take_ci(struct cursor *c, struct slice word)
{
	if (!slice_starts_ci(cursor_rest(c), word))
		return false;
	c->at += word.len;
	return true;
}

size_t cursor_blanks(struct cursor *c)
{
	size_t from = c->at;

	while (!cursor_end(c) && (c->in.p[c->at] == ' ' || c->in.p[c->at] == '\t'))
		c->at++;
	return c->at - from;
}

bool cursor_number(struct cursor *c, uint64_t max, uint64_t *n_out)
{
	size_t from = c->at, to = from;

	while (to < c->in.len && ascii_digit((unsigned char)c->in.p[to]))
		to++;
	if (!text_number(slice_of(c->in.p + from, to - from), max, n_out))
		return false;
	c->at = to;
	return true;
}

struct slice cursor_run(struct cursor *c, bool (*is)(int byte))
{
	size_t from = c->at;

	while (!cursor_end(c) && is((unsigned char)c->in.p[c->at]))
		c->at++;
	return slice_of(c->in.p ? c->in.p + from : NULL, c->at - from);
}
