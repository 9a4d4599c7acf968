/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grammar of single fields.  Everything here reads a slice once and allocates nothing. */
#include "proto/msg/fields.h"

#include "proto/base/err.h"
#include "proto/base/text.h"

static bool is_atext(char c)
{
	return ascii_alnum((unsigned char)c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* dot-atom-text: runs of atext with single dots between.  RFC 5322 section 3.2.3 */
static bool is_dot_atom(struct slice s)
{
	bool dot = true;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '.' ? dot : !is_atext(s.p[i]))
			return false;
		dot = s.p[i] == '.';
	}
	return !dot;
}

/* "[" *mdtext "]": printable without `>`, brackets and backslash.  RFC 5536 section 3.1.3 */
static bool is_no_fold_literal(struct slice s)
{
	if (s.len < 2 || s.p[0] != '[' || s.p[s.len - 1] != ']')
		return false;
	for (size_t i = 1; i < s.len - 1; i++)
		if (!ascii_print((unsigned char)s.p[i]) || strchr("<>[]\\", s.p[i]))
			return false;
	return true;
}

bool msgid_syntax(struct slice id)
{
	if (id.len < 3 || id.len > MSGID_MAX || id.p[0] != '<' || id.p[id.len - 1] != '>')
		return false;
	for (size_t i = 1; i < id.len - 1; i++)
		if (!ascii_print((unsigned char)id.p[i]) || id.p[i] == '>')
			return false;
	return true;
}

bool msgid_valid(struct slice id)
{
	if (!msgid_syntax(id))
		return false;

	struct slice inner = slice_of(id.p + 1, id.len - 2);
	size_t at = slice_chr(inner, '@');
	struct slice right = slice_from(inner, at + 1);
	return is_dot_atom(slice_head(inner, at)) &&
	       (is_dot_atom(right) || is_no_fold_literal(right));
}

struct slice msgid_domain(struct slice id)
{
	if (!msgid_syntax(id))
		return slice_of(NULL, 0);

	struct slice inner = slice_of(id.p + 1, id.len - 2);
	return slice_from(inner, slice_chr(inner, '@') + 1);
}

/* From each `>` back to the `<` next to it: linear, whatever stands between. */
bool refs_next(struct slice *rest, struct slice *id_out)
{
	for (;;) {
		size_t end = slice_chr(*rest, '>');
		const char *open = end < rest->len ? memrchr(rest->p, '<', end) : NULL;
		struct slice id =
			open ? slice_of(open, (size_t)(rest->p + end + 1 - open)) : lit("");

		*rest = slice_from(*rest, end < rest->len ? end + 1 : end);
		if (msgid_syntax(id)) {
			*id_out = id;
			return true;
		}
		if (rest->len == 0)
			return false;
	}
}

bool refs_last(struct slice value, struct slice *id_out)
{
	bool found = false;

	while (refs_next(&value, id_out))
		found = true;
	return found;
}

static bool is_group_char(char c)
{
	return (c >= 'a' && c <= 'z') || ascii_digit((unsigned char)c) || c == '+' || c == '_' ||
	       c == '-';
}

bool group_name_valid(struct slice name)
{
	bool dot = true;

	if (name.len > GROUP_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '.' ? dot : !is_group_char(name.p[i]))
			return false;
		dot = name.p[i] == '.';
	}
	return !dot;
}

bool newsgroups_next(struct slice *rest, struct slice *name_out)
{
	if (!slice_split(rest, ',', name_out))
		return false;
	*name_out = slice_trim(*name_out);
	return true;
}

/* Does the name stand among the first n of the value? */
static bool named_before(struct slice value, struct slice name, int n)
{
	struct slice other;

	while (n-- > 0 && newsgroups_next(&value, &other))
		if (slice_eq(name, other))
			return true;
	return false;
}

int newsgroups_check(struct slice value, size_t max)
{
	struct slice rest = value, name;
	int n = 0;

	while (newsgroups_next(&rest, &name)) {
		if ((size_t)n >= max)
			return KERR_TOOBIG;
		if (!group_name_valid(name) || named_before(value, name, n))
			return KERR_INVALID;
		n++;
	}
	return n > 0 ? n : KERR_INVALID;
}

bool path_next(struct slice *rest, struct slice *entry_out)
{
	if (!slice_split(rest, '!', entry_out))
		return false;
	*entry_out = slice_trim(*entry_out);
	return true;
}

bool path_has(struct slice path, struct slice identity)
{
	struct slice entry;

	while (path_next(&path, &entry))
		if (path.p && slice_eq_ci(entry, identity))
			return true;
	return false;
}
