/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Section numbers of a message -> its parts and bytes.  The header is mime.h. */
#include "proto/msg/mime.h"

#include "proto/base/scan.h"

enum { MAX_PATH = MIME_MAX_DEPTH + 1 };

static uint32_t nth_child(const struct mime *m, uint32_t part, uint32_t n)
{
	uint32_t i = m->v[part].child;

	while (i != MIME_NONE && --n > 0)
		i = m->v[i].next;
	return i;
}

/*
 * `at` is a message or a part.  The numbers in a message/rfc822 part are those of the message
 * inside.  A message that is no multipart is its own part 1.
 */
uint32_t mime_find(const struct mime *m, const uint32_t *path, size_t n)
{
	uint32_t at = 0;
	bool whole = true; /* `at` is a message, not yet a part of one */

	for (size_t i = 0; i < n && at != MIME_NONE; i++) {
		if (!whole && m->v[at].kind == MIME_MESSAGE) {
			at = m->v[at].child;
			whole = true;
		}
		if (path[i] == 0)
			return MIME_NONE;
		if (m->v[at].kind == MIME_MULTIPART)
			at = nth_child(m, at, path[i]);
		else if (!whole || path[i] != 1)
			return MIME_NONE;
		whole = false;
	}
	return at;
}

bool mime_section(const struct mime *m, const uint32_t *path, size_t n, enum mime_what what,
	struct slice *out)
{
	uint32_t at = mime_find(m, path, n);

	if (at == MIME_NONE)
		return false;
	if (what == MIME_FIELDS || (what == MIME_ALL && n > 0)) {
		const struct mime_part *p = &m->v[at];

		*out = what == MIME_ALL ? mime_body(m, p) : mime_head(m, p);
		return n > 0;
	}
	if (what == MIME_ALL) {
		*out = m->msg;
		return true;
	}
	if (n > 0) {
		if (m->v[at].kind != MIME_MESSAGE)
			return false;
		at = m->v[at].child;
	}
	*out = what == MIME_HEADER ? mime_head(m, &m->v[at]) : mime_body(m, &m->v[at]);
	return true;
}

static bool take_what(struct slice word, enum mime_what *what)
{
	*what = slice_eq_ci(word, lit("MIME"))   ? MIME_FIELDS
		: slice_eq_ci(word, lit("TEXT")) ? MIME_TEXT
						 : MIME_HEADER;
	return *what != MIME_HEADER || slice_eq_ci(word, lit("HEADER"));
}

bool mime_section_named(const struct mime *m, struct slice name, struct slice *out)
{
	uint32_t path[MAX_PATH];
	enum mime_what what = MIME_ALL;
	struct cursor c = cursor_of(name);
	uint64_t number;
	size_t n = 0;

	while (cursor_number(&c, UINT32_MAX, &number)) {
		if (n == MAX_PATH)
			return false;
		path[n++] = (uint32_t)number;
		if (cursor_end(&c))
			break;
		if (!cursor_take(&c, '.') || cursor_end(&c))
			return false;
	}
	if (!cursor_end(&c) && !take_what(cursor_rest(&c), &what))
		return false;
	return mime_section(m, path, n, what, out);
}
