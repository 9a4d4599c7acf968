/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ENVELOPE, written and read.  RFC 3501 section 7.4.2, RFC 9051 section 7.5.2 */
#ifndef PROTO_IMAP_IMAP_ENVELOPE_H
#define PROTO_IMAP_IMAP_ENVELOPE_H

#include "proto/base/buf.h"
#include "proto/base/mem.h"

/* Its fields in their order. */
enum imap_env {
	ENV_DATE,
	ENV_SUBJECT,
	ENV_FROM,
	ENV_SENDER,
	ENV_REPLY_TO,
	ENV_TO,
	ENV_CC,
	ENV_BCC,
	ENV_IN_REPLY_TO,
	ENV_MESSAGE_ID,
	IMAP_ENV_N,
};

/*
 * The ENVELOPE of a message, from its head.  Addresses that break the grammar are shown as far as
 * they were understood; the arena is for names.
 */
void imap_add_envelope(struct buf *b, struct slice head, struct arena *ar);

/*
 * Append a field of what imap_add_envelope wrote: a text as it stands in the head, folds undone;
 * addresses as "Anna <anna@example.org> Group: <bert@example.org> ".  false: it is NIL.
 */
NODISCARD bool imap_envelope_get(struct slice envelope, enum imap_env field, struct buf *b);

#endif
