/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The UNIX socket of kokoctl, on loop 0.
 *
 * A request is one line: {"cmd":"user.show","args":{"login":"anna"}}.  Its answer is any number of
 * lines, each a JSON object, the last of which has "ok": {"ok":true,...} or
 * {"ok":false,"code":"notfound","message":"..."}; code is a kerr_name.  Answers come in the order
 * of the requests.
 */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include "proto/base/err.h"

struct daemon;

enum {
	CONTROL_LINE_MAX = 256 * 1024, /* bytes of a request: a draft of a large federation */
	CONTROL_CONNS = 16,
	CONTROL_WINDOW = 64, /* requests of one connection that are worked on at a time */
	CONTROL_IDLE_S = 30,
};

/*
 * Listen at conf->control, mode 0660; d->control is set.  Loop 0 must exist.
 * KERR_EXISTS: a daemon answers there; KERR_IO, KERR_TOOBIG (path): *err says what.
 */
NODISCARD int control_open(struct daemon *d, struct err *err);

/* Close the socket and all connections; answers that are out are dropped.  On loop 0. */
void control_close(struct daemon *d);

#endif
