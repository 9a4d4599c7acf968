/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The feeds that a daemon holds, in memory: how far each is complete, what lies beyond a gap, and
 * in what order they changed.  docs/federation.md section 1, 5
 *
 * It says what is durable, and keeps beside it what has been accepted and is on its way to the disk
 * ("pending"), so that the next entry of a pipeline is checked against the one before.
 */
#ifndef PROTO_FED_FED_FEED_H
#define PROTO_FED_FED_FEED_H

#include "proto/base/coll.h"
#include "proto/fed/fed_id.h"
#include "proto/fed/fed_span.h"

enum {
	FED_AHEAD_MAX = 10000,   /* entries of a feed beyond its first gap */
	FED_WINDOW = 100000,     /* how far beyond high an entry may lie */
	FED_FEED_NAME_LEN = 120, /* bytes of a name as text, NUL counted */
};

struct fed_feed_name {
	struct fed_gid gid;
	struct fed_oid oid;
	struct fed_epoch epoch;
};

/* What the next entry is checked against. */
struct fed_link {
	uint64_t n;
	struct fed_hash e, p; /* p is "" where it does not matter: of a tip */
	uint64_t r, t;
};

/* What a daemon has said that it has of one of our feeds (fed_node_ahead.c). */
struct fed_told {
	struct fed_oid oid;
	uint64_t high, n_beyond; /* entries beyond a gap */
};

struct fed_feed {
	struct fed_feed_name name;
	struct list node;        /* in fed_feeds.by_change */
	uint32_t id;             /* the store's; 0: it is not there yet */
	uint64_t low, high, end; /* high is low - 1 when it is empty; end: the last that counts */
	struct fed_link tip;     /* entry `high`, or what came before low */
	struct fed_spans ahead;  /* entries held beyond high */
	struct fed_spans stubs;  /* entries within or beyond that are here without content */
	struct fed_spans lost;   /* of these, those whose content was here */
	uint64_t changed;        /* fed_feeds.n_changes at its last change */
	struct vec pending;      /* struct fed_link, in the order of acceptance */
	struct fed_want *want;   /* fed_pull.h; NULL: nothing is asked for */

	/* Who is late (fed_node_watch.c). */
	uint64_t active_t; /* t of the last entry that is no heartbeat; 0: not looked up yet */
	uint64_t mark_n;   /* `high` at mark_s; who has told as much since is in `heard` */
	int64_t mark_s;    /* 0: there is nothing that anybody could be behind with */
	uint64_t heard;    /* bit i: neighbour i */

	struct vec told; /* struct fed_told; of our own feeds */
	bool behind;     /* an own feed: others have more of it */

	/* The control pass (fed_node_catch.c). */
	struct fed_hash scanned; /* the tags up to this E were looked at */
	uint64_t scanned_from;   /* ... from this entry on */
	uint64_t newest_t;       /* the newest of them */

	/* Of an origin that signed two entries with one number (docs/federation.md section 7.4). */
	struct fed_feed_name stored; /* what the store calls it: parts of one chain share a name */
	bool forked;     /* what comes after `end` has several names: a part of a chain */
	bool part;       /* shares its name in the store with other parts */
	bool drawn;      /* `end` was drawn through what was here: it is never taken back */
	bool unproven;   /* a branch by hearsay: nothing of it is here */
	int64_t guess_s; /* when a branch may be put into its gap unseen; 0: none asked for that */
	bool loose; /* of this epoch there is a branch of which it was not known what it leaves */
};

struct fed_feeds {
	struct map *by_name;
	struct list by_change; /* the last changed at the end */
	uint64_t n_changes;
	size_t n;
};

void fed_feeds_init(struct fed_feeds *s);
void fed_feeds_fini(struct fed_feeds *s);

/* "<gid> <oid> <epoch>": as in a head line, and as the store calls it. */
void fed_feed_name_text(const struct fed_feed_name *name, char out[FED_FEED_NAME_LEN]);
NODISCARD bool fed_feed_name_parse(struct slice text, struct fed_feed_name *out);

/* Of one origin, group and epoch, whatever the branch? */
bool fed_feed_same_epoch(const struct fed_feed_name *a, const struct fed_feed_name *b);

/* NULL when there is none. */
struct fed_feed *fed_feeds_get(const struct fed_feeds *s, const struct fed_feed_name *name);

/* The feed of that name; a new one is empty and begins at 1. */
struct fed_feed *fed_feeds_make(struct fed_feeds *s, const struct fed_feed_name *name);

/*
 * It begins at entry `low` now: what lies before is no part of it any more; or there is a gap from
 * there to where it began.
 */
void fed_feed_begin(struct fed_feed *f, uint64_t low);

/* Does a head line of it say something else now? */
void fed_feeds_touch(struct fed_feeds *s, struct fed_feed *f);

/* Forget a feed; it must have no want. */
void fed_feeds_drop(struct fed_feeds *s, struct fed_feed *f);

/* Is entry n here, durable (as article or stub)? */
bool fed_feed_has(const struct fed_feed *f, uint64_t n);

/* Nothing lies beyond a gap, or may soon: what comes next shows by itself whether it follows. */
bool fed_feed_gapless(const struct fed_feed *f);

/* The link of n among what is pending and the tip; NULL: it is elsewhere, or nowhere. */
const struct fed_link *fed_feed_link(const struct fed_feed *f, uint64_t n);

/* Entry l was accepted and goes to the store. */
void fed_feed_pend(struct fed_feed *f, const struct fed_link *l);

/*
 * It is durable; high may have risen over entries beyond a gap, of which the store says the last:
 * `tip` is the link of `high` as the store has it now.
 */
void fed_feed_stored(
	struct fed_feeds *s, struct fed_feed *f, uint64_t n, const struct fed_link *tip, bool stub);

/* Entry n is here with its content, or without. */
void fed_feed_content(struct fed_feed *f, uint64_t n, bool here);

/* The content of entry n, which is here, is lost; or it is there after all. */
void fed_feed_lose(struct fed_feeds *s, struct fed_feed *f, uint64_t n);
void fed_feed_find(struct fed_feeds *s, struct fed_feed *f, uint64_t n);

/* Entry n, which was pending, is not any more. */
void fed_feed_unpend(struct fed_feed *f, uint64_t n);

/*
 * Cut a chain in two: f ends at n - 1, and what it holds from n on, and has pending, is that of the
 * new feed, which begins at n and whose name in the store is that of f.
 *
 * before  the link of n - 1; e is "" when it is not known
 *
 * The new one's `high` is n - 1 where f had a gap before n: fed_feed_close tells what follows.
 */
struct fed_feed *fed_feeds_split(struct fed_feeds *s, struct fed_feed *f, uint64_t n,
	const struct fed_feed_name *name, const struct fed_link *before);

/* The last of the entries held from high + 1 on without a gap; high when there is none. */
uint64_t fed_feed_run(const struct fed_feed *f);

/* Its entries up to `tip` follow without a gap: high is there now. */
void fed_feed_close(struct fed_feed *f, const struct fed_link *tip);

/* It was not stored: it and what was accepted upon it are forgotten. */
void fed_feed_failed(struct fed_feed *f, uint64_t n);

#endif
