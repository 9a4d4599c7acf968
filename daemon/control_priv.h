/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the control socket share: a request, the command table, argument readers. */
#ifndef DAEMON_CONTROL_PRIV_H
#define DAEMON_CONTROL_PRIV_H

#include <jansson.h>

#include "daemon/control.h"
#include "daemon/daemon.h"
#include "proto/base/buf.h"
#include "proto/base/coll.h"

struct control_conn;
struct control_cmd;

/* One request, from its line to its last answer line. */
struct control_req {
	struct list node; /* in its connection, oldest first */
	struct daemon *d;
	struct control_conn *conn; /* NULL: it is gone, the answer goes nowhere */
	const struct control_cmd *cmd;
	json_t *root;                   /* the whole request; owns args */
	json_t *args;                   /* an object, or NULL */
	json_t *result;                 /* goes into the last line beside "ok" */
	const char *what;               /* the name in question, for a message; in args, or NULL */
	struct err err;                 /* why, for the last line */
	char actor[32];                 /* for audit and log */
	char after[STORE_NAME_MAX + 1]; /* where a listing goes on */
	uint32_t after_id;
	void *work; /* of the handler; freed with the request */
	size_t work_size;
	struct buf out; /* answer lines not yet sent */
	bool paused;    /* CONTROL_MORE: waits until its rows are sent */
	bool done;
};

/* What a handler says besides 0 (done) and KERR_* (failed; KERR_WAIT: call me again soon). */
enum control_step {
	CONTROL_MORE = 1, /* rows were added; call me again when they are sent */
	CONTROL_OUT = 2,  /* the answer comes by control_finish */
};

enum control_flags {
	CONTROL_PARALLEL = 1, /* requests of this command in a row may run at the same time */
	CONTROL_QUIET = 2,    /* changes nothing: logged at debug level */
};

struct control_cmd {
	const char *name;
	int (*run)(struct control_req *r);
	enum control_flags flags;
};

extern const struct control_cmd control_cmds[];
extern const size_t control_n_cmds;

/* Add an answer line; takes the reference. */
void control_row_take(struct control_req *r, json_t *row);

/* End a request that answered CONTROL_OUT; frees it. */
void control_finish(struct control_req *r, int rc);

/* r->work: zeroed, once per request; wiped and freed with it. */
void *control_work(struct control_req *r, size_t size);

/* A store_call whose answer ends the request (and sets result.id when a new thing got one). */
struct store_call control_call(struct control_req *r);

/* ---- arguments: KERR_INVALID, with r->err, when one is missing or not what it must be ---- */

/* A text of 1 to max bytes without control characters. */
NODISCARD int control_arg(struct control_req *r, const char *key, size_t max, const char **out);
/* The same, or `def` when it is not there; may be empty. */
NODISCARD int control_arg_or(
	struct control_req *r, const char *key, size_t max, const char *def, const char **out);
/* The index of a text in names, or `def` when it is not there (def < 0: it must be). */
NODISCARD int control_arg_choice(struct control_req *r, const char *key, const char *const *names,
	size_t n, int def, int *out);
NODISCARD int control_arg_bool(struct control_req *r, const char *key, bool def, bool *out);
NODISCARD int control_arg_number(struct control_req *r, const char *key, int64_t min, int64_t max,
	int64_t def, int64_t *out);
/* Copy a text that fits (the callers' limits say so). */
void control_copy(char *dst, size_t size, const char *src);

/* Names of the enums of storage/store.h, by value; "" is no choice. */
extern const char *const control_kinds[];
extern const char *const control_classes[];
extern const char *const control_postings[];
extern const char *const control_replies[];
extern const char *const control_roles[];
extern const char *const control_states[];

enum {
	CONTROL_N_KINDS = 4,
	CONTROL_N_CLASSES = 3,
	CONTROL_N_POSTINGS = 3,
	CONTROL_N_REPLIES = 2,
	CONTROL_N_ROLES = 5
};

/* Look up what `key` names; KERR_NOTFOUND and KERR_INVALID fill r->err. */
NODISCARD int control_find_account(
	struct control_req *r, struct view *v, const char *key, struct account *out);
NODISCARD int control_find_group(
	struct control_req *r, struct view *v, const char *key, struct group_rec *out);

json_t *control_time(int64_t at); /* "2026-11-23T13:59:11Z" */

/* ---- handlers ---- */

int control_status(struct control_req *r);
int control_conf(struct control_req *r);
int control_check(struct control_req *r);
int control_user_add(struct control_req *r);
int control_user_list(struct control_req *r);
int control_user_show(struct control_req *r);
int control_user_passwd(struct control_req *r);
int control_user_disable(struct control_req *r);
int control_user_enable(struct control_req *r);
int control_group_add(struct control_req *r);
int control_group_list(struct control_req *r);
int control_group_set(struct control_req *r);
int control_group_show(struct control_req *r);
int control_member_add(struct control_req *r);
int control_member_list(struct control_req *r);
int control_member_remove(struct control_req *r);
int control_peer_add(struct control_req *r);
int control_peer_list(struct control_req *r);
int control_peer_status(struct control_req *r);
int control_peer_remove(struct control_req *r);
int control_peer_pause(struct control_req *r);
int control_peer_resume(struct control_req *r);
/* Of a peer that is no transit peer: a daemon of the federation. */
int control_fed_pause(struct control_req *r, bool paused);
/* peer.status: its rows behind those of transit peers. */
int control_fed_status(struct control_req *r);
int control_peer_clear_alarms(struct control_req *r);
int control_peer_block(struct control_req *r);
int control_peer_unblock(struct control_req *r);
int control_peer_invite(struct control_req *r);
int control_peer_accept(struct control_req *r);
int control_peer_numbers(struct control_req *r);
int control_peer_confirm(struct control_req *r);
int control_federation_check(struct control_req *r);
int control_federation_found(struct control_req *r);
int control_federation_show(struct control_req *r);
int control_federation_rotate_key(struct control_req *r);
int control_federation_revoke_key(struct control_req *r);
int control_federation_address(struct control_req *r);
int control_group_share(struct control_req *r);
int control_group_invite(struct control_req *r);
int control_group_remove_member(struct control_req *r);
int control_group_moderator(struct control_req *r);
int control_group_confirm_entries(struct control_req *r);
int control_group_ban(struct control_req *r);
int control_group_freeze(struct control_req *r);
int control_federation_suspend(struct control_req *r);
int control_federation_resume(struct control_req *r);
int control_federation_gone(struct control_req *r);
int control_federation_admin(struct control_req *r);
int control_federation_quorum(struct control_req *r);
int control_federation_settle(struct control_req *r);
int control_federation_settle_own(struct control_req *r);
int control_federation_drafts(struct control_req *r);
int control_federation_draft_show(struct control_req *r);
int control_federation_draft_add(struct control_req *r);
int control_federation_draft_sign(struct control_req *r);
int control_federation_draft_drop(struct control_req *r);
int control_federation_draft_resume(struct control_req *r);
int control_group_deputy(struct control_req *r);
int control_group_owner(struct control_req *r);
int control_group_quorum(struct control_req *r);
int control_group_people(struct control_req *r);
int control_group_requests(struct control_req *r);
int control_group_grant(struct control_req *r);
int control_group_refuse(struct control_req *r);
int control_group_settle(struct control_req *r);

#endif
