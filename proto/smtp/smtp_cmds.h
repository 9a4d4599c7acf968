/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command table: name, handler, and what must have come before.  The session looks commands up
 * here and HELP prints it.
 */
#ifndef PROTO_SMTP_SMTP_CMDS_H
#define PROTO_SMTP_SMTP_CMDS_H

#include "proto/smtp/smtp_parse.h"

struct smtp_session;

/* What a handler has done with its command. */
enum smtp_step {
	SMTP_DONE,  /* answered */
	SMTP_WAIT,  /* s->ticket is out, or a question answered KERR_WAIT: call again when woken */
	SMTP_REPLY, /* a challenge is out: call again when the client's line is in s->line */
	SMTP_BLOCK, /* 354 is out: call again when the mail is in s->block */
	SMTP_TLS,   /* answered; TLS begins */
	SMTP_CLOSE, /* answered; the connection ends */
};

typedef enum smtp_step (*smtp_cmd_fn)(struct smtp_session *s, const struct smtp_line *l);

enum smtp_cmd_flags {
	SMTP_BARE = 1,   /* takes no argument */
	SMTP_ARG = 2,    /* needs one */
	SMTP_HELLO = 4,  /* after EHLO or HELO */
	SMTP_LOGIN = 8,  /* after AUTH; RFC 6409 section 4.3 */
	SMTP_SECRET = 16 /* its line is wiped */
};

struct smtp_cmd {
	struct slice verb;
	smtp_cmd_fn fn;
	unsigned char flags;
};

extern const struct smtp_cmd smtp_cmds[];
extern const size_t smtp_n_cmds;

/* The row of a verb, case ignored; NULL when there is none. */
const struct smtp_cmd *smtp_cmd_find(struct slice verb);

/* cmd_auth.c */
enum smtp_step smtp_cmd_auth(struct smtp_session *s, const struct smtp_line *l);
enum smtp_step smtp_cmd_starttls(struct smtp_session *s, const struct smtp_line *l);
/* cmd_data.c */
enum smtp_step smtp_cmd_data(struct smtp_session *s, const struct smtp_line *l);
/* cmd_envelope.c */
enum smtp_step smtp_cmd_mail(struct smtp_session *s, const struct smtp_line *l);
enum smtp_step smtp_cmd_rcpt(struct smtp_session *s, const struct smtp_line *l);
enum smtp_step smtp_cmd_rset(struct smtp_session *s, const struct smtp_line *l);
/* cmd_misc.c */
enum smtp_step smtp_cmd_ehlo(struct smtp_session *s, const struct smtp_line *l);
enum smtp_step smtp_cmd_helo(struct smtp_session *s, const struct smtp_line *l);
enum smtp_step smtp_cmd_help(struct smtp_session *s, const struct smtp_line *l);
enum smtp_step smtp_cmd_noop(struct smtp_session *s, const struct smtp_line *l);
enum smtp_step smtp_cmd_quit(struct smtp_session *s, const struct smtp_line *l);
enum smtp_step smtp_cmd_vrfy(struct smtp_session *s, const struct smtp_line *l);

#endif
