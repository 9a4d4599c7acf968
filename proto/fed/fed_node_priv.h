/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the node share. */
#ifndef PROTO_FED_FED_NODE_PRIV_H
#define PROTO_FED_FED_NODE_PRIV_H

#include "proto/fed/fed_node.h"
#include "proto/fed/fed_quota.h"

enum {
	FED_PATH_ROOM = 4096,               /* what storing may add to an article */
	FED_LINE_ROOM = 2048,               /* a Control field with its folds */
	FED_CONTROL_BODY = 2 * 1024 * 1024, /* a record, a list of people */
};

struct control_kept;

/*
 * Serials next..upto of a record, to be asked of a neighbour; or, with a version, the record of
 * serial `next` that has this hash, for another one is held.
 */
struct record_want {
	struct fed_record_key key;
	uint64_t next, upto;
	struct fed_hash version; /* "": the chain */
	int64_t at;              /* not before */
	bool asked;
};

/* A group whose heads are asked for anew, in a while: something in them could not be placed yet. */
struct head_again {
	struct fed_gid gid;
	int64_t at;
};

/*
 * Where does a neighbour's chain leave ours?  Entry `lo` is the same (or the one before the first),
 * entry `hi` is another; the entry between is asked for (KENT) until they are neighbours.
 */
struct fork_probe {
	struct fed_feed_name feed; /* as we call it */
	struct fed_epoch as;       /* as the neighbour does */
	unsigned peer;
	bool place;        /* the fork is known: which branch is it that the neighbour has? */
	bool align;        /* entry `hi` is looked at first: the chains may be the same */
	bool kin;          /* is the branch `as`, by its entry `hi`, what lies beyond our gap? */
	bool asked, known; /* known: theirs is its entry `hi` */
	bool mute;         /* what lies between it cannot tell either */
	bool renamed;      /* its head is without entry `hi` by now: it is of a branch there */
	uint64_t lo, hi, at;
	struct fed_sign theirs;
	struct fed_holding h; /* place, kin: its head */
};

struct fed_peer {
	struct fed_oid oid;
	bool up;
	int64_t up_s;               /* since then */
	struct vec heads;           /* struct fed_gid: groups whose heads it is asked for anew */
	struct vec again;           /* struct head_again: likewise, later */
	struct vec wants;           /* struct record_want, in the order in which they are asked */
	struct vec scans, controls; /* of the control pass: fed_node_catch.c */
	bool told_all;              /* all its heads, once */
	unsigned n_heads_asked;     /* requests for heads under way */
	uint64_t n_empty;           /* feeds that exist by its word alone */
	uint64_t got[FED_GOT_KINDS];
};

/* An entry that was given to the store. */
struct on_the_way {
	struct list node;
	struct fed_feed *feed;
	uint64_t n;
	unsigned peer; /* FED_PULL_PEERS: of none */
	bool stub;
	bool beat;                    /* a heartbeat */
	struct control_kept *control; /* what it says, which acts when it is durable; or NULL */
};

/* A record that was taken. */
struct record_told {
	struct fed_record_key key;
	uint64_t serial;
	bool again; /* another one had this serial before */
};

/* A record that changed, for KHEADS. */
struct record_news {
	struct fed_record_key key;
	uint64_t serial, changed;
};

/* How far a daemon is behind with our own feeds. */
struct fed_lag {
	struct fed_oid oid;
	uint64_t ahead;  /* entries that it has not told of */
	int64_t since_s; /* there have been any; 0: there are none */
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
	struct vec down;        /* struct fed_oid: out of reach for so long that others stand in */
	struct vec lags;        /* struct fed_lag: of those that have told all their heads once */
	bool neighbours_known;
	struct vec probes;             /* struct fork_probe */
	const struct fed_vouch *vouch; /* of the answer under way */
	enum fed_got verdict;          /* on the last entry */
	int64_t verdict_wait_s;        /* fed_verdict_entry.wait_s */
	bool catching, catch_open;     /* the control pass is on; ... and not over yet */
	int64_t catch_s;               /* when it began */
	int64_t now_at, steady_s;
};

/* The records of the group changed: its cuts, our neighbours, who hears of it. */
void node_record_taken(struct fed_node *n, const struct fed_record_key *key);

/* A record is wanted of this neighbour up to that serial. */
void node_want_record(
	struct fed_node *n, unsigned peer, const struct fed_record_key *key, uint64_t upto);

