/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items of STATUS, which LIST may ask for too.  RFC 5819 */
#ifndef PROTO_IMAP_IMAP_STATUS_H
#define PROTO_IMAP_IMAP_STATUS_H

#include "proto/base/scan.h"
#include "proto/mail.h"

struct imap_session;

/* "(MESSAGES UNSEEN)" as a set of items. */
NODISCARD bool imap_read_status_items(struct cursor *c, unsigned *items_out);

/* The untagged STATUS of a mailbox; 0, or KERR_* and nothing was said. */
NODISCARD int imap_say_status(struct imap_session *s, const struct mail_box *box, unsigned items);

#endif
