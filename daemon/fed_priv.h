/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the federation share.  All of it on the federation's thread but where said.
 *
 *   fed.c        life; the node's outside; clock
 *   fed_store.c  entries, feeds and records between node and store
 *   fed_shape.c  entries made ready for the store, many of them in the pool
 *   fed_load.c   records and feeds from the store at the start
 *   fed_link.c   one neighbour that we ask: address, two connections, back-off
 *   fed_link_status.c  links as time goes by, and as the admin sees them
 *   fed_turn.c   connections over which the one who has dialled is asked
 *   fed_door.c   connections of those that dial us; invitations in use
 *   fed_dial.c   from a name to a connection
 *   fed_book.c   invitations, who has invited us, who is paused or blocked
 *   fed_tls.c    contexts of the peer port
 *   fed_keys.c   the keys on disk, in the file of fed_keys_file.c
 *   fed_watch.c  heartbeats, who is late, clocks
 *   fed_epoch.c  which epoch we may issue in
 *   fed_file.c   numbers kept beside the database, such as those of fed_epoch.c
 *   fed_group.c  the newsgroups of the records
 *   fed_self*.c  the daily self-check; fed_mend.c  articles that were lost and came again
 *   fed_relay.c  entries that other news servers bring (other threads call it)
 *   fed_posting.c  posts that become entries (other threads call it)
 *   fed_say.c    control entries that we issue
 *   fed_heard.c  what control entries say: fed_roster.c people, fed_petition.c requests,
 *                fed_proof.c forks
 *   fed_notes.c  alarms
 *   fed_papers.c drafts, which several daemons must sign
 *   control_fed*.c the admin's commands
 */
#ifndef DAEMON_FED_PRIV_H
#define DAEMON_FED_PRIV_H

#include <event2/event_struct.h>
#include <openssl/types.h>

#include "daemon/daemon.h"
#include "daemon/fed.h"
#include "daemon/fed_keys.h"
#include "daemon/fed_notes.h"
#include "daemon/fed_papers.h"
#include "daemon/fed_petition.h"
#include "proto/base/coll.h"
#include "proto/fed/fed_join.h"
#include "proto/fed/fed_node.h"
#include "proto/fed/peer_session.h"
#include "storage/store_fed.h"

enum {
	FED_PORT = 8433,
};

/* Somebody waits for a record to be on disk. */
struct fed_waiter {
	struct list node;
	struct fed_record_key key;
	uint64_t serial;
	void (*fn)(void *arg, int rc);
	void *arg;
};

/* What the admin must know, beside the alarms of the node (enum fed_alarm). */
enum {
	FED_NOTE_SILENT = FED_ALARM_BEHIND_OWN + 1,
	FED_NOTE_LAGGING,
	FED_NOTE_DAMAGED, /* about a group: articles of it on this disk */
	FED_NOTE_LOCAL,   /* likewise, or about a person: what no other daemon has */
};

/* The daemon that has invited us and has not taken us in yet. */
struct fed_sponsor {
	struct fed_token token;
	char numbers[FED_SAS_LEN + 1];
	bool set;
};

/* Settings; SIGHUP changes them. */
struct fed_opts {
	unsigned conns, conns_per_oid;
	size_t self_check; /* bytes a second */
	bool people;
	int64_t people_delay_s;
};

/* One post of our own on its way: what the next one in its epoch must not fall behind. */
struct fed_book;
struct fed_plans;
struct fed_self;
struct fed_proofs;
struct fed_roster;

struct fed {
	struct daemon *d;
	struct loop *loop;
	struct conn_set *set;
	struct fed_keys *keys; /* NULL: not part of any federation yet, no node */
	struct fed_tls *tls;   /* with the keys */
	struct fed_reg *reg;   /* the records that we hold; may be without a federation */
	struct fed_feeds feeds;
	struct fed_node *node; /* NULL without keys */
	struct fed_opts opts;
	struct list doors;     /* struct fed_door: those that have dialled us */
	atomic_size_t n_doors; /* written by this thread alone */
	struct list links;     /* struct neighbour (fed_link.c): those that we dial */
	struct fed_sponsor sponsor;
	struct fed_book *book;   /* invitations of ours */
	struct fed_plans *plans; /* for posts */
	struct fed_self *self;   /* the self-check */
	struct fed_roster *roster;
	struct fed_proofs *proofs;
	struct fed_petitions petitions;
	struct fed_papers papers; /* drafts that wait for signatures */
	struct vec again;         /* control entries that are looked at again (fed_heard.c) */
	struct list waiters;      /* struct fed_waiter */
	struct list relays;       /* struct fed_relay, waiting for the disk */
	size_t n_storing;         /* entries on their way to the disk ... */
	struct list shapes;       /* struct fed_shape: those not yet given to the store */
	size_t shape_bytes;       /* of their articles */
	struct fed_lot *lot;      /* those that go to the pool next, or NULL */
	struct fed_notes notes;
	struct peer_stats stats;
	atomic_uint_fast64_t n_refused, n_late, n_alarms;
	const char *data, *name;          /* folder; of this daemon */
	struct store_past past;           /* of the store */
	size_t n_damaged;                 /* pieces of records that are, since the start */
	uint64_t epoch_floor, epoch_last; /* as in the file */
	int64_t forgot_at;  /* likewise: when we knew not all any more that we signed; 0: never, or
			       dealt with */
	bool forgot_damage; /* likewise: for the disk lost some of it, not by a backup */
	size_t n_drafts;    /* likewise: on disk at least */
	uint64_t epoch_run; /* begun in this life; 0: none */
	struct event on_tick, on_soon;
	unsigned n_ticks;
	bool catching;    /* the control pass of a daemon that was away (section 7.1) */
	bool restored;    /* the store was put back */
	bool remade;      /* a feed of it was damaged, and is made anew */
	bool clock_wrong; /* by others' clocks: nothing is signed */
	bool news_due, dial_due, plans_due, groups_due, papers_due, stopping;
};

