/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two files of fed_pull.h share. */
#ifndef PROTO_FED_FED_PULL_PRIV_H
#define PROTO_FED_FED_PULL_PRIV_H

#include "proto/fed/fed_pull.h"

/* One entry that was asked of `peer`, or (peer == NOBODY) asked in vain of `tried`. */
struct ask {
	uint64_t n;
	uint64_t tried; /* bit i: neighbour i */
	int64_t at;     /* when it was asked, or may be again */
	int64_t until;  /* then those who were tried may be asked anew */
	int64_t since;  /* the first answer was a stub; 0: none was */
	unsigned peer;
};

enum { NOBODY = FED_PULL_PEERS };

struct holder {
	unsigned peer;
	struct fed_holding h;
};

struct fed_want {
	struct list node; /* in fed_pull.wants, the newest word first */
	struct fed_feed *feed;
	struct vec holders; /* struct holder */
	struct vec asks;    /* struct ask, by n */
	uint64_t next;      /* no entry from here on was asked */
	unsigned lead;      /* whose continuation is asked for; NOBODY: of who asks first */
	int64_t guess_at;   /* so long one is waited for who can tell of our gap; 0: nobody waits */
	bool guess;         /* ... and it is over */
};

struct fed_pull {
	struct list wants;
};

static inline struct holder *holder_at(const struct fed_want *w, size_t i)
{
	return vec_at(&w->holders, i);
}

static inline struct ask *ask_at(const struct fed_want *w, size_t i)
{
	return vec_at(&w->asks, i);
}

/* The holder of that number; w->holders.n: none. */
size_t want_holder(const struct fed_want *w, unsigned peer);

/* The first entry from n on that this neighbour has and we have not; UINT64_MAX: none. */
uint64_t want_first_missing(const struct fed_feed *f, const struct fed_holding *h, uint64_t n);

/*
 * May entry n be asked of this neighbour?  Not while somebody may be found who can tell what of
 * both is of one continuation: it cannot where it has nothing of what lies beyond our gap, nor
 * where it has a gap of its own before n.
 */
bool want_may_ask(const struct fed_want *w, const struct holder *h, uint64_t n);
/* How long is that waited for?  To be called before. */
void want_wait(struct fed_want *w, const struct holder *h, int64_t now_at);

/*
 * Nobody leads, or who does has nothing more that may be asked of it now (want_may_ask): others
 * are to be asked, and it again.
 */
bool want_lead_done(const struct fed_want *w);

/*
 * Is its continuation the one that is asked for?  Who asks first leads, until it is done or failed.
 */
bool want_follows_lead(const struct fed_want *w, const struct holder *h);

#endif
