/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * BODYSTRUCTURE, written in one walk over the part tree without recursion, and the record that
 * keeps it.  The header is imap_fmt.h.
 *
 * What a client could not read is written otherwise: a multipart without parts has one empty part,
 * as the grammar asks for at least one; a text without a charset is us-ascii.
 */
#include "proto/imap/imap_fmt.h"

#include "proto/imap/imap_envelope.h"

struct writer {
	struct buf *b;
	const struct mime *m;
	struct arena *ar;
	bool extended;
};

static void add_or(struct buf *b, struct slice s, struct slice otherwise)
{
	imap_add_string(b, s.len > 0 ? s : otherwise, false);
}

static void add_pair(struct buf *b, char before, struct slice name, struct slice value)
{
	buf_addc(b, before);
	imap_add_string(b, name, false);
	buf_addc(b, ' ');
	imap_add_string(b, value, false);
}

/* " (name value ...)" or " NIL" */
static void add_params(struct buf *b, const struct mime_params *params, bool text)
{
	bool charset = text && !mime_param_get(params, lit("charset")).p;

	buf_addc(b, ' ');
	if (params->n == 0 && !charset) {
		buf_add(b, lit("NIL"));
		return;
	}
	for (size_t i = 0; i < params->n; i++)
		add_pair(b, i == 0 ? '(' : ' ', params->v[i].name, params->v[i].value);
	if (charset)
		add_pair(b, params->n == 0 ? '(' : ' ', lit("charset"), lit("us-ascii"));
	buf_addc(b, ')');
}

static void add_disposition(struct buf *b, const struct mime_part *p)
{
	if (!p->disposition.p) {
		buf_add(b, lit(" NIL"));
		return;
	}
	buf_add(b, lit(" ("));
	imap_add_string(b, p->disposition, false);
	add_params(b, &p->disposition_params, false);
	buf_addc(b, ')');
}

/* The next language tag, comments passed over.  RFC 3282 section 2 */
static bool next_tag(struct slice tags, size_t *at, struct slice *tag_out)
{
	bool found = false;

	while (!found && *at < tags.len) {
		found = mime_token_next(tags, at, tag_out);
		*at += slice_chr(slice_from(tags, *at), ',') + 1;
	}
	return found;
}

/* One tag is a string, more are a list. */
static void add_language(struct buf *b, struct slice tags)
{
	struct slice first = slice_of(NULL, 0), tag;
	size_t at = 0;

	buf_addc(b, ' ');
	if (!next_tag(tags, &at, &first) || !next_tag(tags, &at, &tag)) {
		imap_add_nstring(b, first.len > 0 ? first : slice_of(NULL, 0), false);
		return;
	}
	buf_addc(b, '(');
	imap_add_string(b, first, false);
	do {
		buf_addc(b, ' ');
		imap_add_string(b, tag, false);
	} while (next_tag(tags, &at, &tag));
	buf_addc(b, ')');
}

/* Disposition, language and location: the end of all extension data. */
static void add_extension(struct buf *b, const struct mime_part *p)
{
	add_disposition(b, p);
	add_language(b, p->language);
	buf_addc(b, ' ');
	imap_add_nstring(b, p->location, false);
}

/* Type to size: body-fields with its media type. */
static void add_fields(struct buf *b, const struct mime_part *p)
{
	imap_add_string(b, p->type, false);
	buf_addc(b, ' ');
	imap_add_string(b, p->subtype, false);
	add_params(b, &p->params, slice_eq_ci(p->type, lit("text")));
	buf_addc(b, ' ');
	imap_add_nstring(b, p->id, false);
	buf_addc(b, ' ');
	imap_add_nstring(b, p->description, false);
	buf_addc(b, ' ');
	add_or(b, p->encoding, lit("7bit"));
	buf_addf(b, " %zu", p->body_len);
}

/* The end of what is no multipart: the lines of texts and messages, then the extension data. */
static void end_single(struct writer *w, const struct mime_part *p)
{
	if (p->kind == MIME_MESSAGE || slice_eq_ci(p->type, lit("text")))
		buf_addf(w->b, " %zu", p->n_lines);
	if (w->extended) {
		buf_addc(w->b, ' ');
		imap_add_nstring(w->b, p->md5, false);
		add_extension(w->b, p);
	}
	buf_addc(w->b, ')');
}