/* ---- fed.c ---- */

/* Keys are there now: the node begins. */
void fed_begin(struct fed *f);

/* Tell the node the time. */
void fed_now(struct fed *f);

/*
 * A record of our own making: judged, kept, told.  fn is called when it is on disk, or could not be
 * put there.  A negative result: refused, *err says why; fn is not called.
 */
NODISCARD int fed_give(struct fed *f, struct slice text, void (*fn)(void *arg, int rc), void *arg,
	struct err *err);

/*
 * The signing key that others know us by: the one in use, as a rule.  Where our own record has a
 * rival the one before is in force, and that may name a key of before.  *id_out may be NULL.
 */
const uint8_t *fed_seed(const struct fed *f, struct fed_keyid *id_out);

/* Dial who is to be dialled, soon. */
void fed_dial_soon(struct fed *f);

/* What is due is done before the loop sleeps. */
void fed_soon(struct fed *f);

/* A record was taken; it is on its way to the disk. */
void fed_record_came(struct fed *f, const struct fed_record_key *key);
void fed_wake_waiters(struct fed *f, const struct fed_record_key *key, uint64_t serial, int rc);

/* fed_outside.caught_up */
void fed_caught_up(void *arg);

/* fed_outside.alarm */
void fed_alarm(void *arg, enum fed_alarm what, const struct fed_oid *who, struct slice text);

/* TCP asks now and then whether the other end is there. */
void fed_keep_alive(int fd);

/* ---- fed_watch.c ---- */
void fed_watch_tick(struct fed *f);

/* ---- fed_load.c ---- */

/* Records and feeds from the store into f->reg and f->feeds. */
NODISCARD int fed_load(struct fed *f, struct err *err);

/* ---- fed_store.c ---- */

/* The part of struct fed_outside that the store answers; arg is the struct fed. */
extern const struct fed_outside fed_outside;

/* A link as the store keeps it beside an entry, and back. */
enum { FED_NOTE_LEN = 48 };

void fed_note_put(const struct fed_link *l, uint8_t out[FED_NOTE_LEN]);
NODISCARD bool fed_note_get(
	uint64_t n, const uint8_t hash[STORE_ENTRY_HASH], struct slice note, struct fed_link *out);
/* E as bytes; "" is zeros. */
void fed_hash_raw(const struct fed_hash *h, uint8_t out[STORE_ENTRY_HASH]);
void fed_hash_text(const uint8_t raw[STORE_ENTRY_HASH], struct fed_hash *out);
NODISCARD int fed_feed_tip(struct fed *f, const struct fed_feed_name *name, struct fed_link *out);

/* ---- fed_epoch.c ---- */

/* Compare the file with the store; feeds and records are loaded.  False: it cannot be written. */
NODISCARD bool fed_epoch_start(struct fed *f);
/* The epoch that we issue in, in this group; 0: none can be begun now (the disk). */
uint64_t fed_epoch_own(struct fed *f, const struct fed_gid *gid);
/*
 * Did a key that is revoked sign entries of ours in the group, and no cut says yet what of them
 * counts?  *end_out (may be NULL): the last of them.  Until then people do not post, and what is
 * issued lies in an epoch that is left when the cut is there.  Section 2
 */
bool fed_epoch_unconfirmed(struct fed *f, const struct fed_group *g, struct fed_pos *end_out);
/*
 * Epochs of ours that have a cut in this record in force, or that were begun in ignorance of one
 * before them, are left: nothing that would be issued there counts.  Section 3.3
 */
void fed_epoch_behind(struct fed *f, const struct fed_group *g);
/*
 * That serial is in force.  What was issued under a later one, which is void since (two records had
 * its serial), others cannot judge: we go on in an epoch that does not name it.  Section 3
 */
void fed_epoch_void(struct fed *f, const struct fed_group *g, uint64_t serial);
/* How long this daemon was away before it was started, by the file's time; 0: not known. */
int64_t fed_epoch_away_s(struct fed *f);
/* Once a minute: we are here. */
void fed_epoch_alive(struct fed *f);
/*
 * The store was put back, or records of it were lost, and drafts that this daemon has signed may be
 * forgotten: until when they can come into force; 0: none is.  Section 3.4
 */
int64_t fed_epoch_forgot_until(const struct fed *f);
/* Others are on disk than before: by their number the next start sees whether some are lost. */
void fed_epoch_drafts(struct fed *f);
/* The admin says that there is none.  False: that cannot be kept. */
NODISCARD bool fed_epoch_vouched(struct fed *f);
/* That one is not safe any more: nothing is issued in it or below. */
void fed_epoch_next(struct fed *f, uint64_t unsafe);

/* The same of the epoch in use in this group, of which others know more than we do. */
void fed_epoch_leave(struct fed *f, const struct fed_gid *gid);

/* ---- fed_group.c ---- */

/* The groups of the records are there for people: made, and changed as the records are. */
void fed_groups_fit(struct fed *f);

#endif
