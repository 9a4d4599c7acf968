/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Posts that become entries.  What is in force for each group that is shared is kept in plans,
 * which the federation's thread makes and any thread reads; the place in the feed, and with it the
 * signature, comes on the writer's thread.  docs/federation.md section 4
 */
#ifndef DAEMON_FED_POSTING_H
#define DAEMON_FED_POSTING_H

#include "proto/fed/fed_feed.h"
#include "proto/msg/article.h"
#include "storage/store_fed.h"

struct fed;
struct fed_plans;
struct fed_posting; /* one post on its way */

struct fed_plans *fed_plans_new(void);
void fed_plans_free(struct fed_plans *p);

/* Records or keys have changed: what holds from now on.  The federation's thread. */
void fed_plans_make(struct fed *f);

/* Is the group shared with other daemons?  Any thread. */
bool fed_plans_shared(struct fed *f, struct slice group);

/*
 * Is the group not to be shown now: it is shared, and this daemon was away and does not know yet
 * what was taken out meanwhile (section 7.1)?  Any thread; costs nothing at other times.
 */
bool fed_plans_catching(struct fed *f, struct slice group);

/* May its articles go to servers that are no kokods?  Of a group that is not shared: yes. */
bool fed_plans_outward(struct fed *f, struct slice group);

/* May a person here post in this group, as far as its record says it?  Any thread. */
struct fed_wish {
	struct slice group;   /* newsgroup */
	struct slice login;   /* of the author: the left side of Kokod-Actor */
	struct slice cancels; /* a cancel: of this Message-ID; else empty */
};

/*
 * Make the injected article an entry: out gets its new bytes.  Any thread.
 *
 * *posting_out is NULL when the group is not shared; else entry of it goes into the store_post, and
 * fed_posting_end is called with the answer.
 * KERR_DENIED, KERR_INVALID, KERR_TOOBIG: why, for the author.
 */
NODISCARD int fed_posting_begin(struct fed *f, const struct fed_wish *w, struct article *a,
	struct buf *out, struct fed_posting **posting_out, struct err *why);

/*
 * The same for a control entry of the daemon itself (fed_say.h); the federation's thread.  It may
 * be issued where people may not post: by a daemon that only reads, in a group that is frozen.
 */
NODISCARD int fed_posting_control(struct fed *f, struct slice group, struct slice actor,
	struct article *a, struct buf *out, struct fed_posting **posting_out, struct err *why);

/* A heartbeat in a feed of ours that is still in use.  The federation's thread. */
void fed_posting_beat(struct fed *f, const struct fed_feed_name *name);

/* path: value of the article's Path; borrowed until it is stored. */
const struct store_entry *fed_posting_entry(struct fed_posting *p, struct slice path);

/* The store's answer (NULL: it was not even queued); p is freed.  Any thread. */
void fed_posting_end(struct fed_posting *p, const struct store_result *res);

#endif
