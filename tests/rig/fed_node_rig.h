/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A node with one neighbour for tests: the node is b, a is origin and neighbour, both in the group
 * kreisa.forum of fed_rig.h.  Entries are without content: heartbeats, and stubs of articles.
 */
#ifndef TESTS_RIG_FED_NODE_RIG_H
#define TESTS_RIG_FED_NODE_RIG_H

#include "proto/base/mem.h"
#include "proto/fed/fed_control.h"
#include "proto/fed/fed_node.h"

enum { NODE_RIG_NOW = 1795309300, NODE_RIG_EPOCH = 1790000000 };

struct node_rig {
	struct fed_reg *reg;
	struct fed_feeds feeds;
	struct fed_node *node;
	unsigned peer; /* number of a */
	struct arena arena;
	struct fed_record *federation; /* serial 2 */
	struct fed_record *group;
	unsigned n_forks, n_proofs, n_caught_up;
	unsigned n_controls, n_cuts, n_behind;
	struct fed_feed *cut_feed; /* the last one, and its end */
	uint64_t cut_at;
	enum fed_control_kind last_control;
	char cancels[MSGID_MAX + 1]; /* of the last entry that was stored */
	bool content;                /* the store says that it has the articles */
};

extern struct node_rig node_rig;

/* An entry in the store. */
struct node_rig_row {
	struct fed_feed_name in; /* the name in the store */
	struct fed_feed *feed;   /* as it was given */
	struct fed_link link;
	char sign[FED_FIELD_MAX];
	bool told;
};

/* The store has nothing of that feed, or branch, any more. */
void node_rig_lose(const struct fed_hash *branch);

struct node_rig_row *node_rig_find(const struct fed_feed_name *in, uint64_t n);

/* For cmocka. */
int node_rig_up(void **state);
int node_rig_down(void **state);

/* A new node on the feeds there are; of another daemon. */
void node_rig_start(void);
void node_rig_start_as(char self);

/* A record that must be taken: into the registry only, the node is not told. */
void node_rig_give(const struct fed_record *rec);

/* All that was given to the store is on disk. */
void node_rig_commit(void);

/* Entries 1 .. of a, signed. */
struct node_rig_chain {
	struct fed_sign sign[10];
	struct fed_hash e[10];
};

/* Heartbeats from..to, behind what stands before; another t makes another chain. */
void node_rig_grow(struct node_rig_chain *c, uint64_t from, uint64_t to, uint64_t t);

/* ... one entry of another kind, of which there is the stub. */
void node_rig_add(struct node_rig_chain *c, uint64_t n, uint64_t t, enum fed_kind y);

/* The feed of a, or the branch of it whose first entry has this E; NULL: no branch. */
struct fed_feed_name node_rig_name(const struct fed_hash *branch);
struct fed_feed *node_rig_feed(const struct fed_hash *branch);

/* The neighbour says that it holds low..high, the last one e. */
void node_rig_tell(
	const struct fed_hash *branch, uint64_t low, uint64_t high, const struct fed_hash *e);

/* The neighbour has this chain and answers whatever it is asked; how often for signatures. */
unsigned node_rig_serve(const struct node_rig_chain *c);
void node_rig_answer(const struct fed_request *req, const struct node_rig_chain *c);

/* The node holds low..high of it, the last one e. */
void node_rig_holds(
	const struct fed_hash *branch, uint64_t low, uint64_t high, const struct fed_hash *e);

#endif
