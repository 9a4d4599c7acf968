/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record that is kept beside a message, made when it arrives. */
#include "daemon/mail.h"

#include "proto/imap/imap_fmt.h"
#include "proto/msg/mime.h"

static void add_u32(struct buf *b, size_t n)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_addc(b, (char)(n >> shift & 0xff));
}

static size_t read_u32(const char *p)
{
	size_t n = 0;

	for (int i = 0; i < 4; i++)
		n = n << 8 | (unsigned char)p[i];
	return n;
}

/* BODY: without extension data. */
static void add_plain(struct buf *b, struct slice message)
{
	struct arena ar;
	struct mime m;

	arena_init(&ar);
	mime_parse(&m, message, &ar);
	imap_add_body(b, &m, false, &ar);
	arena_fini(&ar);
}

void mail_structure_make(struct buf *b, struct slice message)
{
	struct imap_structure s;
	struct buf record;

	buf_init(&record, IMAP_STRUCTURE_MAX);
	imap_structure_make(&record, message);
	if (!record.bad && imap_structure_split(buf_slice(&record), &s)) {
		add_u32(b, s.envelope.len);
		add_u32(b, s.body.len);
		buf_add(b, s.envelope);
		buf_add(b, s.body);
		add_plain(b, message);
	}
	buf_fini(&record);
}

bool mail_structure_split(struct slice record, struct mail_structure *out)
{
	if (record.len < 8)
		return false;
	size_t envelope = read_u32(record.p), structure = read_u32(record.p + 4);
	struct slice rest = slice_from(record, 8);

	if (envelope > rest.len || structure > rest.len - envelope)
		return false;
	out->envelope = slice_head(rest, envelope);
	out->structure = slice_head(slice_from(rest, envelope), structure);
	out->body = slice_from(rest, envelope + structure);
	return true;
}
