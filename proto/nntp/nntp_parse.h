/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One command line into words; and the arguments that several commands share.  RFC 3977 section 3.1
 */
#ifndef PROTO_NNTP_NNTP_PARSE_H
#define PROTO_NNTP_NNTP_PARSE_H

#include <stdint.h>

#include "proto/base/scan.h"
#include "proto/nntp/nntp.h"

struct nntp_args {
	struct slice line; /* without CRLF */
	struct slice verb; /* first word, as sent; empty for an empty line */
	struct slice v[NNTP_ARGS_MAX];
	unsigned n;
	const char *why; /* after SCAN_BAD */
	bool fatal;      /* after SCAN_BAD: nobody knows where the next command begins */
};

/*
 * Take one command line from the front of `in`.
 *
 * in        bytes not yet used; may stop anywhere, even between CR and LF
 * used_out  bytes to drop from the front, set for every result
 * a         the words; borrowed from `in`
 *
 * SCAN_OK    *a is set
 * SCAN_MORE  the line is not complete; nothing is used, come again with more behind it
 * SCAN_BAD   a->why names the fault; used_out is past the line unless a->fatal
 *
 * Words are UTF-8, the verb is ASCII; control bytes, NUL, bare CR and bare LF break the grammar,
 * and so does a line of more than NNTP_LINE_MAX bytes.
 */
NODISCARD enum scan nntp_take(struct slice in, size_t *used_out, struct nntp_args *a);

/* Move the words to a copy of their line: `line` is what a->line was copied to. */
void nntp_args_move(struct nntp_args *a, const char *line);

enum {
	NNTP_NUM_MAX = 2147483647, /* RFC 3977 section 6 */
};

/* Articles lo..hi; none when lo > hi. */
struct nntp_range {
	uint32_t lo, hi;
};

/*
 * "n", and "n-", "n-m" where `dash` allows it.  Numbers over NNTP_NUM_MAX are well-formed, but name
 * no article.  RFC 3977 section 6.1.2, 9.8
 */
NODISCARD bool nntp_range_parse(struct slice s, bool dash, struct nntp_range *out);

/* A header name, or a metadata name with its colon.  RFC 3977 section 8.5.2, 9.8 */
NODISCARD bool nntp_field_valid(struct slice s);

/* 3 or more letters, digits, dots and dashes, a letter first.  RFC 3977 section 9.8 */
NODISCARD bool nntp_keyword_valid(struct slice s);

#endif
