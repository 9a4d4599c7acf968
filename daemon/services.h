/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a protocol's name to a session that talks it: what each door needs beside a socket.
 *
 * The settings that conversations need are an env, made at the start and at each reload; a
 * conversation keeps the one it began with, so old ones live until the end.
 */
#ifndef DAEMON_SERVICES_H
#define DAEMON_SERVICES_H

#include "daemon/conn.h"
#include "daemon/daemon.h"

struct services;
struct service; /* one protocol */

/* d's conf, store, auth, limits and stats are used. */
struct services *services_new(struct daemon *d);
/* When no conn is left. */
void services_free(struct services *s);

/* Take over d->conf after a reload; loop 0. */
void services_reload(struct services *s);

/* "nntp", "imap", "smtp", "http", "peer"; NULL: there is no such protocol. */
const struct service *service_find(const char *name);

/* What may be said to one that is refused at the door, before close; plain doors only. */
struct slice service_busy(const struct service *service);

/* The set that conversations of this protocol belong to; NULL: any. */
struct conn_set *service_home(const struct services *s, const struct service *service);

/*
 * Begin a conversation on a socket that limits_enter has let in; both end together.
 * On the thread of set's loop.
 */
void service_start(struct services *s, const struct service *service, struct conn_set *set, int fd,
	const struct conn_addr *addr, bool tls);

#endif
