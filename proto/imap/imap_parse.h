/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands of an IMAP client: taken whole from bytes that arrive in pieces, with the literals in
 * their place, so that arguments are read from one run of bytes (imap_args.h).
 *
 * The literal of a message is not kept.  The command is given out when it is announced, the session
 * takes the literal's bytes as they come, and what stands behind it is given out as a part.
 */
#ifndef PROTO_IMAP_IMAP_PARSE_H
#define PROTO_IMAP_IMAP_PARSE_H

#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/scan.h"

enum {
	IMAP_MAX_TAG = 64,
	IMAP_MAX_LITERALS = 1000, /* of one command */
};

struct imap_limits {
	size_t max_command; /* bytes of a command, kept literals included */
	size_t max_literal; /* of a literal that is kept */
	unsigned max_depth; /* parentheses within each other */
	bool streams;       /* APPEND may announce a message */
};

extern const struct imap_limits imap_limits_stranger; /* before login */
extern const struct imap_limits imap_limits_login;

struct imap_line {
	struct slice tag;  /* empty when the command has none that could be read */
	struct slice name; /* "FETCH", in the client's spelling */
	bool uid;          /* UID stood before it */
	struct slice args; /* behind the blank that follows the name */
	bool part;         /* goes on behind a message literal; only args is set */
	bool streams;      /* a message literal was announced where args ends */
	uint32_t literal_len;
	bool literal8; /* it was announced with "~".  RFC 3516 section 4.3 */
	bool sync;     /* the client waits for "+" before it sends it */
};

enum imap_state {
	IMAP_IN_LINE,
	IMAP_IN_LITERAL, /* kept or dropped */
	IMAP_IN_STREAM,  /* handed out by imap_literal_take */
};

struct imap_parser {
	const struct imap_limits *limits; /* may be exchanged between commands */
	struct buf buf;
	size_t line_at; /* in buf: where the line being read begins, behind the last literal */
	enum imap_state state;
	uint32_t literal_left;
	unsigned depth, n_literals;
	unsigned go_aheads; /* how many "+" the session owes before it answers; it clears this */
	bool drop;          /* a refused command: nothing is kept until it ends */
	bool given;         /* buf holds what the last call gave out */
	bool fatal;         /* where the next command begins is unknown: answer and close */
	const char *fault;  /* found in the middle, told at the end of the command */
	const char *why;    /* reason of SCAN_BAD: lower case, plain ASCII */
	struct imap_line line;
};

void imap_parser_init(struct imap_parser *p, const struct imap_limits *limits);
void imap_parser_fini(struct imap_parser *p);

/*
 * Take one command, literals included, from the front of `in`.
 *
 * in        bytes not yet used; may stop anywhere, even between CR and LF
 * used_out  bytes to drop from the front, set for every result
 * line_out  the command; borrowed from `p` until the next call, set for SCAN_BAD too (its tag)
 *
 * SCAN_OK    *line_out is set
 * SCAN_MORE  all of `in` is used; come again with what arrives next
 * SCAN_BAD   p->why names the fault; used_out is past the line, so BAD can be answered
 *
 * Memory: at most limits->max_command bytes.  RFC 9051 section 2.2, 4.3; RFC 7888
 */
NODISCARD enum scan imap_take(struct imap_parser *p, struct slice in, size_t *used_out,
	const struct imap_line **line_out);

/*
 * The next bytes of an announced message literal, from the front of `in`; true with its last.
 * Then imap_take gives out the rest of the command.
 */
NODISCARD bool imap_literal_take(
	struct imap_parser *p, struct slice in, size_t *used_out, struct slice *piece_out);

/*
 * The command was answered NO or BAD instead.  A client that waits will not send the literal;
 * what one that does not wait has sent is dropped by the next imap_take.
 */
void imap_literal_refuse(struct imap_parser *p);

/* One line that is no command: an answer of SASL, DONE.  *text_out is without its CRLF. */
NODISCARD enum scan imap_take_text(
	struct imap_parser *p, struct slice in, size_t *used_out, struct slice *text_out);

#endif
