/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The mailbox as a client has been told it is: which numbers (UIDs) stand at which sequence
 * numbers.
 *
 * Kept as the gaps in 1..next-1, so it costs what was removed, not what is there.  Sequence number
 * <-> UID is one binary search.  RFC 3501 section 2.3.1
 */
#ifndef PROTO_IMAP_IMAP_VIEW_H
#define PROTO_IMAP_IMAP_VIEW_H

#include "proto/mail.h"

/* Numbers that are not there; `before` of the numbers below `first` are not there either. */
struct imap_gap {
	uint32_t first, last, before;
};

struct imap_view {
	struct imap_gap *gaps; /* ascending, not touching */
	size_t n, cap;
	uint32_t next;  /* UIDNEXT */
	uint32_t count; /* messages */
};

void imap_view_init(struct imap_view *v);
void imap_view_fini(struct imap_view *v);

/* What a mailbox with these marks and absent numbers looks like. */
void imap_view_set(
	struct imap_view *v, uint32_t low, uint32_t next, const struct mail_ranges *absent);

/* Move src to dst; src is empty afterwards. */
void imap_view_move(struct imap_view *dst, struct imap_view *src);

/*
 * Let the numbers below old->next be as they are in `old`, and those from there on as they are in
 * v: what is new has come, what is gone has not been told yet.
 */
void imap_view_keep_old(struct imap_view *v, const struct imap_view *old);

/* How many messages have a number <= num. */
uint32_t imap_view_upto(const struct imap_view *v, uint32_t num);

/* The number at sequence number seq in 1..count. */
uint32_t imap_view_num(const struct imap_view *v, uint32_t seq);

/* The sequence number of a message; 0: it is not in the view. */
uint32_t imap_view_seq(const struct imap_view *v, uint32_t num);

#endif
