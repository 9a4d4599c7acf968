/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines, the paths of MAIL and RCPT, their parameters.  RFC 5321 section 4.1 */
#ifndef PROTO_SMTP_SMTP_PARSE_H
#define PROTO_SMTP_SMTP_PARSE_H

#include <stdint.h>

#include "proto/base/scan.h"
#include "proto/smtp/smtp.h"

enum { SMTP_PATH_MAX = 254 }; /* bytes of an address; RFC 5321 section 4.5.3.1.3 */

struct smtp_line {
	struct slice line; /* without CRLF */
	struct slice verb; /* first word, as sent; empty for an empty line */
	struct slice arg;  /* the rest, outer blanks cut */
	const char *why;   /* after SCAN_BAD */
	bool fatal;        /* after SCAN_BAD: nobody knows where the next command begins */
};

/*
 * Take one line from the front of `in`.
 *
 * in        bytes not yet used; may stop anywhere, even between CR and LF
 * max       longest line with its CRLF; AUTH may be SMTP_AUTH_LINE_MAX in any case
 * used_out  bytes to drop from the front, set for every result
 * l         the parts; borrowed from `in`
 *
 * SCAN_OK    *l is set
 * SCAN_MORE  the line is not complete; nothing is used, come again with more behind it
 * SCAN_BAD   l->why names the fault; used_out is past the line unless l->fatal
 *
 * Lines are UTF-8 and end in CRLF; control bytes, NUL, bare CR and bare LF break the grammar.
 */
NODISCARD enum scan smtp_take(struct slice in, size_t max, size_t *used_out, struct smtp_line *l);

/* Move the parts to a copy of their line: `line` is what l->line was copied to. */
void smtp_line_move(struct smtp_line *l, const char *line);

/* An address of an envelope; quotes are undone.  Both empty: <>. */
struct smtp_path {
	size_t local_len, domain_len;
	char local[SMTP_PATH_MAX];  /* without NUL, control bytes */
	char domain[SMTP_PATH_MAX]; /* empty: <Postmaster>, or <> */
	bool utf8;                  /* not ASCII alone: needs SMTPUTF8.  RFC 6531 section 3.3 */
};

static inline struct slice smtp_path_local(const struct smtp_path *p)
{
	return slice_of(p->local, p->local_len);
}

static inline struct slice smtp_path_domain(const struct smtp_path *p)
{
	return slice_of(p->domain, p->domain_len);
}

/*
 * Take "FROM:<path>" or "TO:<path>" off the front of *arg; `keyword` has the colon.  A source route
 * is read and forgotten (RFC 5321 appendix C), blanks behind the colon are allowed.
 */
NODISCARD bool smtp_path_take(struct slice *arg, struct slice keyword, struct smtp_path *out);

struct smtp_param {
	struct slice key, value; /* value is empty when there is no "=" */
};

/* The next "key" or "key=value"; SCAN_MORE at the end, SCAN_BAD when it is none. */
NODISCARD enum scan smtp_param_next(struct slice *rest, struct smtp_param *out);

#endif
