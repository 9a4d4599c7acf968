/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dot-stuffing both ways.  This is the one place that reads and the one that writes it.
 *
 * A block ends at CRLF.CRLF and nowhere else (or at .CRLF as its very first line): bare CR and
 * bare LF are noted, never taken for line ends.  RFC 3977 section 3.1.1; RFC 5321 section 4.5.2
 */
#ifndef PROTO_MSG_DOT_H
#define PROTO_MSG_DOT_H

#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/scan.h"

enum dot_state {
	DOT_LINE,   /* at the beginning of a line */
	DOT_MID,    /* in a line */
	DOT_CR,     /* behind a CR */
	DOT_DOT,    /* behind the dot that begins a line; the dot is held back */
	DOT_DOT_CR, /* behind a line's dot and CR; both are held back */
};

/* An incoming block. */
struct dot_in {
	struct buf *out; /* the caller's; gets the bytes with stuffing removed */
	size_t max;      /* bytes kept */
	uint64_t hard;   /* bytes read before the block is given up */
	uint64_t n_read;
	enum dot_state state;
	bool bare_cr, bare_lf, nul; /* seen; the block must be refused at its end */
	bool too_big;               /* more than max bytes: `out` holds none, reading goes on */
};

/*
 * Begin a block.  A block of more than max bytes is read to its end, so that the conversation
 * stays in step, but no further than hard bytes.
 */
void dot_in_begin(struct dot_in *d, struct buf *out, size_t max, uint64_t hard);

/*
 * Read on.
 *
 * SCAN_OK    the block has ended; *used_out is behind its last byte; look at the flags
 * SCAN_MORE  all of `in` is used
 * SCAN_BAD   more than hard bytes: close the connection
 */
NODISCARD enum scan dot_in_feed(struct dot_in *d, struct slice in, size_t *used_out);

/* Why the finished block must be refused; NULL when it is well-formed. */
const char *dot_in_why(const struct dot_in *d);

/* An outgoing block; {0} begins one. */
struct dot_out {
	bool mid;  /* the last byte was no LF: a dot that follows begins no line */
	bool open; /* the last two bytes were no CRLF: the end must add it */
	bool cr;   /* the last byte was CR */
};

/* Append the next piece of a block with dots stuffed; pieces may be cut anywhere. */
void dot_add(struct dot_out *d, struct buf *out, struct slice piece);

/* Append what is missing to CRLF, then ".CRLF"; d is as new afterwards. */
void dot_end(struct dot_out *d, struct buf *out);

#endif
