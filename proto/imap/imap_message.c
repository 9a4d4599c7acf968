/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message in memory, read in pieces.  Its size was limited when it was taken. */
#include "proto/imap/imap_message.h"

#include "proto/imap/imap_session.h"

enum { PIECE = 256 * 1024, KEEP = 16 * 1024 };

static bool head_is_there(struct slice got)
{
	return slice_find(got, lit("\r\n\r\n")) < got.len || slice_find(got, lit("\n\n")) < got.len;
}

int imap_message_load(struct imap_session *s, const struct mail_row *r, enum imap_part_need need,
	uint64_t *from_io, struct mime *out)
{
	if (*from_io == 0) {
		buf_reset(&s->block);
		s->block.max = (size_t)r->size;
	}
	while (*from_io < r->size && !(need == MSG_HEAD && head_is_there(buf_slice(&s->block)))) {
		size_t before = s->block.len;
		int rc = mail_read(s->mail, s->sel.box, r, *from_io, PIECE, &s->block);

		if (rc < 0)
			return rc;
		if (s->block.bad || s->block.len == before)
			return KERR_DAMAGED;
		*from_io += s->block.len - before;
	}
	arena_reset(&s->message_arena);
	mime_parse(out, buf_slice(&s->block), &s->message_arena);
	return 0;
}

void imap_message_drop(struct imap_session *s)
{
	arena_reset(&s->message_arena);
	buf_reset(&s->block);
	buf_trim(&s->block, KEEP);
}
