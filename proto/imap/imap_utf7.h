/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mailbox names: modified UTF-7 <-> UTF-8.  RFC 3501 section 5.1.3 */
#ifndef PROTO_IMAP_IMAP_UTF7_H
#define PROTO_IMAP_IMAP_UTF7_H

#include "proto/base/buf.h"

/* Append the name; it is valid UTF-8. */
void imap_utf7_add(struct buf *b, struct slice name);

/*
 * Append the UTF-8 of a name that a client sent.  Each name has one spelling: another one, and
 * control characters, are refused (false; what was appended is then of no use).
 */
NODISCARD bool imap_utf7_decode(struct buf *b, struct slice in);

#endif
