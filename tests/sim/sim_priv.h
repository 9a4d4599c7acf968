/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the simulation share. */
#ifndef TESTS_SIM_SIM_PRIV_H
#define TESTS_SIM_SIM_PRIV_H

#include "proto/fed/peer_client.h"
#include "proto/fed/peer_turner.h"
#include "tests/sim/sim_world.h"

enum sim_event_kind { EV_START, EV_COMMIT, EV_TICK, EV_DIAL, EV_BYTES, EV_NEWS, EV_WORK };

struct sim_event {
	int64_t at_ms;
	uint64_t order; /* of what happens in the same moment */
	enum sim_event_kind kind;
	unsigned a, b;    /* daemon; link from a to b */
	uint64_t life;    /* of daemon a, or of the link: else it is void */
	unsigned conn;    /* of bytes: place in sim_link.conns */
	bool to_b;        /* ... which way */
	bool turned;      /* of work: over the turned connection that b has dialled */
	struct buf bytes; /* on the heap while they are on the way */
};

/* One end of a connection. */
struct sim_end {
	const struct session_ops *ops;
	void *session;
	struct buf in;    /* what came and was not taken */
	bool waits;       /* for a wake: is fed nothing */
	int64_t clear_ms; /* when the last bytes for it arrive: order is kept */
};

/* A connection from a to b: the one that dialled, the one that answers. */
struct sim_conn {
	bool open;
	struct sim_end dialler, answerer;
};

enum { SIM_TURNED = 2, SIM_CONNS = 4 };

/*
 * What a dialled to b, with one life: to fetch and to watch, and where nobody can dial a, turned
 * around, for b to fetch and to watch.
 */
struct sim_link {
	bool up; /* at least the fetching one is there */
	uint64_t life;
	int peer;        /* number of b in a's node; -1: not yet */
	int turned_peer; /* ... of a in b's */
	bool work_due, turned_work_due, doomed;
	int64_t dial_ms; /* not before */
	struct sim_daemon *from, *to;
	struct sim_conn conns[SIM_CONNS]; /* by enum peer_client_kind, turned ones behind */
};

/* What a copy of the machine has: how long the log was, and the generation file. */
struct sim_past {
	size_t log_n;
	uint64_t floor, last_epoch;
};

struct sim_daemon {
	struct sim_world *w;
	unsigned i;
	bool up;
	uint64_t life;
	int64_t clock_s; /* how wrong its clock is */
	uint8_t root_seed[CRYPTO_KEY_LEN], seed[CRYPTO_KEY_LEN];
	struct fed_oid oid;
	struct fed_keyid keyid;
	char name[32];
	struct sim_disk disk;
	struct fed_reg *reg;
	struct fed_feeds feeds;
	struct fed_node *node;
	uint64_t epochs[SIM_GROUPS_MAX];  /* own epoch in force, by group; 0: none yet */
	uint64_t epoch_r[SIM_GROUPS_MAX]; /* the record that its last entry named; 0: none yet */
	bool hidden;                      /* it cannot be dialled */
	bool liar;                        /* its operator changes what others fetch from it */
	uint64_t floor, last_epoch; /* in its generation file, which is not backed up: no entry is
				       issued in an epoch below floor; the highest it has begun */
	bool restored;              /* its generation file does not fit */
	bool put_back; /* an older disk of it was put back once: it signs no records any more, for
			  it might sign a serial twice, which only a quorum can mend */
	int64_t catch_ms;              /* when its control pass began */
	uint64_t knew[SIM_GROUPS_MAX]; /* each group's serial before it read what came last */
	struct fed_pos *lists; /* of people: the last one known, by group and origin; n = 0: none */
	bool commit_due, news_due;
	struct sim_link *links; /* to each daemon */
	struct sim_past *past;  /* some moments: what a restore goes back to */
	size_t n_past;
};

enum { SIM_STRUCK_MAX = 64 };

