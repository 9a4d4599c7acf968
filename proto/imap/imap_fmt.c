/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strings, flags and dates.  ENVELOPE is in imap_envelope.c, BODYSTRUCTURE in imap_body.c. */
#include "proto/imap/imap_fmt.h"

#include "proto/base/date.h"
#include "proto/base/text.h"
#include "proto/imap/imap_args.h"

static bool is_quotable(struct slice s, bool utf8)
{
	if (s.len > IMAP_QUOTED_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char ch = (unsigned char)s.p[i];

		if (ch == '\r' || ch == '\n' || (ch >= 0x80 && !utf8))
			return false;
	}
	return !utf8 || utf8_valid(s);
}

static void add_without_nul(struct buf *b, struct slice s)
{
	for (;;) {
		size_t n = slice_chr(s, '\0');

		buf_add(b, slice_head(s, n));
		if (n == s.len)
			return;
		buf_addc(b, '?');
		s = slice_from(s, n + 1);
	}
}

static void add_quoted(struct buf *b, struct slice s)
{
	buf_addc(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_addc(b, '\\');
		buf_addc(b, s.p[i] ? s.p[i] : '?');
	}
	buf_addc(b, '"');
}

void imap_add_string(struct buf *b, struct slice s, bool utf8)
{
	if (is_quotable(s, utf8)) {
		add_quoted(b, s);
		return;
	}
	buf_addf(b, "{%zu}\r\n", s.len);
	add_without_nul(b, s);
}

void imap_add_nstring(struct buf *b, struct slice s, bool utf8)
{
	if (s.p)
		imap_add_string(b, s, utf8);
	else
		buf_add(b, lit("NIL"));
}

void imap_add_astring(struct buf *b, struct slice s, bool utf8)
{
	size_t n = 0;

	while (n < s.len && imap_is_atom_char((unsigned char)s.p[n]))
		n++;
	if (n == s.len && n > 0 && !slice_eq_ci(s, lit("NIL")))
		buf_add(b, s);
	else
		imap_add_string(b, s, utf8);
}

void imap_add_date(struct buf *b, int64_t at)
{
	buf_addc(b, '"');
	date_add_imap(b, at);
	buf_addc(b, '"');
}

static const struct {
	unsigned bit;
	const char *name;
} flag_names[] = {
	{IMAP_SEEN,     "\\Seen"    },
	{IMAP_ANSWERED, "\\Answered"},
	{IMAP_FLAGGED,  "\\Flagged" },
	{IMAP_DELETED,  "\\Deleted" },
	{IMAP_DRAFT,    "\\Draft"   },
	{IMAP_RECENT,   "\\Recent"  },
};

void imap_add_flags(struct buf *b, unsigned flags, const struct slice *keywords, size_t n)
{
	const char *gap = "";

	buf_addc(b, '(');
	for (size_t i = 0; i < array_len(flag_names); i++) {
		if (!(flags & flag_names[i].bit))
			continue;
		buf_addf(b, "%s%s", gap, flag_names[i].name);
		gap = " ";
	}
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "%s%.*s", gap, SLICE_ARG(keywords[i]));
		gap = " ";
	}
	buf_addc(b, ')');
}

unsigned imap_flag_find(struct slice name)
{
	for (size_t i = 0; i < array_len(flag_names); i++)
		if (slice_eq_ci(name, slice_str(flag_names[i].name)))
			return flag_names[i].bit;
	return 0;
}
