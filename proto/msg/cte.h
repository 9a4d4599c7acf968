/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Content-transfer encodings, undone piece by piece: the bytes are the same wherever the input is
 * cut, and there are never more of them than went in.  RFC 2045 section 6
 */
#ifndef PROTO_MSG_CTE_H
#define PROTO_MSG_CTE_H

#include <stdint.h>

#include "proto/base/buf.h"

enum cte_kind {
	CTE_IDENTITY, /* 7bit, 8bit, binary, and where nothing is said */
	CTE_BASE64,
	CTE_QP,
	CTE_UNKNOWN, /* cannot be undone; passed on as it is */
};

enum { CTE_MAX_BLANKS = 80 }; /* of a line's end that quoted-printable drops */

struct cte {
	enum cte_kind kind;
	bool bad;      /* something was no base64 or quoted-printable, and was passed over or on */
	uint32_t bits; /* base64: what was taken of a group of four */
	unsigned n;    /* base64: how many of it; quoted-printable: bytes in held */
	bool end;      /* base64: the padding was seen */
	char held[CTE_MAX_BLANKS]; /* quoted-printable: "=..." or blanks, not yet decided */
};

/* The encoding that a Content-Transfer-Encoding token names; an empty one is the identity. */
enum cte_kind cte_kind_of(struct slice token);

void cte_init(struct cte *c, enum cte_kind kind);

/* Append what `in` decodes to; what is not yet decided is kept in *c. */
void cte_push(struct cte *c, struct slice in, struct buf *out);

/* The end of the body: append what was kept. */
void cte_end(struct cte *c, struct buf *out);

#endif
