/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command table: name, handler, arity, states and flags of each command, checked before the
 * handler runs; and the word of CAPABILITY that announces it.
 */
#ifndef PROTO_IMAP_IMAP_CMDS_H
#define PROTO_IMAP_IMAP_CMDS_H

#include "proto/imap/imap_args.h"
#include "proto/imap/imap_parse.h"

struct imap_session;

/* What a handler has done with its command. */
enum cmd_step {
	CMD_DONE,  /* answered: the tagged answer is in s->reply, and said after updates */
	CMD_MORE,  /* output is full: call again after the drain; the place is in s->cur */
	CMD_WAIT,  /* s->ticket is out, or a read answered KERR_WAIT: call again when woken */
	CMD_TEXT,  /* another line comes first (s->text), or news (IDLE) */
	CMD_DATA,  /* the message literal comes first (s->block) */
	CMD_TLS,   /* answered; TLS begins */
	CMD_CLOSE, /* answered; the connection ends */
};

typedef enum cmd_step (*imap_cmd_fn)(struct imap_session *s, const struct imap_line *a);

/* RFC 3501 section 3 */
enum imap_states {
	ST_STRANGER = 1, /* not authenticated */
	ST_LOGIN = 2,    /* authenticated, nothing selected */
	ST_SELECTED = 4,
	ST_PERSON = ST_LOGIN | ST_SELECTED,
	ST_ANY = ST_STRANGER | ST_PERSON,
};

enum imap_cmd_flags {
	CMD_WRITES = 1,  /* needs a mailbox that was selected for writing */
	CMD_SYNCS = 2,   /* updates are told before its answer */
	CMD_NO_GONE = 4, /* ... but no EXPUNGE.  RFC 3501 section 7.4.1 */
	CMD_UID = 8,     /* the form with UID in front */
};

struct imap_cmd {
	struct slice name;
	imap_cmd_fn fn;

	enum imap_arity { ARGS_NONE, ARGS_MAY, ARGS_MUST } args;

	unsigned char states, flags;
	const char *capability; /* NULL: of IMAP4rev1 */
};

extern const struct imap_cmd imap_cmds[];
extern const size_t imap_n_cmds;

/* The row of a command, case ignored; NULL: there is none. */
const struct imap_cmd *imap_cmd_find(struct slice name, bool uid);

/* cmd_append.c */
enum cmd_step imap_cmd_append(struct imap_session *s, const struct imap_line *a);
/* cmd_copy.c */
enum cmd_step imap_cmd_copy(struct imap_session *s, const struct imap_line *a);
enum cmd_step imap_cmd_move(struct imap_session *s, const struct imap_line *a);
/* cmd_expunge.c */
enum cmd_step imap_cmd_close(struct imap_session *s, const struct imap_line *a);
enum cmd_step imap_cmd_expunge(struct imap_session *s, const struct imap_line *a);
/* cmd_fetch.c */
enum cmd_step imap_cmd_fetch(struct imap_session *s, const struct imap_line *a);
/* cmd_idle.c */
enum cmd_step imap_cmd_idle(struct imap_session *s, const struct imap_line *a);
/* cmd_list.c */
enum cmd_step imap_cmd_list(struct imap_session *s, const struct imap_line *a);
enum cmd_step imap_cmd_lsub(struct imap_session *s, const struct imap_line *a);
/* cmd_login.c */
enum cmd_step imap_cmd_authenticate(struct imap_session *s, const struct imap_line *a);
enum cmd_step imap_cmd_login(struct imap_session *s, const struct imap_line *a);
enum cmd_step imap_cmd_starttls(struct imap_session *s, const struct imap_line *a);
/* cmd_manage.c */
enum cmd_step imap_cmd_create(struct imap_session *s, const struct imap_line *a);
enum cmd_step imap_cmd_delete(struct imap_session *s, const struct imap_line *a);
enum cmd_step imap_cmd_rename(struct imap_session *s, const struct imap_line *a);
/* cmd_misc.c */
enum cmd_step imap_cmd_capability(struct imap_session *s, const struct imap_line *a);
enum cmd_step imap_cmd_enable(struct imap_session *s, const struct imap_line *a);
enum cmd_step imap_cmd_id(struct imap_session *s, const struct imap_line *a);
enum cmd_step imap_cmd_logout(struct imap_session *s, const struct imap_line *a);
enum cmd_step imap_cmd_namespace(struct imap_session *s, const struct imap_line *a);
enum cmd_step imap_cmd_noop(struct imap_session *s, const struct imap_line *a);
/* cmd_search.c */
enum cmd_step imap_cmd_search(struct imap_session *s, const struct imap_line *a);
/* cmd_select.c */
enum cmd_step imap_cmd_examine(struct imap_session *s, const struct imap_line *a);
enum cmd_step imap_cmd_select(struct imap_session *s, const struct imap_line *a);
enum cmd_step imap_cmd_unselect(struct imap_session *s, const struct imap_line *a);
/* cmd_status.c */
enum cmd_step imap_cmd_status(struct imap_session *s, const struct imap_line *a);
/* cmd_store.c */
enum cmd_step imap_cmd_store(struct imap_session *s, const struct imap_line *a);
/* cmd_subscribe.c */
enum cmd_step imap_cmd_subscribe(struct imap_session *s, const struct imap_line *a);
enum cmd_step imap_cmd_unsubscribe(struct imap_session *s, const struct imap_line *a);

#endif
