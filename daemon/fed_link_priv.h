/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of a link share.
 *
 *   fed_link.c         the set of links, the two connections over which a neighbour is asked
 *   fed_turn.c         connections with exchanged roles (KTURN), of both ends
 *   fed_link_status.c  what time brings; what the admin sees and does
 */
#ifndef DAEMON_FED_LINK_PRIV_H
#define DAEMON_FED_LINK_PRIV_H

#include <event2/event.h>

#include "daemon/fed_dial.h"
#include "daemon/fed_link.h"
#include "proto/fed/peer_client.h"

enum {
	WAIT_S = 120,   /* KHEADS is held so long */
	SILENCE_S = 60, /* ... and may be late by so much */
	NO_PEER = -1,
};

/* One of the two connections over which we ask: we have dialled it, or the other has. */
struct side {
	struct neighbour *l;
	enum peer_client_kind kind;
	struct fed_dial *dial;
	struct conn *conn; /* ... the other: it is turned */
	void *session;
	bool up;
};

/* One that we have dialled and on which the other asks. */
struct offer {
	struct neighbour *l;
	bool watch;
	struct fed_dial *dial;
};

struct neighbour {
	struct list node;
	struct fed *f;
	struct fed_oid oid;
	bool wanted;          /* during fed_links_fit */
	bool ending;          /* frees itself when nothing of it is out */
	bool paused, blocked; /* by the admin */
	bool stale; /* it has shown a key that its record does not name: ask for newer ones */
	struct side fetch, watch;
	struct offer for_fetch, for_watch;
	struct event on_offer;
	unsigned n_refused; /* offers in vain, one after the other */
	int peer;           /* its number in the node */
	unsigned next_addr; /* of its record */
	unsigned n_failed;
	struct event on_again;
	enum fed_link_state state;
	int64_t since_at, contact_at, gone_at; /* gone: out of reach since; 0: it is not */
	int64_t behind_at; /* since when it has something that we have not; 0: nothing */
	unsigned told;     /* alarms that were given for this absence */
	bool replaced;     /* others stand in for it */
	int64_t clock_s;
	char error[128];
};

static inline struct neighbour *fed_link_at(struct list *it)
{
	return container_of(it, struct neighbour, node);
}

static inline bool side_is_idle(const struct side *s)
{
	return !s->dial && !s->conn;
}

/* Its conn, once it is open. */
struct conn *side_conn(const struct side *s);
void side_close(struct side *s, const char *why);

/* NULL: none that lasts. */
struct neighbour *fed_link_find(struct fed *f, const struct fed_oid *oid);
NODISCARD struct neighbour *fed_link_new(struct fed *f, const struct fed_oid *oid);
bool fed_link_is_idle(const struct neighbour *l);
void fed_link_free(struct neighbour *l);
void fed_link_begin(struct neighbour *l);
void fed_link_enter(struct neighbour *l, enum fed_link_state s);
enum fed_link_state fed_link_resting(const struct neighbour *l);

/* For how long it has been out of reach. */
int64_t fed_link_away_s(const struct neighbour *l);

/* Where it is dialled: by the token while that is all we know, then by its record. */
bool fed_link_address(const struct neighbour *l, struct slice *host, uint16_t *port);

/* The other's certificate is one of those that its record names. */
bool fed_link_knows_key(const struct neighbour *l, const struct fed_hash *spki);

/* The session that asks on this side; its conn is c. */
void *fed_link_session(struct side *s, struct conn *c);

/* A side is closed; its session is freed. */
void fed_link_side_ended(struct side *s, const char *why);

/* ---- fed_turn.c ---- */
void fed_offers_init(struct neighbour *l);
bool fed_offers_idle(const struct neighbour *l);
unsigned fed_offers_open(const struct neighbour *l);
void fed_offers_close(struct neighbour *l, const char *why);
/* Begin to offer, if the neighbour can ask us in no other way. */
void fed_offers_fit(struct neighbour *l);
/* It does not know our key: show it our record. */
void fed_offer_record(struct neighbour *l);

#endif
