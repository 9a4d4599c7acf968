/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparing, trimming and splitting borrowed bytes.  Nothing here reads past a slice. */
#include "proto/base/slice.h"

#include "proto/base/text.h"

/* Equal but for ASCII case, n bytes. */
static bool eq_ci(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ascii_lower((unsigned char)a[i]) != ascii_lower((unsigned char)b[i]))
			return false;
	return true;
}

bool slice_eq_ci(struct slice a, struct slice b)
{
	return a.len == b.len && eq_ci(a.p, b.p, a.len);
}

int slice_cmp(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int d = n ? memcmp(a.p, b.p, n) : 0;

	if (d != 0)
		return d;
	return (a.len > b.len) - (a.len < b.len);
}

bool slice_starts(struct slice s, struct slice prefix)
{
	return slice_eq(slice_head(s, prefix.len), prefix);
}

bool slice_starts_ci(struct slice s, struct slice prefix)
{
	return slice_eq_ci(slice_head(s, prefix.len), prefix);
}

bool slice_ends(struct slice s, struct slice suffix)
{
	return s.len >= suffix.len && slice_eq(slice_from(s, s.len - suffix.len), suffix);
}

size_t slice_chr(struct slice s, char c)
{
	const char *at = s.len ? memchr(s.p, c, s.len) : NULL;

	return at ? (size_t)(at - s.p) : s.len;
}

size_t slice_find(struct slice s, struct slice what)
{
	if (what.len == 0)
		return 0;
	if (what.len > s.len)
		return s.len;

	const char *at = memmem(s.p, s.len, what.p, what.len);
	return at ? (size_t)(at - s.p) : s.len;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice slice_trim(struct slice s)
{
	while (s.len > 0 && is_space(s.p[0]))
		s = slice_of(s.p + 1, s.len - 1);
	while (s.len > 0 && is_space(s.p[s.len - 1]))
		s.len--;
	return s;
}

/* Marks "one empty part is left": tells "" behind a separator from an input of no bytes. */
static const char empty_tail[1];

bool slice_split(struct slice *rest, char sep, struct slice *part_out)
{
	if (!rest->p || (rest->len == 0 && rest->p != empty_tail)) {
		*rest = slice_of(NULL, 0);
		return false;
	}

	size_t at = slice_chr(*rest, sep);
	*part_out = slice_head(*rest, at);
	if (at == rest->len)
		*rest = slice_of(NULL, 0);
	else if (at + 1 == rest->len)
		*rest = slice_of(empty_tail, 0);
	else
		*rest = slice_from(*rest, at + 1);
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool slice_word(struct slice *rest, struct slice *word_out)
{
	size_t from = 0;

	while (from < rest->len && is_blank(rest->p[from]))
		from++;
	size_t to = from;
	while (to < rest->len && !is_blank(rest->p[to]))
		to++;
	if (to == from)
		return false;
	*word_out = slice_of(rest->p + from, to - from);
	*rest = slice_from(*rest, to);
	return true;
}

bool slice_cstr(struct slice s, char *dst, size_t size)
{
	if (size == 0)
		return false;
	dst[0] = '\0';
	if (s.len >= size || slice_chr(s, '\0') != s.len)
		return false;
	if (s.len > 0)
		memcpy(dst, s.p, s.len);
	dst[s.len] = '\0';
	return true;
}
