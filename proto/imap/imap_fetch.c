/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FETCH attributes: a table of names, a reader for sections, and what a section's bytes are. */
#include "proto/imap/imap_fetch.h"

#include "proto/base/text.h"
#include "proto/imap/imap_args.h"
#include "proto/imap/imap_fmt.h"

static const struct {
	const char *name;
	enum imap_fetch_kind kind;
	enum mime_what what; /* of the sections */
	bool peek;
} attributes[] = {
	{"FLAGS",         FETCH_FLAGS,         MIME_ALL,    true },
	{"UID",           FETCH_UID,           MIME_ALL,    true },
	{"INTERNALDATE",  FETCH_INTERNALDATE,  MIME_ALL,    true },
	{"RFC822.SIZE",   FETCH_SIZE,          MIME_ALL,    true },
	{"ENVELOPE",      FETCH_ENVELOPE,      MIME_ALL,    true },
	{"BODY",          FETCH_BODY,          MIME_ALL,    true },
	{"BODYSTRUCTURE", FETCH_BODYSTRUCTURE, MIME_ALL,    true },
	{"MODSEQ",        FETCH_MODSEQ,        MIME_ALL,    true },
	{"RFC822",        FETCH_RFC822,        MIME_ALL,    false},
	{"RFC822.HEADER", FETCH_RFC822_HEADER, MIME_HEADER, true },
	{"RFC822.TEXT",   FETCH_RFC822_TEXT,   MIME_TEXT,   false},
};

/* A macro stands for the first attributes of this list. */
static const enum imap_fetch_kind macro_kinds[] = {
	FETCH_FLAGS, FETCH_INTERNALDATE, FETCH_SIZE, FETCH_ENVELOPE, FETCH_BODY};

static const struct {
	const char *name;
	size_t n;
} macros[] = {
	{"FAST", 3},
	{"ALL",  4},
	{"FULL", 5},
};

static bool is_name_char(int ch)
{
	return ascii_alnum(ch) || ch == '.';
}

static struct imap_fetch_item *push(struct imap_fetch *f)
{
	return f->n < IMAP_FETCH_MAX_ITEMS ? &f->v[f->n++] : NULL;
}

/* "1.2." in front of a section's name; false when a number or dot is not followed as it must. */
static bool read_path(struct cursor *c, struct imap_section *s)
{
	uint32_t n;

	while (ascii_digit(cursor_peek(c))) {
		if (s->n_path == array_len(s->path) || !imap_read_nz_number(c, &n))
			return false;
		s->path[s->n_path++] = n;
		if (cursor_peek(c) == ']')
			return true;
		if (!cursor_take(c, '.'))
			return false;
	}
	return s->n_path == 0 || cursor_peek(c) != ']';
}

static bool read_names(struct cursor *c, struct arena *ar, struct imap_section *s)
{
	s->names = arena_alloc(ar, IMAP_FETCH_MAX_NAMES * sizeof *s->names);
	if (!imap_read_sp(c) || !cursor_take(c, '('))
		return false;
	do {
		if (s->n_names == IMAP_FETCH_MAX_NAMES ||
			!imap_read_astring(c, ar, &s->names[s->n_names++]))
			return false;
	} while (imap_read_sp(c));
	return cursor_take(c, ')');
}

static bool read_section_name(struct cursor *c, struct arena *ar, struct imap_section *s)
{
	struct slice name = cursor_run(c, is_name_char);

	s->what = MIME_HEADER;
	if (slice_eq_ci(name, lit("HEADER")))
		return true;
	if (slice_eq_ci(name, lit("TEXT"))) {
		s->what = MIME_TEXT;
		return true;
	}
	if (slice_eq_ci(name, lit("MIME"))) {
		s->what = MIME_FIELDS;
		return s->n_path > 0;
	}
	s->filter = slice_eq_ci(name, lit("HEADER.FIELDS")) ? NAMES_ONLY : NAMES_NOT;
	if (s->filter == NAMES_NOT && !slice_eq_ci(name, lit("HEADER.FIELDS.NOT")))
		return false;
	return read_names(c, ar, s);
}

/* Behind "[", up to and with "]".  RFC 9051 section 9, section-spec */
static bool read_section(struct cursor *c, struct arena *ar, struct imap_section *s)
{
	if (!read_path(c, s))
		return false;
	if (cursor_peek(c) != ']' && !read_section_name(c, ar, s))
		return false;
	return cursor_take(c, ']');
}

static bool read_partial(struct cursor *c, struct imap_fetch_item *it)
{
	if (!cursor_take(c, '<'))
		return true;
	it->partial = true;
	return imap_read_number(c, &it->from) && cursor_take(c, '.') &&
	       imap_read_nz_number(c, &it->count) && cursor_take(c, '>');
}

static bool find_attribute(struct slice name, struct imap_fetch_item *it)
{
	for (size_t i = 0; i < array_len(attributes); i++) {
		if (!slice_eq_ci(name, slice_str(attributes[i].name)))
			continue;
		it->kind = attributes[i].kind;
		it->section.what = attributes[i].what;
		it->peek = attributes[i].peek;
		return true;
	}
	return false;
}

