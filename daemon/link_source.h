/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which entries of the arrival log go to a peer: articles and control articles that a group it
 * takes holds, once each, and not those that have been there already.
 */
#ifndef DAEMON_LINK_SOURCE_H
#define DAEMON_LINK_SOURCE_H

#include "proto/nntp/nntp_feeder.h"
#include "storage/store.h"

struct fed;

struct link_source {
	struct store *store;
	struct fed *fed; /* what municipalities share; NULL: nothing */
};

enum { LINK_SCAN_MAX = 1000 }; /* log entries looked at in one call */

/*
 * The next entry with a sequence > after that p is to get.  KERR_NOTFOUND: none up to
 * *scanned_out; *more_out says that the log goes on behind it.  KERR_WAIT: ask again.
 */
NODISCARD int link_source_next(const struct link_source *s, const struct peer_rec *p,
	uint64_t after, struct feeder_item *out, uint64_t *scanned_out, bool *more_out);

/* Append the article of item as it goes to a peer: as it is stored, an entry with Kokod-Sign. */
NODISCARD int link_source_read(
	const struct link_source *s, const struct feeder_item *item, struct buf *out);

#endif