/* The feed of that name; a new one begins where the group's record says.  fed_node_begin.c */
struct fed_feed *node_feed_make(struct fed_node *n, const struct fed_feed_name *name);
/* Feeds that we have had begin later now. */
void node_apply_begins(struct fed_node *n, const struct fed_group *g);

/* Cuts.  fed_node_cut.c */

/* The last entry of a feed that counts by the group's cuts, as far as places say. */
uint64_t node_feed_end(const struct fed_group *g, const struct fed_feed_name *name);
/* ... and by the record that its first entry names (NULL: of what is here). */
uint64_t node_end_of(struct fed_node *n, const struct fed_group *g, const struct fed_feed *f,
	const struct fed_link *first);
/* Draw the line where the group's record draws it. */
void node_apply_cuts(struct fed_node *n, const struct fed_group *g);

/* Records: asked, answered.  fed_node_record.c */
bool node_next_record(struct fed_node *n, unsigned peer, struct fed_request *out);
void node_got_record(
	struct fed_node *n, unsigned peer, const struct fed_request *req, struct slice text);
void node_got_no_record(
	struct fed_node *n, unsigned peer, const struct fed_request *req, bool later);

/*
 * An entry of which the tags alone are here, as a stub: its content is asked for later.  0: it is
 * here or on its way to the disk; KERR_WAIT; KERR_BUSY: not now; KERR_DENIED: it does not count.
 */
NODISCARD int node_take_sign(struct fed_node *n, unsigned peer, const struct fed_feed_name *name,
	const struct fed_sign *s);

/* What control entries say.  fed_node_control.c */
struct slice node_cancel_of(
	const struct fed_node *n, const struct fed_sign *s, const struct fed_entry *en);
struct control_kept *node_control_keep(const struct fed_sign *s, const struct fed_entry *en);
void node_control_drop(struct control_kept *k);
void node_control_act(struct fed_node *n, struct fed_feed *f, const struct control_kept *k);

/* The control pass.  fed_node_catch.c */
void node_catch_init(struct fed_peer *p);
void node_catch_fini(struct fed_peer *p);
void node_catch_reset(struct fed_node *n, struct fed_peer *p);
void node_catch_tick(struct fed_node *n);
void node_catch_told(
	struct fed_node *n, unsigned peer, struct fed_feed *f, const struct fed_holding *h);
bool node_next_catch(struct fed_node *n, unsigned peer, struct fed_request *out);
/* An answer to KENT: false when it is not of the pass. */
bool node_catch_signs(
	struct fed_node *n, unsigned peer, const struct fed_request *req, struct slice text);
bool node_catch_no_signs(struct fed_node *n, unsigned peer, const struct fed_request *req);
void node_catch_answered(struct fed_node *n, unsigned peer, const struct fed_request *req);

/* Who is late.  fed_node_watch.c */
void node_mark_rise(struct fed_node *n, struct fed_feed *f, uint64_t high_before);
void node_mark_told(struct fed_feed *f, unsigned peer, uint64_t high);

/* What others have of our own.  fed_node_ahead.c */
void node_note_told(
	struct fed_node *n, unsigned peer, struct fed_feed *f, const struct fed_holding *h);
void node_lag_begin(struct fed_node *n, const struct fed_oid *oid);
void node_lags_tick(struct fed_node *n);

/* Heads.  fed_node_head.c */

/* The answer of a probe that asks for kin: ours is what we have in the place of `s`. */
void node_kin_told(struct fed_node *n, const struct fork_probe *p, struct fed_feed *f,
	const struct fed_sign *s, const struct fed_link *ours);
void node_ask_heads(struct fed_node *n, unsigned peer, const struct fed_gid *gid);
void node_ask_heads_again(struct fed_node *n, unsigned peer, const struct fed_gid *gid);
/* Those whose time has come; true when there were any. */
bool node_heads_again(struct fed_node *n);

/* Where chains part: docs/federation.md section 7.4.  fed_node_probe.c */

/* The neighbour's entry `differs_at` is not ours: find where the chains part. */
void node_fork_begin(struct fed_node *n, unsigned peer, const struct fed_feed *f,
	const struct fed_epoch *as, uint64_t differs_at);
/* Is its entry a->n ours? */
void node_align_begin(struct fed_node *n, unsigned peer, const struct fed_ask *a);
/* What nobody at hand can tell of a gap is guessed when it is asked for again after a while. */
bool node_may_guess(const struct fed_node *n, struct fed_feed *f);
/* It tells of a branch that begins in our gap: is it ours, by entry num?  False: not now. */
bool node_kin_begin(struct fed_node *n, unsigned peer, const struct fed_feed *f,
	const struct fed_holding *h, uint64_t num);
