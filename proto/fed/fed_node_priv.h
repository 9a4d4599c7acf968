/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the node share. */
#ifndef PROTO_FED_FED_NODE_PRIV_H
#define PROTO_FED_FED_NODE_PRIV_H

#include "proto/fed/fed_node.h"
#include "proto/fed/fed_quota.h"

enum { FED_PATH_ROOM = 4096 }; /* what storing may add to an article */

/* Serials next..upto of a record, to be asked of a neighbour. */
struct record_want {
	struct fed_record_key key;
	uint64_t next, upto;
	int64_t at; /* not before */
	bool asked;
};

struct fed_peer {
	struct fed_oid oid;
	bool up;
	struct vec heads; /* struct fed_gid: groups whose heads it is asked for anew */
	struct vec wants; /* struct record_want, in the order in which they are asked */
	uint64_t n_empty; /* feeds that exist by its word alone */
	uint64_t got[FED_GOT_KINDS];
};

/* An entry that was given to the store. */
struct on_the_way {
	struct list node;
	struct fed_feed *feed;
	uint64_t n;
	unsigned peer; /* FED_PULL_PEERS: of none */
	bool stub;
	bool record; /* its body is a record, which acts when it is durable */
	struct buf body;
};

/* A record that was taken. */
struct record_told {
	struct fed_record_key key;
	uint64_t serial;
};

/* A record that changed, for KHEADS. */
struct record_news {
	struct fed_record_key key;
	uint64_t changed;
};

struct fed_node {
	struct fed_node_opts o;
	struct slice name; /* our own copy */
	struct fed_pull *pull;
	struct fed_quota quota;
	struct fed_peer peers[FED_PULL_PEERS];
	struct list on_the_way;
	size_t n_on_the_way;
	struct vec record_news; /* struct record_news, in the order of change */
	struct vec not_durable; /* struct record_told: records on their way to the disk */
	struct vec neighbours;  /* struct fed_oid, computed when records have changed */
	bool neighbours_known;
	int64_t now_at, steady_s;
};

/* The records of the group changed: its cuts, our neighbours, who hears of it. */
void node_record_taken(struct fed_node *n, const struct fed_record_key *key);

/* A record is wanted of this neighbour up to that serial. */
void node_want_record(
	struct fed_node *n, unsigned peer, const struct fed_record_key *key, uint64_t upto);

/* The last entry of a feed that counts by the group's cuts. */
uint64_t node_feed_end(const struct fed_group *g, const struct fed_feed_name *name);

/* Records: asked, answered.  fed_node_record.c */
bool node_next_record(struct fed_node *n, unsigned peer, struct fed_request *out);
void node_got_record(
	struct fed_node *n, unsigned peer, const struct fed_request *req, struct slice text);
void node_got_no_record(
	struct fed_node *n, unsigned peer, const struct fed_request *req, bool later);

#endif
