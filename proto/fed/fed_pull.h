/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What to ask of whom: the difference between what we hold and what neighbours say they hold, and
 * what is under way.  docs/federation.md section 1, 6, 7.2
 *
 * One entry is asked of one neighbour at a time.  When that one does not have it, or is silent for
 * FED_ASK_S, another whose head covers it is asked; when nobody has it, again after a while.
 *
 * An origin may have signed two continuations of a feed.  So that no two of them are mixed beyond a
 * gap, new entries of a feed are asked of one neighbour, and of those whose heads end in the same
 * entry as its; of others when that one has nothing more, and beyond a gap not before they were
 * compared with what is here (fed_pull_unsure).
 * Neighbours are numbered by the caller, 0 .. FED_PULL_PEERS - 1.
 */
#ifndef PROTO_FED_FED_PULL_H
#define PROTO_FED_FED_PULL_H

#include "proto/fed/fed_feed.h"

enum {
	FED_PULL_PEERS = 64,      /* neighbours that are asked at the same time */
	FED_ASK_S = 60,           /* an ask without an answer is given to another */
	FED_RETRY_S = 60,         /* nobody has it: so long until all are asked again */
	FED_ABSENT_S = 24 * 3600, /* a stub everywhere: likewise ... */
	FED_ABSENT_DAYS = 30,     /* ... for so long */
	FED_GUESS_S = 120,        /* so long one is waited for who can tell of a gap ... */
	FED_GUESS_FOR_S = 60,     /* ... then it is guessed for so long */
	FED_SPANS_MAX = 1000,     /* spans of a neighbour's head that are looked at */
};

/* What a neighbour says it holds of a feed. */
struct fed_holding {
	uint64_t low, high;
	struct fed_spans ahead, stubs;
	struct fed_hash e;   /* of high; "" where it does not matter; fed_hash_none: not said */
	struct fed_epoch as; /* what it calls the feed; n is 0: as we do */
	uint64_t sure;       /* its entry of this number is ours, and all before */
	bool parted;         /* a branch that it knows begins behind high: all before is common */
	bool next;           /* a branch behind all that we have: only while there is no gap */
};

enum fed_ask_end {
	FED_ASK_STORED,   /* it is here now, with its content */
	FED_ASK_STUB,     /* it is here now, without */
	FED_ASK_LATER,    /* this neighbour is busy, or we are: ask any again in a moment */
	FED_ASK_NOT_HELD, /* this neighbour does not have it, or what it sent was no good */
};

struct fed_ask {
	struct fed_feed *feed;
	uint64_t n;
	struct fed_epoch as; /* of the neighbour's holding */
};

struct fed_pull;

NODISCARD struct fed_pull *fed_pull_new(void);
void fed_pull_free(struct fed_pull *p);

/*
 * A neighbour's head of a feed.  Replaces what it said before, but not by nothing what it said by
 * the name of a branch; h is copied.  True when there is something to ask of it that was not there
 * before.
 */
bool fed_pull_head(
	struct fed_pull *p, struct fed_feed *f, unsigned peer, const struct fed_holding *h);

/* The neighbour does not serve the feed to us, or not any more. */
void fed_pull_forget(struct fed_pull *p, struct fed_feed *f, unsigned peer);

/* Its connection is gone: what was asked of it is free again, its heads are forgotten. */
void fed_pull_gone(struct fed_pull *p, unsigned peer);

/* The feed is dropped, or frozen: nothing of it is asked any more. */
void fed_pull_drop(struct fed_pull *p, struct fed_feed *f);

/*
 * The next entry to ask of this neighbour; it is under way from then on.  Feeds in which something
 * new was said last come first.  False: nothing now.
 */
bool fed_pull_next(struct fed_pull *p, unsigned peer, int64_t now_at, struct fed_ask *out);

/*
 * A feed that this neighbour could go on with, if its entry out->n is ours.  False: none.  The
 * caller compares, and says fed_pull_sure, or fed_pull_forget.
 */
bool fed_pull_unsure(struct fed_pull *p, unsigned peer, struct fed_ask *out);

/*
 * This neighbour's entry n is ours, and so are all before it.  True: others whose heads end in the
 * same entry may be asked now.
 */
bool fed_pull_sure(struct fed_pull *p, struct fed_feed *f, unsigned peer, uint64_t n);

/* It tells of a branch that begins with entry n. */
void fed_pull_parted(struct fed_pull *p, struct fed_feed *f, unsigned peer, uint64_t n);

/* May its entry n be put beyond a gap: is all that we have of what it has the same? */
bool fed_pull_trusts(const struct fed_pull *p, const struct fed_feed *f, unsigned peer, uint64_t n);

/* Is there any whose entry n, or a later one, is known to be ours? */
bool fed_pull_any_sure(const struct fed_feed *f, uint64_t n);

/* The last entry of which we know what ours is and that this neighbour says it has as well. */
uint64_t fed_pull_top(const struct fed_feed *f, const struct fed_holding *h);

/* Which entry would show it.  False: it does not hold the feed any more. */
bool fed_pull_compare(struct fed_pull *p, struct fed_feed *f, unsigned peer, struct fed_ask *out);

/* Ask this neighbour for entry n, whatever it says it has; false: it is here, or under way. */
bool fed_pull_ask(
	struct fed_pull *p, struct fed_feed *f, uint64_t n, unsigned peer, int64_t now_at);

/*
 * What became of an ask of this neighbour.  One that is not under way any more is ignored.  True:
 * others may be asked now who had to wait for the one that leads.
 */
bool fed_pull_end(struct fed_pull *p, struct fed_feed *f, uint64_t n, unsigned peer,
	enum fed_ask_end how, int64_t now_at);

/* Take back asks without an answer; true when there is something new to ask of anybody. */
bool fed_pull_tick(struct fed_pull *p, int64_t now_at);

/* Feeds with the newest entries (fed_feed.newest_t) are asked for first. */
void fed_pull_newest_first(struct fed_pull *p);

/*
 * Says any neighbour in reach that it has the content of entry n, of those that were not asked in
 * vain?
 */
bool fed_pull_offered(const struct fed_feed *f, uint64_t n);

/* Entry n is asked for anew, of all, whoever was asked in vain. */
void fed_pull_forgive(struct fed_feed *f, uint64_t n);

/* Entries known to exist and not held here; of all feeds, and of one neighbour's heads. */
uint64_t fed_pull_behind(const struct fed_pull *p);
uint64_t fed_pull_behind_peer(const struct fed_pull *p, unsigned peer);

/* Is anything of the feed known to be missing here? */
bool fed_pull_wants(const struct fed_pull *p, const struct fed_feed *f);

#endif
