/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections of those that have dialled our peer port.  On the federation's thread. */
#ifndef DAEMON_FED_DOOR_H
#define DAEMON_FED_DOOR_H

#include "daemon/fed_priv.h"

enum {
	FED_DOOR_LOGIN_S = 10,  /* until KHELLO: for all it does */
	FED_DOOR_STALL_S = 120, /* output that does not move */
	FED_ALIVE_S = 120,      /* silence after which TCP asks whether the other end is there */
};

/* Heads or records have changed: those that wait are told. */
void fed_doors_news(struct fed *f);

/* Now and then, so that who waits sees its time go by. */
void fed_doors_tick(struct fed *f);

/* A daemon is not to be served any more. */
void fed_doors_close(struct fed *f, const struct fed_oid *oid, const char *why);

/* How many connections it has here. */
unsigned fed_doors_of(struct fed *f, const struct fed_oid *oid);

#endif
