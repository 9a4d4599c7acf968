/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Overview lines.  The store keeps the five header fields joined by TAB; number, metadata and Xref
 * are put around them here.
 */
#include "proto/nntp/nntp_over.h"

#include "proto/base/text.h"

static const char *const names[OVER_N_FIELDS] = {
	[OVER_SUBJECT] = "Subject",
	[OVER_FROM] = "From",
	[OVER_DATE] = "Date",
	[OVER_MESSAGE_ID] = "Message-ID",
	[OVER_REFERENCES] = "References",
};

struct slice nntp_over_get(struct slice fields, enum nntp_over_field f)
{
	struct slice part = {NULL, 0};

	for (unsigned i = 0; i <= (unsigned)f; i++)
		if (!slice_split(&fields, '\t', &part))
			return slice_of("", 0);
	return part;
}

enum nntp_over_field nntp_over_find(struct slice name)
{
	unsigned i = 0;

	while (i < OVER_N_FIELDS && !slice_eq_ci(name, slice_str(names[i])))
		i++;
	return (enum nntp_over_field)i;
}

uint64_t nntp_over_bytes(const struct forum_over *o)
{
	return o->bytes + (o->xref.len > 0 ? lit("Xref: \r\n").len + o->xref.len : 0);
}

void nntp_over_add(struct buf *b, const struct forum_over *o)
{
	buf_addu(b, o->num);
	buf_addc(b, '\t');
	buf_add(b, o->fields);
	buf_addc(b, '\t');
	buf_addu(b, nntp_over_bytes(o));
	buf_addc(b, '\t');
	buf_addu(b, o->lines);
	if (o->xref.len > 0) {
		buf_add(b, lit("\tXref: "));
		buf_add(b, o->xref);
	}
	buf_add(b, lit("\r\n"));
}

void nntp_over_add_fmt(struct buf *b)
{
	for (unsigned i = 0; i < OVER_N_FIELDS; i++) {
		buf_addz(b, names[i]);
		buf_add(b, lit(":\r\n"));
	}
	/* the older form: without it slrn asks for no overview at all, but for each head */
	buf_add(b, lit("Bytes:\r\nLines:\r\nXref:full\r\n"));
}

/* Where the n-th TAB stands; the end when there are fewer. */
static size_t find_tab(struct slice s, unsigned n)
{
	size_t at = slice_chr(s, '\t');

	while (n-- > 1 && at < s.len)
		at += 1 + slice_chr(slice_from(s, at + 1), '\t');
	return at;
}

bool nntp_over_parse(struct slice line, struct forum_over *out)
{
	struct slice part;
	uint64_t n;

	*out = (struct forum_over){0};
	if (!slice_split(&line, '\t', &part) || !text_number(part, UINT32_MAX, &n))
		return false;
	out->num = (uint32_t)n;
	if (find_tab(line, OVER_N_FIELDS - 1) == line.len)
		return false;
	out->fields = slice_head(line, find_tab(line, OVER_N_FIELDS));
	line = slice_from(line, out->fields.len + 1);
	if (slice_split(&line, '\t', &part) && text_number(part, UINT64_MAX, &n))
		out->bytes = n;
	if (slice_split(&line, '\t', &part) && text_number(part, UINT32_MAX, &n))
		out->lines = (uint32_t)n;
	while (slice_split(&line, '\t', &part))
		if (slice_starts_ci(part, lit("Xref: ")))
			out->xref = slice_from(part, lit("Xref: ").len);
	return true;
}
