/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SEARCH by sets of numbers, where no message has to be looked at. */
#ifndef PROTO_IMAP_IMAP_SEARCH_SETS_H
#define PROTO_IMAP_IMAP_SEARCH_SETS_H

#include "proto/imap/imap_search.h"
#include "proto/mail.h"

struct imap_session;

/* Does the program ask for flags, keywords and numbers alone? */
bool imap_search_is_sets(const struct imap_search *q);

/*
 * Run such a program, resolved, on the selected mailbox.  *found_out: the numbers of what is found,
 * in ranges without holes; its memory is replaced.  0, KERR_WAIT (ask again when woken), KERR_*.
 */
NODISCARD int imap_search_sets(
	struct imap_session *s, const struct imap_search *q, struct mail_ranges *found_out);

#endif
