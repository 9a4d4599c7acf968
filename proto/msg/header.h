/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Header fields: taken one by one, either from bytes that lie in memory (header_next) or from
 * bytes that are pushed as they arrive (header_take).  Both give the same fields and the same
 * reasons, wherever the input was cut.
 *
 * A head is a sequence of fields, each of one or more lines that end in CRLF, up to an empty line
 * or the end of the bytes.  NUL, bare CR and bare LF are refused.  RFC 5322 section 2.2, 2.2.3
 */
#ifndef PROTO_MSG_HEADER_H
#define PROTO_MSG_HEADER_H

#include "proto/base/buf.h"
#include "proto/base/mem.h"
#include "proto/base/scan.h"

/* How much of everything an article may hold; 0 means no limit. */
struct msg_limits {
	size_t max_line;      /* bytes of one line of the head, without its CRLF */
	size_t max_body_line; /* likewise, of the body */
	size_t max_head;      /* bytes of the head, CRLFs counted, without the empty line */
	size_t max_fields;
	size_t max_bytes; /* bytes of the whole article */
};

enum {
	MSG_MAX_LINE = 998,       /* RFC 5322 section 2.1.1 */
	MSG_MAX_HEAD = 64 * 1024, /* of an article on the way */
	MSG_MAX_FIELDS = 200,
	MSG_ROOM_HEAD = 4 * 1024, /* what servers may add on the way: an author has so much less */
	MSG_ROOM_FIELDS = 16,
	MSG_MAX_BYTES = 10 * 1024 * 1024,
};

/* What an author may inject; the line limit holds in the body too. */
extern const struct msg_limits msg_limits_inject;

/* What a peer may relay and what mail may hold: lines of any length in the body. */
extern const struct msg_limits msg_limits_relay;

struct header_field {
	struct slice name;  /* before the colon, at least one byte, printable ASCII */
	struct slice value; /* behind the colon: outer blanks cut, folds kept */
	struct slice raw;   /* the whole field with its last CRLF */
};

/* Fields of a head that lies in memory. */
struct header_walk {
	const struct msg_limits *limits;
	struct slice head; /* may go on behind the empty line */
	size_t at;         /* first byte not yet taken; behind the empty line when all is taken */
	size_t n_fields;
	const char *why; /* reason of SCAN_BAD, NULL before */
};

void header_walk_init(struct header_walk *w, struct slice head, const struct msg_limits *limits);

/*
 * The next field.  SCAN_OK: *f_out is set and borrows from the head.  SCAN_MORE: there is no
 * further field; w->at is where the body begins.  SCAN_BAD: w->why says why.
 */
NODISCARD enum scan header_next(struct header_walk *w, struct header_field *f_out);

/* Fields of a head that arrives in pieces. */
struct header_parser {
	const struct msg_limits *limits;
	struct buf field; /* the field being collected */
	size_t line_at;   /* where its last line begins */
	size_t head_len;  /* bytes of fields taken before this one */
	size_t n_fields;
	bool ended; /* the empty line was taken */
	bool taken; /* field holds what the last call gave out */
	const char *why;
};

void header_init(struct header_parser *p, const struct msg_limits *limits);
void header_fini(struct header_parser *p);

/*
 * Take the next field from the front of `in`.
 *
 * in        bytes not yet used; may stop anywhere
 * used_out  bytes to drop from the front, set for every result
 * f_out     the field; borrowed from p until the next call
 *
 * SCAN_OK    *f_out is set, or p->ended is true: the empty line was taken and the rest is body
 * SCAN_MORE  all of `in` is used; come again with what arrives next
 * SCAN_BAD   p->why names the fault; the parser is of no further use
 *
 * Memory: one field, at most limits->max_head bytes.
 */
NODISCARD enum scan header_take(
	struct header_parser *p, struct slice in, size_t *used_out, struct header_field *f_out);

/* Without the CRLFs of its folds.  The value itself when it has none.  RFC 5322 section 2.2.3 */
struct slice header_unfold(struct slice value, struct arena *ar);

/* Append the value without the CRLFs of its folds; TAB, CR, LF and NUL become blanks. */
void header_add_flat(struct buf *b, struct slice value);

/*
 * The value unfolded, each run of blanks made one space, none at the ends: how signatures see it.
 * out has room for value.len bytes; the length written.
 */
size_t header_collapse(struct slice value, char *out);

#endif
