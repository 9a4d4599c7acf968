/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counters.  Each loop counts for itself without locks and shows a copy once a second; the sum of
 * the copies is what `kokoctl status` reports.
 */
#ifndef DAEMON_STATS_H
#define DAEMON_STATS_H

#include "daemon/loop.h"
#include "proto/http/http.h"
#include "proto/imap/imap.h"
#include "proto/nntp/nntp.h"
#include "proto/smtp/smtp.h"

struct stats;

/* Counters of all protocols, nothing else. */
struct door_stats {
	struct nntp_stats nntp;
	struct imap_stats imap;
	struct smtp_stats smtp;
	struct http_stats http;
};

struct stats *stats_new(struct loop **loops, unsigned n_loops);
/* When the loops have ended, before they are freed. */
void stats_free(struct stats *s);

/* The counters of that loop, for its sessions. */
struct door_stats *stats_live(struct stats *s, const struct loop *loop);

/* All loops together, at most a second old; any thread. */
void stats_sum(struct stats *s, struct door_stats *out);

#endif