/* It holds more of a feed that forked: find its branch. */
void node_place_begin(
	struct fed_node *n, unsigned peer, const struct fed_feed *f, const struct fed_holding *h);
/* Its head by that name, while its chain is looked into. */
void node_probe_told(
	struct fed_node *n, unsigned peer, const struct fed_feed *f, const struct fed_holding *h);
/* An entry that came contradicts what is here. */
void node_fork_met(
	struct fed_node *n, unsigned peer, const struct fed_request *req, const struct fed_sign *s);
bool node_next_probe(struct fed_node *n, unsigned peer, struct fed_request *out);
NODISCARD int node_got_signs(
	struct fed_node *n, unsigned peer, const struct fed_request *req, struct slice text);
void node_got_no_signs(struct fed_node *n, unsigned peer, const struct fed_request *req);
void node_probes_gone(struct fed_node *n, unsigned peer);
void node_probes_free(struct fed_node *n);

/* Feeds that fork: likewise.  fed_node_fork.c */

/*
 * f and this neighbour have different entries `theirs->n` behind the same one.  0; KERR_WAIT;
 * KERR_BUSY: it cannot be taken now.
 */
NODISCARD int node_fork_found(
	struct fed_node *n, unsigned peer, struct fed_feed *f, const struct fed_sign *theirs);
/* An empty branch behind `before`; NULL: there are too many. */
struct fed_feed *node_branch_make(
	struct fed_node *n, const struct fed_feed_name *name, const struct fed_link *before);
/* The branch of f that begins with this entry. */
struct fed_feed_name node_branch_name(const struct fed_feed *f, const struct fed_sign *s);
/* Of a branch that is known by hearsay: an empty feed, of which its first entry is asked for. */
struct fed_feed *node_branch_heard(
	struct fed_node *n, const struct fed_feed_name *name, uint64_t low);
/* The first entry of such a branch came: what it follows.  0, KERR_WAIT. */
NODISCARD int node_find_parent(
	struct fed_node *n, const struct fed_feed_name *name, const struct fed_sign *s);
/* ... and passed the checks: the feed that it leaves is taken apart. */
void node_branch_proven(
	struct fed_node *n, const struct fed_feed_name *name, const struct fed_sign *s);

/* An entry of a loose feed came: it may be the one that a branch follows, or stands beside. */
void node_branches_again(struct fed_node *n, const struct fed_feed *f);
/* After a start: the proofs of all forks that are held. */
void node_forks_start(struct fed_node *n);

/* Parts of chains.  fed_node_part.c */

/* The link of an entry: in memory or asked for.  0, KERR_NOTFOUND, KERR_WAIT. */
int node_link(struct fed_node *n, const struct fed_feed *f, uint64_t num, struct fed_link *out);
/* What ours is: held, or said by the entry behind it (e alone). */
int node_known(struct fed_node *n, const struct fed_feed *f, uint64_t num, struct fed_link *out);
/* The part of its chain that has entry num: f itself, mostly. */
struct fed_feed *node_part_of(struct fed_node *n, struct fed_feed *f, uint64_t num);
void node_part_stored(struct fed_node *n, struct fed_feed *f, uint64_t num,
	const struct fed_link *known, bool stub);
/* Of all parts of that chain: what lies behind their ends is out. */
void node_parts_cut(struct fed_node *n, struct fed_feed *f);
/* Take f apart at num; ours is the entry there. */
void node_split(struct fed_node *n, struct fed_feed *f, uint64_t num, const struct fed_link *ours);
/* The other parts of the epoch: the next one behind `last` (NULL: the first). */
struct fed_feed *node_next_part(
	const struct fed_node *n, const struct fed_feed_name *name, const struct fed_feed *last);
/* All branches of which something is here, of that epoch (NULL: of all), by where they begin. */
void node_branches(struct fed_node *n, const struct fed_feed_name *of, struct vec *out);
/* The part that this branch leaves is taken apart, as far as it is known.  True: now it was. */
bool node_part_attach(struct fed_node *n, struct fed_feed *branch);
/* What comes of that epoch may be what a branch leaves: node_branches_again. */
void node_loosen(struct fed_node *n, const struct fed_feed_name *of);
/* After a start. */
void node_parts_start(struct fed_node *n);

#endif
