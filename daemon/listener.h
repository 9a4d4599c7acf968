/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Listening sockets, on loop 0.  What is accepted goes round robin to the loops; what the limits
 * refuse gets one line and is closed.  Without descriptors or memory accepting pauses; a descriptor
 * kept for that moment takes who waits off the queue.  Row 64 of the table of bad inputs.
 */
#ifndef DAEMON_LISTENER_H
#define DAEMON_LISTENER_H

#include "daemon/conn.h"
#include "daemon/daemon.h"
#include "daemon/services.h"

struct listeners;

enum { LISTEN_PAUSE_MS = 100, ACCEPT_BATCH = 64 };

/*
 * Bind and listen on all that d->conf names; accepting begins with the loop.  sets: one per loop.
 * KERR_DENIED: no permission for an address; KERR_IO: *err says which one and why.
 */
NODISCARD int listeners_open(struct daemon *d, struct services *services, struct conn_set **sets,
	struct listeners **out, struct err *err);

/* No more conversations; NULL is allowed.  On loop 0. */
void listeners_close(struct listeners *l);

/*
 * Write DATA/ports.json: {"nntp":11119,"submissions":11465}, the first port of each kind as the
 * kernel gave it.
 */
NODISCARD int listeners_tell(struct listeners *l, const char *data, struct err *err);

/* Times that accepting paused. */
uint64_t listeners_pauses(const struct listeners *l);

#endif
