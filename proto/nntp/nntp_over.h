/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Overview lines, both ways.  RFC 3977 section 8.3, 8.4 */
#ifndef PROTO_NNTP_NNTP_OVER_H
#define PROTO_NNTP_NNTP_OVER_H

#include "proto/forum.h"

/* The fields of struct forum_over.fields, in order. */
enum nntp_over_field {
	OVER_SUBJECT,
	OVER_FROM,
	OVER_DATE,
	OVER_MESSAGE_ID,
	OVER_REFERENCES,
	OVER_N_FIELDS,
};

/* One of them; empty when it is not there. */
struct slice nntp_over_get(struct slice fields, enum nntp_over_field f);

/* The place of a header in the overview, case ignored; OVER_N_FIELDS when it has none. */
enum nntp_over_field nntp_over_find(struct slice name);

/* Octets of the article as ARTICLE sends it: with its Xref.  RFC 3977 section 8.1.1 */
uint64_t nntp_over_bytes(const struct forum_over *o);

/* Append the line of one article with its CRLF. */
void nntp_over_add(struct buf *b, const struct forum_over *o);

/* Append what LIST OVERVIEW.FMT says.  RFC 3977 section 8.4.2 */
void nntp_over_add_fmt(struct buf *b);

/* A line that another server sent: the number, and the rest.  Other fields are ignored. */
NODISCARD bool nntp_over_parse(struct slice line, struct forum_over *out);

#endif