struct sim_group {
	struct fed_gid gid;
	char name[32];
	unsigned owner;
	bool join;          /* who comes later gets what comes later */
	uint64_t contested; /* the lowest serial of which there were two records; 0: none */
	struct vec drawn; /* struct fed_cut: of all records that had a rival, or may have one yet */
	uint64_t guests[SIM_STRUCK_MAX]; /* serials of records that took it in and had a rival */
};

/* A post that was acknowledged. */
struct sim_post {
	uint64_t id;
	unsigned group, origin;
	struct fed_pos at;
	struct sim_blob *blob;
	bool control;    /* a cancel of another one, or a list of people */
	uint64_t target; /* a cancel: ... of that id */
	uint64_t r;      /* the record that it names */
	int64_t acked_ms;
	bool put_back; /* a disk that had it was put back: perhaps it was the only one */
	bool rotten;   /* it rotted on a disk: perhaps the rest are of those who were put out */
};

struct sim_world {
	struct sim_opts o;
	struct sim_rand rand;
	int64_t now_ms;
	int64_t nights_s; /* that went by on all clocks while nothing happened */
	uint64_t order, next_post;
	struct vec heap; /* struct sim_event */
	struct sim_daemon *daemons;
	struct sim_group groups[SIM_GROUPS_MAX];
	struct vec posts;              /* struct sim_post */
	unsigned *side;                /* which part of a partition each daemon is in */
	const struct sim_daemon *acts; /* with -v: whose log lines are these? */
	struct sim_figures n;
	char why[512];
	struct buf text;
};

/* ---- events ---- */
void sim_at(struct sim_world *w, int64_t delay_ms, const struct sim_event *e);
bool sim_next_event(struct sim_world *w, struct sim_event *out);

/* ---- one daemon (sim_daemon.c) ---- */
void sim_daemon_init(struct sim_world *w, unsigned i);
void sim_daemon_fini(struct sim_daemon *d);
void sim_daemon_start(struct sim_daemon *d);
/* keep: how much of its queue reaches the disk all the same */
void sim_daemon_stop(struct sim_daemon *d, size_t keep);
/* Of this moment; and back to it, after a stop: with the generation file, or without. */
void sim_daemon_copy(const struct sim_daemon *d, struct sim_past *out);
void sim_daemon_put_back(struct sim_daemon *d, const struct sim_past *at, bool noticed);
void sim_daemon_commit(struct sim_daemon *d);
void sim_daemon_tick(struct sim_daemon *d);
void sim_daemon_post(struct sim_daemon *d, unsigned group);
/* All that it has is read and compared: docs/federation.md section 7.7 */
void sim_daemon_self_check(struct sim_daemon *d);
/* What it owes: docs/federation.md section 7.6 */
void sim_daemon_beats(struct sim_daemon *d);
/* A record of its making: signed with its key (root: its root key). */
void sim_daemon_record(struct sim_daemon *d, struct slice text);
int64_t sim_daemon_clock(const struct sim_daemon *d);
/* Tell its node the time. */
void sim_daemon_now(struct sim_daemon *d);
/* What is queued is on its disk in a moment. */
void sim_daemon_commit_soon(struct sim_daemon *d);
/* A new epoch: larger than all before it. */
void sim_daemon_new_epoch(struct sim_daemon *d, unsigned group);

/* ---- the outside of its node (sim_outside.c) ---- */
extern const struct fed_outside sim_outside;

/* ---- records of one serial (sim_forks.c) ---- */

/* The owner signs two upon one; its own node has one of them, that daemon is given the other. */
void sim_fork_record(struct sim_world *w, unsigned group, struct sim_daemon *to);
/* The admin decides where there are two; false: there are not. */
bool sim_settle(struct sim_world *w, unsigned group);
/* A record takes it in that may become void. */
void sim_note_guest(struct sim_group *g, unsigned who, uint64_t serial);
/*
 * Did a record put it out that is void, and whose cut none that healed has carried?  So it is where
 * the admin did not know of it: a rival made upon a void record, shown to others.  What is held of
 * such a daemon may differ: docs/federation.md section 3
 */
