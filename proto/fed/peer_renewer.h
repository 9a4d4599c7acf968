/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The peer port's conversation of one that is a stranger there: another daemon answers with a key
 * that its record, as we have it, does not name, for we were away when it changed.  Its newer
 * daemon records are asked for, serial by serial.  docs/federation.md section 5
 *
 * Who answers need not be trusted: a record is signed by the root key.
 */
#ifndef PROTO_FED_PEER_RENEWER_H
#define PROTO_FED_PEER_RENEWER_H

#include "proto/base/session.h"
#include "proto/fed/fed_record.h"

enum { PEER_RENEW_MAX = 16 }; /* serials in one conversation: a stranger may say little */

struct peer_renewer_opts {
	struct fed_oid other;
	uint64_t serial; /* the first that is asked for */
	/* One has come; false: no more are wanted.  The text is valid during the call. */
	bool (*record)(void *arg, struct slice text);
	void *arg;
	struct session_ready ready;
};

extern const struct session_ops peer_renewer_ops;

NODISCARD void *peer_renewer_new(const struct peer_renewer_opts *o);

#endif
