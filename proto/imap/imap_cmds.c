/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command table and its search.  The session checks states, arity and CMD_WRITES by it. */
#include "proto/imap/imap_cmds.h"

#define W(s)                                                                                       \
	{                                                                                          \
		s, sizeof(s) - 1                                                                   \
	}

/* clang-format off */
const struct imap_cmd imap_cmds[] = {
	/* name            handler                 args       states       flags                                  capability */
	{W("APPEND"),       imap_cmd_append,        ARGS_MUST, ST_PERSON,   CMD_SYNCS,                             NULL},
	{W("AUTHENTICATE"), imap_cmd_authenticate,  ARGS_MUST, ST_STRANGER, 0,                                     NULL},
	{W("CAPABILITY"),   imap_cmd_capability,    ARGS_NONE, ST_ANY,      0,                                     NULL},
	{W("CHECK"),        imap_cmd_noop,          ARGS_NONE, ST_SELECTED, CMD_SYNCS,                             NULL},
	{W("CLOSE"),        imap_cmd_close,         ARGS_NONE, ST_SELECTED, 0,                                     NULL},
	{W("COPY"),         imap_cmd_copy,          ARGS_MUST, ST_SELECTED, CMD_SYNCS,                             NULL},
	{W("COPY"),         imap_cmd_copy,          ARGS_MUST, ST_SELECTED, CMD_SYNCS | CMD_UID,                   NULL},
	{W("CREATE"),       imap_cmd_create,        ARGS_MUST, ST_PERSON,   CMD_SYNCS,                             NULL},
	{W("DELETE"),       imap_cmd_delete,        ARGS_MUST, ST_PERSON,   CMD_SYNCS,                             NULL},
	{W("ENABLE"),       imap_cmd_enable,        ARGS_MUST, ST_PERSON,   0,                                     "ENABLE"},
	{W("EXAMINE"),      imap_cmd_examine,       ARGS_MUST, ST_PERSON,   0,                                     NULL},
	{W("EXPUNGE"),      imap_cmd_expunge,       ARGS_NONE, ST_SELECTED, CMD_WRITES | CMD_SYNCS,                NULL},
	{W("EXPUNGE"),      imap_cmd_expunge,       ARGS_MUST, ST_SELECTED, CMD_WRITES | CMD_SYNCS | CMD_UID,      "UIDPLUS"},
	{W("FETCH"),        imap_cmd_fetch,         ARGS_MUST, ST_SELECTED, CMD_SYNCS | CMD_NO_GONE,               NULL},
	{W("FETCH"),        imap_cmd_fetch,         ARGS_MUST, ST_SELECTED, CMD_SYNCS | CMD_UID,                   NULL},
	{W("ID"),           imap_cmd_id,            ARGS_MUST, ST_ANY,      0,                                     "ID"},
	{W("IDLE"),         imap_cmd_idle,          ARGS_NONE, ST_PERSON,   0,                                     "IDLE"},
	{W("LIST"),         imap_cmd_list,          ARGS_MUST, ST_PERSON,   CMD_SYNCS,                             NULL},
	{W("LOGIN"),        imap_cmd_login,         ARGS_MUST, ST_STRANGER, 0,                                     NULL},
	{W("LOGOUT"),       imap_cmd_logout,        ARGS_NONE, ST_ANY,      0,                                     NULL},
	{W("LSUB"),         imap_cmd_lsub,          ARGS_MUST, ST_PERSON,   CMD_SYNCS,                             NULL},
	{W("MOVE"),         imap_cmd_move,          ARGS_MUST, ST_SELECTED, CMD_WRITES | CMD_SYNCS,                "MOVE"},
	{W("MOVE"),         imap_cmd_move,          ARGS_MUST, ST_SELECTED, CMD_WRITES | CMD_SYNCS | CMD_UID,      NULL},
	{W("NAMESPACE"),    imap_cmd_namespace,     ARGS_NONE, ST_PERSON,   0,                                     "NAMESPACE"},
	{W("NOOP"),         imap_cmd_noop,          ARGS_NONE, ST_ANY,      CMD_SYNCS,                             NULL},
	{W("RENAME"),       imap_cmd_rename,        ARGS_MUST, ST_PERSON,   CMD_SYNCS,                             NULL},
	{W("SEARCH"),       imap_cmd_search,        ARGS_MUST, ST_SELECTED, CMD_SYNCS | CMD_NO_GONE,               NULL},
	{W("SEARCH"),       imap_cmd_search,        ARGS_MUST, ST_SELECTED, CMD_SYNCS | CMD_UID,                   NULL},
	{W("SELECT"),       imap_cmd_select,        ARGS_MUST, ST_PERSON,   0,                                     NULL},
	{W("STARTTLS"),     imap_cmd_starttls,      ARGS_NONE, ST_STRANGER, 0,                                     NULL},
	{W("STATUS"),       imap_cmd_status,        ARGS_MUST, ST_PERSON,   CMD_SYNCS,                             NULL},
	{W("STORE"),        imap_cmd_store,         ARGS_MUST, ST_SELECTED, CMD_WRITES | CMD_SYNCS | CMD_NO_GONE,  NULL},
	{W("STORE"),        imap_cmd_store,         ARGS_MUST, ST_SELECTED, CMD_WRITES | CMD_SYNCS | CMD_UID,      NULL},
	{W("SUBSCRIBE"),    imap_cmd_subscribe,     ARGS_MUST, ST_PERSON,   CMD_SYNCS,                             NULL},
	{W("UNSELECT"),     imap_cmd_unselect,      ARGS_NONE, ST_SELECTED, 0,                                     "UNSELECT"},
	{W("UNSUBSCRIBE"),  imap_cmd_unsubscribe,   ARGS_MUST, ST_PERSON,   CMD_SYNCS,                             NULL},
};
/* clang-format on */

const size_t imap_n_cmds = array_len(imap_cmds);

const struct imap_cmd *imap_cmd_find(struct slice name, bool uid)
{
	for (size_t i = 0; i < imap_n_cmds; i++) {
		const struct imap_cmd *c = &imap_cmds[i];

		if (slice_eq_ci(c->name, name) && ((c->flags & CMD_UID) != 0) == uid)
			return c;
	}
	return NULL;
}