static bool read_attribute(struct cursor *c, struct arena *ar, struct imap_fetch *f)
{
	struct slice name = cursor_run(c, is_name_char);
	struct imap_fetch_item *it = push(f);
	bool peek = slice_eq_ci(name, lit("BODY.PEEK"));

	if (!it)
		return false;
	if (!peek && !slice_eq_ci(name, lit("BODY")))
		return find_attribute(name, it);
	if (!cursor_take(c, '['))
		return !peek && find_attribute(name, it);
	it->kind = FETCH_SECTION;
	it->peek = peek;
	return read_section(c, ar, &it->section) && read_partial(c, it);
}

static bool read_macro(struct cursor *c, struct imap_fetch *f)
{
	for (size_t i = 0; i < array_len(macros); i++) {
		if (!imap_read_word(c, slice_str(macros[i].name)))
			continue;
		for (size_t k = 0; k < macros[i].n; k++)
			*push(f) = (struct imap_fetch_item){.kind = macro_kinds[k], .peek = true};
		return true;
	}
	return false;
}

static bool read_attributes(struct cursor *c, struct arena *ar, struct imap_fetch *f)
{
	if (read_macro(c, f))
		return true;
	if (!cursor_take(c, '('))
		return read_attribute(c, ar, f);
	do {
		if (!read_attribute(c, ar, f))
			return false;
	} while (imap_read_sp(c));
	return cursor_take(c, ')');
}

/* "(CHANGEDSINCE 12345 VANISHED)".  RFC 7162 section 3.1.4, 3.2.6 */
static bool read_modifiers(struct cursor *c, struct imap_fetch *f)
{
	if (!cursor_take(c, '('))
		return false;
	do {
		if (imap_read_word(c, lit("VANISHED")))
			f->vanished = true;
		else if (!imap_read_word(c, lit("CHANGEDSINCE")) || !imap_read_sp(c) ||
			 !imap_read_modseq(c, &f->since))
			return false;
		else
			f->has_since = true;
	} while (imap_read_sp(c));
	return cursor_take(c, ')') && (f->has_since || !f->vanished);
}

bool imap_read_fetch(struct cursor *c, struct arena *ar, struct imap_fetch *out)
{
	*out = (struct imap_fetch){0};
	out->v = arena_alloc(ar, IMAP_FETCH_MAX_ITEMS * sizeof *out->v);
	if (!read_attributes(c, ar, out))
		return false;
	if (imap_read_sp(c) && !read_modifiers(c, out))
		return false;
	return imap_read_end(c);
}

bool imap_fetch_has(const struct imap_fetch *f, enum imap_fetch_kind kind)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].kind == kind)
			return true;
	return false;
}

bool imap_fetch_marks_seen(const struct imap_fetch *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (!f->v[i].peek)
			return true;
	return false;
}

bool imap_fetch_needs_bytes(const struct imap_fetch *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].kind >= FETCH_SECTION || f->v[i].kind == FETCH_BODY)
			return true;
	return false;
}

static void add_names(struct buf *b, const struct imap_section *s)
{
	buf_addz(b, s->filter == NAMES_NOT ? ".FIELDS.NOT" : ".FIELDS");
	for (size_t i = 0; i < s->n_names; i++) {
		buf_addz(b, i == 0 ? " (" : " ");
		imap_add_astring(b, s->names[i], false);
	}
	buf_addc(b, ')');
}

static void add_section(struct buf *b, const struct imap_section *s)
{
	static const char *const whats[] = {
		[MIME_HEADER] = "HEADER", [MIME_TEXT] = "TEXT", [MIME_FIELDS] = "MIME"};

	for (size_t i = 0; i < s->n_path; i++)
		buf_addf(b, "%s%u", i ? "." : "", s->path[i]);
	if (s->what == MIME_ALL)
		return;
	if (s->n_path > 0)
		buf_addc(b, '.');
	buf_addz(b, whats[s->what]);
	if (s->filter != NAMES_ALL)
		add_names(b, s);
}

void imap_fetch_add_label(struct buf *b, const struct imap_fetch_item *it)
{
	if (it->kind != FETCH_SECTION) {
		size_t i = 0;

		while (attributes[i].kind != it->kind)
			i++;
		buf_addz(b, attributes[i].name);
		return;
	}
	buf_addz(b, "BODY[");
	add_section(b, &it->section);
	buf_addc(b, ']');
	if (it->partial)
		buf_addf(b, "<%u>", it->from);
}

static bool is_named(const struct imap_section *s, struct slice name)
{
	for (size_t i = 0; i < s->n_names; i++)
		if (slice_eq_ci(s->names[i], name))
			return true;
	return false;
}

/*
 * The chosen fields, and the empty line if the head has one.  RFC 3501 section 6.4.5: a message
 * without a body and without an empty line has none here either.
 */
static void add_fields(struct buf *b, const struct imap_section *s, struct slice head)
{
	struct header_field f;
	size_t at = 0;

	while (mime_field_next(head, &at, &f))
		if (is_named(s, f.name) == (s->filter == NAMES_ONLY))
			buf_add(b, f.raw);
	if (at < head.len)
		buf_add(b, slice_from(head, at));
}

bool imap_fetch_section(
	const struct mime *m, const struct imap_fetch_item *it, struct buf *tmp, struct slice *out)
{
	const struct imap_section *s = &it->section;

	if (!mime_section(m, s->path, s->n_path, s->what, out))
		return false;
	if (s->filter != NAMES_ALL) {
		buf_reset(tmp);
		add_fields(tmp, s, *out);
		*out = buf_slice(tmp);
	}
	if (it->partial)
		*out = slice_head(slice_from(*out, it->from), it->count);
	return true;
}
