/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libetpan parses recursively without a limit, so what could nest is counted first: a message
 * with more than GATE_PARTS boundaries and inner messages is not given to it.
 */
#include "clients/mime_etpan.h"

#include <libetpan/libetpan.h>

#include "proto/base/text.h"
#include "proto/msg/article.h"
#include "proto/msg/fields.h"

enum {
	GATE_PARTS = 32,
	GATE_BYTES = 32 * 1024 * 1024,
	TEXT_MAX = 32 * 1024 * 1024,
};

void mime_add_clean(struct buf *out, struct slice text)
{
	for (size_t i = 0; text.p && i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool c1 = c == 0xc2 && i + 1 < text.len && (unsigned char)text.p[i + 1] < 0xa0;

		if (c == '\r')
			continue;
		if (c1)
			i++;
		if (c1 || c == 127 || (c < ' ' && c != '\n' && c != '\t'))
			buf_addc(out, '?');
		else
			buf_addc(out, (char)c);
	}
}

static bool may_parse(struct slice article)
{
	unsigned n = 0;

	if (!article.p || article.len > GATE_BYTES)
		return false;
	for (size_t i = 0; i < article.len; i++) {
		struct slice rest = slice_from(article, i);
		int c = ascii_lower((unsigned char)article.p[i]);

		n += (c == 'b' && slice_starts_ci(rest, lit("boundary"))) ||
		     (c == 'm' && slice_starts_ci(rest, lit("message/")));
		if (n > GATE_PARTS)
			return false;
	}
	return true;
}

struct walk {
	struct buf *out;
	struct buf notes; /* the other parts */
	bool found;       /* the text part */
};

static bool is_plain_text(const struct mailmime_content *type)
{
	if (!type)
		return true; /* RFC 2045 section 5.2 */
	return type->ct_type->tp_type == MAILMIME_TYPE_DISCRETE_TYPE &&
	       type->ct_type->tp_data.tp_discrete_type->dt_type == MAILMIME_DISCRETE_TYPE_TEXT &&
	       slice_eq_ci(slice_str(type->ct_subtype), lit("plain"));
}

static void add_text(struct walk *w, const struct mailmime_data *data, const char *charset)
{
	char *decoded;
	size_t len, at = 0;
	struct buf text;

	if (mailmime_part_parse(data->dt_data.dt_text.dt_data, data->dt_data.dt_text.dt_length, &at,
		    data->dt_encoding, &decoded, &len) != MAILIMF_NO_ERROR)
		return;
	buf_init(&text, TEXT_MAX);
	if (!charset_to_utf8(&text, slice_str(charset ? charset : "utf-8"), slice_of(decoded, len)))
		utf8_add_clean(&text, slice_of(decoded, len));
	mime_add_clean(w->out, buf_slice(&text));
	buf_fini(&text);
	mailmime_decoded_part_free(decoded);
	w->found = true;
}

static void add_note(struct walk *w, const struct mailmime_single_fields *f)
{
	static const char *const types[] = {"text", "image", "audio", "video", "application"};
	const struct mailmime_content *type = f->fld_content;
	const char *file =
		f->fld_disposition_filename ? f->fld_disposition_filename : f->fld_content_name;
	int kind = type && type->ct_type->tp_type == MAILMIME_TYPE_DISCRETE_TYPE
			   ? type->ct_type->tp_data.tp_discrete_type->dt_type -
				     MAILMIME_DISCRETE_TYPE_TEXT
			   : -1;

	buf_addz(&w->notes, "[");
	if (kind >= 0 && kind < (int)array_len(types))
		buf_addf(&w->notes, "%s/", types[kind]);
	mime_add_clean(&w->notes, slice_str(type ? type->ct_subtype : "part"));
	if (file) {
		buf_addz(&w->notes, ": ");
		words_decode(&w->notes, slice_str(file));
	}
	buf_addz(&w->notes, "]\n");
}

static void take_single(struct walk *w, struct mailmime *m)
{
	const struct mailmime_data *data = m->mm_data.mm_single;
	struct mailmime_single_fields f;

	mailmime_single_fields_init(&f, m->mm_mime_fields, m->mm_content_type);
	if (!w->found && data && data->dt_type == MAILMIME_DATA_TEXT &&
		is_plain_text(m->mm_content_type))
		add_text(w, data, f.fld_content_charset);
	else
		add_note(w, &f);
}

/* Recursion is bounded by the gate. */
static void take_part(struct walk *w, struct mailmime *m)
{
	if (m->mm_type == MAILMIME_SINGLE) {
		take_single(w, m);
	} else if (m->mm_type == MAILMIME_MULTIPLE) {
		clist *parts = m->mm_data.mm_multipart.mm_mp_list;

		for (clistiter *i = clist_begin(parts); i; i = clist_next(i))
			take_part(w, clist_content(i));
	} else if (m->mm_data.mm_message.mm_msg_mime) {
		take_part(w, m->mm_data.mm_message.mm_msg_mime);
	}
}

/* What follows the empty line, as it stands. */
static void add_raw(struct slice article, struct buf *out)
{
	size_t end = slice_find(article, lit("\r\n\r\n"));
	struct buf text;

	buf_init(&text, TEXT_MAX);
	utf8_add_clean(&text, slice_from(article, end + 4));
	mime_add_clean(out, buf_slice(&text));
	buf_fini(&text);
}

void mime_readable(struct slice article, struct buf *out)
{
	struct walk w = {.out = out};
	struct mailmime *mime;
	size_t at = 0;

	if (!may_parse(article) ||
		mailmime_parse(article.p, article.len, &at, &mime) != MAILIMF_NO_ERROR) {
		add_raw(article, out);
		return;
	}
	buf_init(&w.notes, 64 * 1024);
	take_part(&w, mime);
	if (w.notes.len > 0) {
		buf_addc(out, '\n');
		buf_add(out, buf_slice(&w.notes));
	}
	buf_fini(&w.notes);
	mailmime_free(mime);
}
