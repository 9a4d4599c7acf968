/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of the server's conversation: its state, and what the command handlers share.
 * Only files of this folder include it; smtp.h is the outside.
 */
#ifndef PROTO_SMTP_SMTP_SESSION_H
#define PROTO_SMTP_SMTP_SESSION_H

#include "proto/base/coll.h"
#include "proto/base/talk.h"
#include "proto/msg/dot.h"
#include "proto/smtp/smtp_cmds.h"

enum smtp_state {
	SMTP_ST_COMMAND, /* between two commands */
	SMTP_ST_REPLY,   /* reading the client's line to a challenge of s->cmd */
	SMTP_ST_BLOCK,   /* reading the mail */
	SMTP_ST_RUN,     /* s->cmd is to be called again */
};

/* The mail under way: begun by MAIL, ended by its DATA, RSET, EHLO. */
struct smtp_mail {
	bool begun;
	bool utf8;         /* SMTPUTF8 */
	struct buf sender; /* its address; empty: null */
	struct vec rcpts;  /* struct forum_rcpt, different ones */
};

struct smtp_session {
	struct talk talk; /* closing: now, the last answer is out */
	struct forum *forum;
	struct smtp_opts opts;
	struct smtp_stats *stats, own_stats;
	enum smtp_state state;
	bool tls;
	bool hello; /* EHLO or HELO has come */
	unsigned n_errors;

	const struct smtp_cmd *cmd;
	unsigned phase;         /* of the command under way; 0 when one begins */
	struct smtp_line parts; /* borrows from line */
	struct buf line;

	struct ticket ticket;
	int result;     /* its answer */
	struct buf why; /* ... for people, ASCII */

	struct buf user; /* of AUTH LOGIN */
	struct smtp_mail mail;
	struct dot_in dot;
	struct buf block;
	bool no_room;          /* the mail was dropped: memory was full */
	const char *block_why; /* the mail must be refused; NULL: well-formed */
};

TALK_FIRST(struct smtp_session);

/* ---- answers ---- */

/* One line; CRLF is added.  Lines that begin with 4 or 5 count as errors. */
void smtp_say(struct smtp_session *s, struct slice line);
void smtp_sayf(struct smtp_session *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Say a line and be done. */
enum smtp_step smtp_done(struct smtp_session *s, struct slice line);

/* Text that may come from outside, for s->why: what is not printable ASCII becomes "?". */
void smtp_set_why(struct smtp_session *s, struct slice text);

/* ---- shared ---- */

/* May a password be sent as the connection is now? */
bool smtp_login_usable(const struct smtp_session *s);

/* Forget the mail under way. */
void smtp_mail_end(struct smtp_session *s);

/* forum_done_fn that keeps the answer in s->result and s->why. */
void smtp_on_done(void *arg, const struct forum_result *r);

#endif
