/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tells systemd that the daemon lives, as often as the unit's WatchdogSec asks.  Only when every
 * loop has answered since the last time: a loop that hangs lets the daemon be started anew.
 */
#ifndef DAEMON_WATCHDOG_H
#define DAEMON_WATCHDOG_H

#include "daemon/loop.h"

struct watchdog;

/* On loop 0.  NULL when nobody asked ($WATCHDOG_USEC).  sd_watchdog_enabled(3) */
struct watchdog *watchdog_new(struct loop **loops, unsigned n_loops);

/* When the loops have ended, before they are freed: what they still hold is of no harm. */
void watchdog_stop(struct watchdog *w);
/* When the loops are freed.  NULL is allowed. */
void watchdog_free(struct watchdog *w);

#endif
