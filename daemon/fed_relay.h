/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries that other news servers bring.  What is signed tells itself whose it is; the node judges
 * it as one that came from nobody.  docs/federation.md section 11
 */
#ifndef DAEMON_FED_RELAY_H
#define DAEMON_FED_RELAY_H

#include "daemon/loop.h"
#include "proto/base/buf.h"

struct fed;
struct fed_feed;
struct fed_relay;

/*
 * Give an article with its Kokod-Sign; any thread.  done is called on home when it is on disk, or
 * refused: 0; KERR_EXISTS: it is here; KERR_BUSY: later; KERR_INVALID: it does not verify or is of
 * no group that may come so.  text is copied.
 */
struct fed_relay *fed_relay_new(struct fed *f, struct slice text, struct loop *home,
	void (*done)(void *arg, int rc), void *arg);

/* On home: done stays silent; the entry is stored all the same. */
void fed_relay_drop(struct fed_relay *r);

/* The federation's thread: entry n of the feed was stored, or not. */
void fed_relays_stored(struct fed *f, const struct fed_feed *feed, uint64_t n, int rc);

#endif
