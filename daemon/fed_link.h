/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One neighbour that we ask, over connections that we dial: one to fetch, then one to watch; after
 * a failure wait, then again.  One that cannot be dialled brings them.  docs/federation.md section
 * 5, 7.5
 */
#ifndef DAEMON_FED_LINK_H
#define DAEMON_FED_LINK_H

#include "daemon/fed_priv.h"

enum {
	FED_AGAIN_MS = 5 * 1000, /* before the second try; doubles, give or take a quarter */
	FED_AGAIN_MAX_MS = 15 * 60 * 1000, /* ... up to this */
	FED_AGAIN_DAY_MS = 60 * 60 * 1000, /* ... after a day out of reach */
	FED_ALARM_S = 60 * 60,   /* out of reach: the admin is told, again after 24 h, 7 d */
	FED_REPLACE_S = 10 * 60, /* out of reach: another neighbour stands in */
	FED_DORMANT_S = 30 * 24 * 3600,
	FED_ANSWER_S = 300, /* the fetching side is silent with requests out: connect anew */
};

enum fed_link_state {
	FED_LINK_JOINING, /* invited, not taken in yet */
	FED_LINK_ACTIVE,
	FED_LINK_BACKOFF,
	FED_LINK_THROTTLED,
	FED_LINK_DORMANT,
	FED_LINK_PAUSED,
	FED_LINK_BLOCKED,
	FED_LINK_SILENT, /* it cannot be dialled, and has not come: it dials us */
};

/* As `kokoctl peer status` shows it. */
struct fed_link_status {
	struct fed_oid oid;
	char name[FED_NAME_MAX + 1]; /* by its record, else the host that was dialled */
	enum fed_link_state state;
	int64_t since_at;          /* of the state */
	int64_t contact_at;        /* last answer of it; 0: never */
	int64_t clock_s;           /* its clock less ours, at the last KHELLO */
	uint64_t behind;           /* entries that it has and we have not */
	uint64_t ahead;            /* entries of ours that it has not told of yet */
	bool ahead_known;          /* false: nobody knows, it has not been here since our start */
	int64_t behind_s, ahead_s; /* for how long there have been any, 0: none */
	uint64_t got[FED_GOT_KINDS];
	unsigned n_in; /* connections that it has dialled, or may ask us over */
	bool meets;    /* by the records: one of the two can be dialled */
	char error[128];
};

/* The set of links is made to fit the records: those that are missing begin, others end. */
void fed_links_fit(struct fed *f);
void fed_links_end(struct fed *f);

/* Pause, resume, block: kept in the store by the caller, put into force here. */
void fed_link_set(struct fed *f, const struct fed_oid *oid, bool paused, bool blocked);

/* The node has something to ask of this neighbour. */
void fed_links_work(struct fed *f, unsigned peer);

void fed_links_tick(struct fed *f);

/* It has dialled us: if we wait to dial it, it is within reach now, and knows us. */
void fed_link_seen(struct fed *f, const struct fed_oid *oid);

typedef void (*fed_link_fn)(void *arg, const struct fed_link_status *s);
void fed_links_each(struct fed *f, fed_link_fn fn, void *arg);

const char *fed_link_state_name(enum fed_link_state s);

#endif
