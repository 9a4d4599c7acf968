/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What control entries say, once they are on disk: led to who acts upon it.  docs/federation.md
 * section 8
 *
 * A crash may come between the disk and the act.  So after each start the entries of the last 90
 * days are told again, some in each second; whoever acts takes what it knows as no news.  On the
 * federation's thread.
 */
#ifndef DAEMON_FED_HEARD_H
#define DAEMON_FED_HEARD_H

#include "proto/fed/fed_control.h"
#include "proto/fed/fed_node.h"

struct fed;

/* fed_outside.control; arg is the struct fed. */
void fed_heard(void *arg, const struct fed_feed *feed, const struct fed_sign *s,
	const struct fed_control *c, struct slice body);

void fed_heard_init(struct fed *f);

/* At the start: a control entry that is held, signed at t. */
void fed_heard_load(struct fed *f, struct fed_feed *feed, uint64_t n, uint64_t t);

/* Every second. */
void fed_heard_tick(struct fed *f);

#endif
