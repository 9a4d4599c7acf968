/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The peer port's conversation, as the one that has an invitation: is it the daemon of the token
 * that answers, then the proof, then our own record.  docs/federation.md section 10
 *
 * It may be broken off at any place; the token is used up by the proof alone.
 */
#ifndef PROTO_FED_PEER_JOINER_H
#define PROTO_FED_PEER_JOINER_H

#include "proto/base/err.h"
#include "proto/base/session.h"
#include "proto/fed/fed_join.h"
#include "proto/fed/fed_record.h"

enum { PEER_JOIN_CLOCK_S = 300 }; /* clocks further apart: entries would not be taken */

struct peer_joined {
	/*
	 * 0; KERR_DENIED: the token, or our record, is not accepted; KERR_CONFLICT: the clocks are
	 * too far apart; KERR_INVALID: another daemon answers, or none.
	 */
	int rc;
	/*
	 * A sentence for people, what is wrong and what to do; a key of the message catalogue in
	 * which %1 stands for host:port of the token, %2 for the seconds between the clocks.
	 */
	const char *why;
	bool has_clock;
	int64_t clock_s;               /* its clock less ours */
	struct slice record;           /* of the daemon that invites; with 0, during the call */
	char numbers[FED_SAS_LEN + 1]; /* with 0 */
};

struct peer_joiner_opts {
	struct fed_token token;
	struct fed_oid self;
	struct fed_hash spki; /* of the other's certificate */
	uint8_t exporter[FED_EXPORTER_LEN];
	struct slice record; /* our daemon record; copied */
	/* Called once, unless the connection ends before. */
	void (*done)(void *arg, const struct peer_joined *j);
	void *arg;
	struct session_ready ready;
};

extern const struct session_ops peer_joiner_ops;

NODISCARD void *peer_joiner_new(const struct peer_joiner_opts *o);

#endif
