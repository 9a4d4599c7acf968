/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the simulation share. */
#ifndef TESTS_SIM_SIM_PRIV_H
#define TESTS_SIM_SIM_PRIV_H

#include "tests/sim/sim_world.h"

enum sim_event_kind { EV_START, EV_COMMIT, EV_TICK, EV_DIAL, EV_MESSAGE };

enum sim_message_kind { MSG_LIST, MSG_LISTED, MSG_HEADS, MSG_HEADED, MSG_GET, MSG_GOT };

struct sim_head {
	struct fed_feed_name name;
	struct fed_holding h;
	struct fed_hash e;
};

struct sim_serial {
	struct fed_record_key key;
	uint64_t serial;
};

struct sim_message {
	enum sim_message_kind kind;
	uint64_t since, life;      /* the cookie */
	struct vec heads, serials; /* struct sim_head, struct sim_serial */
	struct fed_request req;
	enum fed_give give;
	bool found; /* a record */
	struct buf text;
};

struct sim_event {
	int64_t at_ms;
	uint64_t order; /* of what happens in the same moment */
	enum sim_event_kind kind;
	unsigned a, b; /* daemon; link from a to b */
	uint64_t life; /* of daemon a, or of the link: else it is void */
	bool to_b;     /* of a message: which way */
	struct sim_message *m;
};

/* The connections that a dialled to b: one life of both. */
struct sim_link {
	bool up;
	uint64_t life;
	int peer; /* number of b in a's node */
	unsigned outstanding;
	uint64_t since, cookie;
	bool waits; /* b holds a's KHEADS */
	struct sim_message *held;
	int64_t clear_ms[2]; /* when the last message of each way arrives: order is kept */
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
	uint64_t epochs[SIM_GROUPS_MAX]; /* own epoch in force, by group; 0: none yet */
	bool restored;                   /* its generation file does not fit */
	bool put_back; /* an older disk of it was put back once: it signs no records any more, for
			  it might sign a serial twice, which only a quorum can mend */
	bool commit_due;
	struct sim_link *links; /* to each daemon */
	size_t *past; /* lengths of the log at some moments: what a restore goes back to */
	size_t n_past;
};

struct sim_group {
	struct fed_gid gid;
	char name[32];
	unsigned owner;
};

/* A post that was acknowledged. */
struct sim_post {
	uint64_t id;
	unsigned group, origin;
	struct fed_pos at;
	struct sim_blob *blob;
	bool put_back; /* a disk that had it was put back: perhaps it was the only one */
};

struct sim_world {
	struct sim_opts o;
	struct sim_rand rand;
	int64_t now_ms;
	uint64_t order, next_post;
	struct vec heap; /* struct sim_event */
	struct sim_daemon *daemons;
	struct sim_group groups[SIM_GROUPS_MAX];
	struct vec posts; /* struct sim_post */
	unsigned *side;   /* which part of a partition each daemon is in */
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
void sim_daemon_commit(struct sim_daemon *d);
void sim_daemon_tick(struct sim_daemon *d);
void sim_daemon_post(struct sim_daemon *d, unsigned group);
/* A record of its making: signed with its key (root: its root key). */
void sim_daemon_record(struct sim_daemon *d, struct slice text);
int64_t sim_daemon_clock(const struct sim_daemon *d);

/* ---- the network (sim_net.c) ---- */
void sim_net_init(struct sim_daemon *d);
void sim_net_fini(struct sim_daemon *d);
void sim_net_dial(struct sim_world *w, unsigned a, unsigned b);
void sim_net_dial_all(struct sim_daemon *d);
void sim_net_break(struct sim_world *w, unsigned a, unsigned b);
void sim_net_break_all(struct sim_daemon *d);
void sim_net_message(struct sim_world *w, const struct sim_event *e);
void sim_net_work(struct sim_daemon *d, unsigned peer);
void sim_net_news(struct sim_daemon *d);
bool sim_net_reaches(const struct sim_world *w, unsigned a, unsigned b);
void sim_message_free(struct sim_message *m);

/* ---- the end (sim_check.c) ---- */
/* The entry of that post on a disk; NULL: not there, or without its text. */
const struct sim_entry *sim_find_post(
	const struct sim_world *w, const struct sim_daemon *d, const struct sim_post *p);

/* ---- setting up (sim_setup.c) ---- */
void sim_setup(struct sim_world *w);
/* The owner of the group takes daemon `who` in or puts it out. */
void sim_change_member(struct sim_world *w, unsigned group, unsigned who);

#endif
