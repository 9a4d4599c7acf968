/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of one message and its parts, for FETCH and SEARCH; they stand in s->block. */
#ifndef PROTO_IMAP_IMAP_MESSAGE_H
#define PROTO_IMAP_IMAP_MESSAGE_H

#include "proto/mail.h"
#include "proto/msg/mime.h"

struct imap_session;

/* How much of a message is needed. */
enum imap_part_need { MSG_NONE, MSG_HEAD, MSG_WHOLE };

/*
 * Read a message, at least its head, into s->block, and find its parts.  Called again after
 * KERR_WAIT it goes on; *from_io is 0 at first.  The tree lives until the next message.
 */
NODISCARD int imap_message_load(struct imap_session *s, const struct mail_row *r,
	enum imap_part_need need, uint64_t *from_io, struct mime *out);

/* Give the memory back. */
void imap_message_drop(struct imap_session *s);

#endif