static void add_empty_text(struct writer *w)
{
	const struct mime_part p = {.type = lit("text"), .subtype = lit("plain")};

	buf_addc(w->b, '(');
	add_fields(w->b, &p);
	end_single(w, &p);
}

static void end_multipart(struct writer *w, const struct mime_part *p)
{
	buf_addc(w->b, ' ');
	imap_add_string(w->b, p->subtype, false);
	if (w->extended) {
		add_params(w->b, &p->params, false);
		add_extension(w->b, p);
	}
	buf_addc(w->b, ')');
}

/* Before the children of a part. */
static void begin_part(struct writer *w, const struct mime_part *p)
{
	buf_addc(w->b, '(');
	if (p->kind == MIME_MULTIPART) {
		if (p->child == MIME_NONE)
			add_empty_text(w);
		return;
	}
	add_fields(w->b, p);
	if (p->kind == MIME_MESSAGE) {
		buf_addc(w->b, ' ');
		imap_add_envelope(w->b, mime_head(w->m, &w->m->v[p->child]), w->ar);
		buf_addc(w->b, ' ');
	}
}

static void end_part(struct writer *w, const struct mime_part *p)
{
	if (p->kind == MIME_MULTIPART)
		end_multipart(w, p);
	else
		end_single(w, p);
}

void imap_add_body(struct buf *b, const struct mime *m, bool extended, struct arena *ar)
{
	struct writer w = {b, m, ar, extended};
	uint32_t i = 0;

	while (i != MIME_NONE && !b->bad) {
		begin_part(&w, &m->v[i]);
		if (m->v[i].child != MIME_NONE) {
			i = m->v[i].child;
			continue;
		}
		end_part(&w, &m->v[i]);
		while (m->v[i].next == MIME_NONE && m->v[i].parent != MIME_NONE) {
			i = m->v[i].parent;
			end_part(&w, &m->v[i]);
		}
		i = m->v[i].next;
	}
}

/* The whole message as one leaf, where its structure is too much. */
static void add_leaf(struct buf *b, const struct mime *m, struct arena *ar)
{
	struct mime_part leaf = {.type = lit("application"),
		.subtype = lit("octet-stream"),
		.body_len = m->v[0].body_len,
		.parent = MIME_NONE,
		.child = MIME_NONE,
		.next = MIME_NONE};
	struct mime one = {.msg = m->msg, .v = &leaf, .n = 1};

	imap_add_body(b, &one, true, ar);
}

static void add_u32(struct buf *b, size_t n)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_addc(b, (char)(unsigned char)(n >> shift & 0xff));
}

static uint32_t read_u32(const char *p)
{
	uint32_t n = 0;

	for (int i = 0; i < 4; i++)
		n = n << 8 | (unsigned char)p[i];
	return n;
}

static void make_envelope(struct buf *b, const struct mime *m, struct arena *ar)
{
	buf_init(b, IMAP_STRUCTURE_MAX / 2);
	imap_add_envelope(b, mime_head(m, &m->v[0]), ar);
	if (b->bad) {
		buf_reset(b);
		imap_add_envelope(b, slice_of(NULL, 0), ar);
	}
}

static void make_body(struct buf *b, const struct mime *m, struct arena *ar)
{
	buf_init(b, IMAP_STRUCTURE_MAX / 2 - 8);
	imap_add_body(b, m, true, ar);
	if (b->bad) {
		buf_reset(b);
		add_leaf(b, m, ar);
	}
}

void imap_structure_make(struct buf *b, struct slice msg)
{
	struct buf envelope, body;
	struct arena ar;
	struct mime m;

	arena_init(&ar);
	mime_parse(&m, msg, &ar);
	make_envelope(&envelope, &m, &ar);
	make_body(&body, &m, &ar);
	add_u32(b, m.v[0].head_len);
	add_u32(b, envelope.len);
	buf_add(b, buf_slice(&envelope));
	buf_add(b, buf_slice(&body));
	buf_fini(&body);
	buf_fini(&envelope);
	arena_fini(&ar);
}

bool imap_structure_split(struct slice record, struct imap_structure *out)
{
	if (record.len < 8)
		return false;
	out->head_len = read_u32(record.p);
	size_t n = read_u32(record.p + 4);
	struct slice rest = slice_from(record, 8);
	out->envelope = slice_head(rest, n);
	out->body = slice_from(rest, n);
	return out->envelope.len == n && out->body.len > 0;
}
