/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done about the store from time to time: at the start and once a day. */
#ifndef DAEMON_CARE_H
#define DAEMON_CARE_H

struct care;
struct daemon;

/* On loop 0.  Reads d->conf each time. */
struct care *care_new(struct daemon *d);
void care_free(struct care *c); /* NULL is allowed */

#endif
