/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Control entries that this daemon issues itself: lists of its people, requests, refusals, proofs.
 * docs/federation.md section 8
 *
 * On the federation's thread.  What an entry says acts here as it does elsewhere, when it is on
 * disk (struct fed_outside, control).
 */
#ifndef DAEMON_FED_SAY_H
#define DAEMON_FED_SAY_H

#include "proto/base/err.h"
#include "proto/fed/fed_control.h"

struct fed;

/*
 * Issue one in the own feed of the group.
 *
 * c     with actor: in the name of that person, one of ours
 * body  lines with CRLF; copied
 * done  called when it is on disk (0), or could not be put there
 *
 * KERR_DENIED: nothing may be issued in the group, *why says why; KERR_BUSY, KERR_FULL,
 * KERR_CLOSED.  done is not called then.
 */
NODISCARD int fed_say(struct fed *f, const struct fed_gid *gid, const struct fed_control *c,
	struct slice body, void (*done)(void *arg, int rc), void *arg, struct err *why);

#endif