bool sim_is_struck(const struct sim_world *w, const struct sim_group *g, const struct fed_oid *oid);
/* Does it lie behind a cut that one of two records has drawn? */
bool sim_is_drawn(const struct sim_world *w, const struct sim_group *g, const struct sim_post *p);
/* The record of the group that is in force at its owner. */
uint64_t sim_serial(const struct sim_world *w, const struct sim_group *g);
/* All who should know do; NULL, or what does not hold. */
const char *sim_check_forks(struct sim_world *w, bool settled);

/* ---- lists of people (sim_lists.c) ---- */

/* It starts, and knows of none; then those on its disk. */
void sim_lists_begin(struct sim_daemon *d);
void sim_lists_again(struct sim_daemon *d);
/* fed_outside.control */
void sim_lists_heard(void *arg, const struct fed_feed *f, const struct fed_sign *s,
	const struct fed_control *c, struct slice body);
/* Is the list that it knows of each origin the last one it holds? */
bool sim_lists_hold(struct sim_world *w, const struct sim_daemon *d);

/* ---- the network (sim_net.c) ---- */
void sim_net_init(struct sim_daemon *d);
void sim_net_fini(struct sim_daemon *d);
void sim_net_dial(struct sim_world *w, unsigned a, unsigned b);
void sim_net_dial_all(struct sim_daemon *d);
void sim_net_break(struct sim_world *w, unsigned a, unsigned b);
void sim_net_break_all(struct sim_daemon *d);
void sim_net_bytes(struct sim_world *w, struct sim_event *e);
void sim_net_wake_watchers(struct sim_daemon *d);
void sim_net_wake_fetcher(struct sim_world *w, unsigned a, unsigned b);
void sim_net_wake_turned(struct sim_world *w, unsigned a, unsigned b);
/* Does it ask the other one now? */
bool sim_net_asks(const struct sim_daemon *d, unsigned other);
void sim_net_work(struct sim_daemon *d, unsigned peer);
void sim_net_news(struct sim_daemon *d);
bool sim_net_reaches(const struct sim_world *w, unsigned a, unsigned b);

/* ---- what is said (sim_watch.c) ---- */

/* It reads what came now: what it asks meanwhile may come before a record that is in it. */
void sim_watch_begin(struct sim_daemon *d);
/* What d says to `who`; what should not be said is counted in sim_figures.leaks. */
void sim_watch_answers(struct sim_daemon *d, const struct fed_oid *who, struct slice text);
/* d calls `who` an intruder; what is not so is counted in sim_figures.slanders. */
void sim_watch_intruder(struct sim_daemon *d, const struct fed_oid *who, struct slice gid);
void sim_watch_questions(struct sim_daemon *d, const struct fed_oid *who, struct slice text);

/* The Message-ID of a post. */
void sim_mid(const struct sim_world *w, unsigned origin, uint64_t id, char out[SIM_MID]);

/* ---- the end (sim_check.c) ---- */
/* The entry of that post on a disk; NULL: not there, or without its text. */
const struct sim_entry *sim_find_post(
	const struct sim_world *w, const struct sim_daemon *d, const struct sim_post *p);

/*
 * Does it lie behind a cut that the record which it names does not know; or does that one, which
 * has the serial now, not know its origin?
 */
bool sim_is_cut(const struct fed_group *rec, const struct sim_world *w, const struct sim_post *p);
/* What control entries have done (sim_cancels.c); NULL, or what does not hold. */
const char *sim_check_cancels(struct sim_world *w);

/* Does the member get entry n of that feed, by the record? */
bool sim_is_for(const struct fed_group *rec, const struct sim_daemon *d,
	const struct fed_oid *origin, uint64_t epoch, uint64_t n);

/* ... and it is as its origin made it. */
bool sim_holds_post(
	const struct sim_world *w, const struct sim_daemon *d, const struct sim_post *p);

/* ---- setting up (sim_setup.c) ---- */
void sim_setup(struct sim_world *w);
/* Those that cannot be dialled meet through it: it stays in all groups. */
bool sim_is_needed(const struct sim_world *w, unsigned i);
/* The owner of the group takes daemon `who` in or puts it out. */
void sim_change_member(struct sim_world *w, unsigned group, unsigned who);

#endif
