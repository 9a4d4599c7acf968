/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command table: name, handler, arity and flags of each command.  The session looks commands up
 * here, HELP prints it, CAPABILITIES takes the LIST keywords from it.
 */
#ifndef PROTO_NNTP_NNTP_CMDS_H
#define PROTO_NNTP_NNTP_CMDS_H

#include "proto/nntp/nntp_parse.h"

struct nntp_session;

/* What a handler has done with its command. */
enum cmd_step {
	CMD_DONE,  /* answered */
	CMD_MORE,  /* output is full: call again after the drain; the place is in s->cur */
	CMD_WAIT,  /* s->ticket is out, or a read answered KERR_WAIT: call again when woken */
	CMD_BLOCK, /* a block comes next: call again when it is in s->block */
	CMD_TLS,   /* answered; TLS begins */
	CMD_CLOSE, /* answered; the connection ends */
};

typedef enum cmd_step (*nntp_cmd_fn)(struct nntp_session *s, const struct nntp_args *a);

enum nntp_cmd_flags {
	CMD_STREAMS = 1, /* may be read while answers to TAKETHIS are awaited */
	CMD_LISTED = 2,  /* a keyword of the LIST capability */
	CMD_SECRET = 4,  /* its arguments are wiped */
};

struct nntp_cmd {
	struct slice verb;
	struct slice variant; /* second keyword; empty when there is none */
	nntp_cmd_fn fn;
	unsigned char min, max; /* arguments behind the keywords */
	unsigned char flags;
	const char *args; /* for HELP */
};

extern const struct nntp_cmd nntp_cmds[];
extern const size_t nntp_n_cmds;

/*
 * The row of a command, case ignored; a variant's keyword is taken out of *a.
 * NULL: *code_out is 500 (unknown) or 501 (known, but not this variant).  RFC 3977 section 3.2.1
 */
const struct nntp_cmd *nntp_cmd_find(struct nntp_args *a, int *code_out);

/* cmd_article.c */
enum cmd_step nntp_cmd_article(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_body(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_head(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_stat(struct nntp_session *s, const struct nntp_args *a);
/* cmd_auth.c */
enum cmd_step nntp_cmd_auth_pass(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_auth_user(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_starttls(struct nntp_session *s, const struct nntp_args *a);
/* cmd_group.c */
enum cmd_step nntp_cmd_group(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_last(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_listgroup(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_next(struct nntp_session *s, const struct nntp_args *a);
/* cmd_list.c */
enum cmd_step nntp_cmd_list_active(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_list_counts(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_list_headers(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_list_newsgroups(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_list_none(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_list_overview_fmt(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_list_times(struct nntp_session *s, const struct nntp_args *a);
/* cmd_misc.c */
enum cmd_step nntp_cmd_capabilities(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_date(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_help(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_mode_reader(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_quit(struct nntp_session *s, const struct nntp_args *a);
/* cmd_new.c */
enum cmd_step nntp_cmd_newgroups(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_newnews(struct nntp_session *s, const struct nntp_args *a);
/* cmd_over.c */
enum cmd_step nntp_cmd_hdr(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_over(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_xhdr(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_xover(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_xpat(struct nntp_session *s, const struct nntp_args *a);
/* cmd_post.c */
enum cmd_step nntp_cmd_ihave(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_post(struct nntp_session *s, const struct nntp_args *a);
/* cmd_stream.c */
enum cmd_step nntp_cmd_check(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_mode_stream(struct nntp_session *s, const struct nntp_args *a);
enum cmd_step nntp_cmd_takethis(struct nntp_session *s, const struct nntp_args *a);

#endif
