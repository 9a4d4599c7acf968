/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One daemon's part in the federation, without socket, clock, disk and OpenSSL: what it knows, what
 * it asks its neighbours for, what it takes from them, what it tells them.  The daemon and the
 * simulator drive the same code.  docs/federation.md
 *
 * One thread.  The sessions of the peer port (peer_session.h, peer_client.h) call it; what it needs
 * of the outside it asks through struct fed_outside.  Nothing is told to a neighbour, and nothing
 * acts, before it is durable: the outside says so with fed_node_stored and fed_node_recorded.
 */
#ifndef PROTO_FED_FED_NODE_H
#define PROTO_FED_FED_NODE_H

#include "proto/fed/fed_check.h"
#include "proto/fed/fed_pull.h"

enum {
	FED_RECORDS_WANTED = 8192, /* records that one neighbour's word makes us ask for */
	FED_ON_THE_WAY = 4096,     /* entries given to the store and not answered */
};

struct fed_node;
struct fed_control; /* fed_control.h */

/* Something to be stored; slices are valid during the call. */
struct fed_take {
	struct fed_feed *feed; /* feed->id is 0 until the store knows it.  Its name there is
				  feed->stored; it begins at feed->low, behind feed->tip */
	struct fed_link link;
	enum fed_kind kind;
	enum fed_absent absent;        /* why there is no content */
	const struct fed_group *group; /* NULL: the control group */
	struct slice mid;              /* empty: a heartbeat */
	struct slice sign;             /* "<T>; s=<signature>" */
	struct slice article;          /* as it is stored, without Kokod-Sign; empty: no content */
	struct slice cancels; /* Message-ID of this group to take out in the same transaction; one
				 that is not here is hidden when it comes; or empty */
};

/* An entry as the store has it. */
struct fed_held {
	char sign[FED_FIELD_MAX]; /* "<T>; s=<signature>" */
	bool content;
	enum fed_absent absent;
};

enum fed_alarm {
	FED_ALARM_INTRUDER,    /* a peer holds a group that it is not in */
	FED_ALARM_FORK,        /* an origin signed two entries with one number, proven; who is
				  ourselves: issue nothing more in an epoch begun before */
	FED_ALARM_RECORD_FORK, /* a writer signed two records with one serial */
	FED_ALARM_BEHIND_OWN,  /* a neighbour knows more of our own feed than we do */
};

struct fed_outside {
	/* Queue it; fed_node_stored answers.  KERR_BUSY, KERR_FULL, KERR_CLOSED: not now. */
	int (*store)(void *arg, const struct fed_take *take);
	/* Likewise; fed_node_recorded answers. */
	int (*record)(void *arg, const struct fed_record_key *key, uint64_t serial,
		struct slice text, bool fork);
	/* Of an entry that the feed has: 0, KERR_WAIT (not of one that was stored just now). */
	int (*link)(void *arg, const struct fed_feed *f, uint64_t n, struct fed_link *out);
	int (*held)(void *arg, const struct fed_feed *f, uint64_t n, struct fed_held *out);
	/* Append its article, without Kokod-Sign: 0, KERR_WAIT, KERR_NOTFOUND (erased, lost). */
	int (*article)(void *arg, const struct fed_feed *f, uint64_t n, struct buf *out);
	/* Entries after `end` are void: take them out; fed_node_cut answers. */
	void (*cut)(void *arg, struct fed_feed *f, uint64_t end);
	/* The feed begins at `low` now, what lies before is none of it; fed_node_begun answers. */
	void (*begin)(void *arg, struct fed_feed *f, uint64_t low);
	/* Heads or records have changed: wake those who wait for it. */
	void (*news)(void *arg);
	/* There is something to ask of this neighbour. */
	void (*work)(void *arg, unsigned peer);
	/* The set of neighbours may have changed (fed_node_neighbours). */
	void (*neighbours)(void *arg);
	void (*alarm)(void *arg, enum fed_alarm what, const struct fed_oid *who, struct slice text);
	/*
	 * With FED_ALARM_FORK, and after a start of all that is held: two signed tags of one place,
	 * which a `fork` entry of the group may carry (fed_fork_add).  NULL: no such entry is made.
	 */
	void (*fork_proof)(void *arg, const struct fed_gid *gid, const struct fed_sign *one,
		const struct fed_sign *two);
	/*
	 * A control entry of another daemon that may say what it says is on disk: members, request,
	 * refuse, fork, cancel, and record, which has been taken before.  Slices are valid during
	 * the call.  It may be told again, and in another order: what came before it must stay so.
	 * NULL: nothing is done.
	 */
	void (*control)(void *arg, const struct fed_feed *f, const struct fed_sign *s,
		const struct fed_control *c, struct slice body);
	/* The control pass is over (fed_node_catch_up).  NULL: nobody waits for it. */
	void (*caught_up)(void *arg);
};

struct fed_node_opts {
	struct fed_oid self;
	struct slice name;       /* of this daemon: it goes in front of Path */
	struct fed_reg *reg;     /* filled from disk; the caller's, must outlive the node */
	struct fed_feeds *feeds; /* likewise */
	const struct fed_outside *outside;
	void *arg;
	uint64_t cookie;                     /* random: heads of an earlier life are told in full */
	uint64_t quota_entries, quota_bytes; /* of an origin in a group, an hour; 0: no limit */
};

NODISCARD struct fed_node *fed_node_new(const struct fed_node_opts *o);
void fed_node_free(struct fed_node *n);

/*
 * After a start, once the outside is ready: what a crash left half done is done, feeds that fork
 * are taken apart.  outside->link must not wait now.
 */
void fed_node_start(struct fed_node *n);

/*
 * The outside's clocks, before any other call of an event: seconds since 1970, and seconds that
 * only go forward, by which what was asked in vain is asked again.
 */
void fed_node_now(struct fed_node *n, int64_t now_at, int64_t steady_s);

/* Every second or so: what was asked in vain is asked again. */
void fed_node_tick(struct fed_node *n);

/*
 * After fed_node_start, when this daemon was away for an hour or its disk was put back: before any
 * content is asked for, records and control entries of all neighbours in reach are fetched.  Until
 * it is over content is given to nobody (490), and the outside shows none of the federation's
 * groups.  It ends by itself, after 10 minutes at the latest, or when the admin says so.
 */
void fed_node_catch_up(struct fed_node *n);
bool fed_node_catching_up(const struct fed_node *n);
void fed_node_end_catch_up(struct fed_node *n);

/* ---- neighbours that we dialled ---- */

/* The daemons that this one dials, by all groups it is in; fn returns false to stop. */
typedef bool (*fed_oid_fn)(void *arg, const struct fed_oid *oid);
void fed_node_neighbours(struct fed_node *n, fed_oid_fn fn, void *arg);

/*
 * By the records: can this daemon be dialled?  And is there any way between it and us: two that
 * cannot be dialled meet through others.  True of one whose record is not known.
 */
bool fed_node_dialled(const struct fed_node *n, const struct fed_oid *oid);
bool fed_node_meets(const struct fed_node *n, const struct fed_oid *oid);

/*
 * It has been out of reach for 10 minutes, or is back: others stand in for it where a group has so
 * many members that not all are neighbours.  Nothing is kept of it over a restart.
 */
void fed_node_unreachable(struct fed_node *n, const struct fed_oid *oid, bool down);

/* A fetching session to it is up: its number from now on.  KERR_FULL: too many. */
int fed_node_up(struct fed_node *n, const struct fed_oid *oid);
void fed_node_down(struct fed_node *n, unsigned peer);

/*
 * It says that it has this record, this head.
 *
 * hash  of the record, "" when it did not say; another than ours is asked for
 */
void fed_node_told_record(struct fed_node *n, unsigned peer, const struct fed_record_key *key,
	uint64_t serial, const struct fed_hash *hash);
void fed_node_told_head(struct fed_node *n, unsigned peer, const struct fed_feed_name *name,
	const struct fed_holding *h, const struct fed_hash *e_of_high);

/* It has said all that it has, once. */
void fed_node_told_all(struct fed_node *n, unsigned peer);

/* It has answered a FED_REQ_HEADS; also when it has refused. */
void fed_node_told_group(struct fed_node *n, unsigned peer);

enum fed_request_kind {
	FED_REQ_RECORD,
	FED_REQ_HEADS, /* KHEADS * 0 of one group, whose record has changed: fed_node_told_head */
	FED_REQ_ENTRY,
	FED_REQ_SIGNS, /* KENT n..upto: what a neighbour's chain is made of */
};

struct fed_request {
	enum fed_request_kind kind;
	struct fed_record_key key; /* FED_REQ_RECORD */
	uint64_t serial;
	struct fed_hash version;   /* FED_REQ_RECORD: the one with this hash; "": any */
	struct fed_feed_name name; /* FED_REQ_ENTRY, FED_REQ_SIGNS; FED_REQ_HEADS: its gid */
	struct fed_epoch as;       /* what this neighbour calls it: goes on the wire; n 0: as we */
	uint64_t n, upto;          /* upto: of FED_REQ_SIGNS */
};

/* The next thing to ask of it; records first.  False: nothing now. */
bool fed_node_next(struct fed_node *n, unsigned peer, struct fed_request *out);

/* Its answers.  `text` is the record, the article, the stub.  KERR_WAIT: give it again. */
NODISCARD int fed_node_got(
	struct fed_node *n, unsigned peer, const struct fed_request *req, struct slice text);
NODISCARD int fed_node_got_stub(
	struct fed_node *n, unsigned peer, const struct fed_request *req, struct slice text);
/* 490: it may have it later; else it has not. */

/* What became of the entry that was given last (fed_node_got, fed_node_got_stub). */
enum fed_got fed_node_verdict(const struct fed_node *n);

/* Of the answer that is given next: its signature was looked at.  NULL: it was not. */
void fed_node_vouch(struct fed_node *n, const struct fed_vouch *v);
void fed_node_got_none(
	struct fed_node *n, unsigned peer, const struct fed_request *req, bool later);

/* ---- what is durable ---- */

/*
 * The answer to fed_outside.store: rc, and with 0 the link of the feed's `high` as it is now.
 */
void fed_node_stored(
	struct fed_node *n, struct fed_feed *f, uint64_t num, int rc, const struct fed_link *tip);

void fed_node_recorded(
	struct fed_node *n, const struct fed_record_key *key, uint64_t serial, int rc);

/*
 * The content of an entry, which was here, is damaged and marked so on disk: it is told as a stub,
 * and asked of any neighbour that has it; fed_outside.store gets it then, as that of any stub.
 * Said again, those are asked too that were asked in vain.  docs/federation.md section 7.7
 */
void fed_node_lost(struct fed_node *n, struct fed_feed *f, uint64_t num);
/* It is whole after all. */
void fed_node_found(struct fed_node *n, struct fed_feed *f, uint64_t num);
/* Does any neighbour in reach say that it has what is lost? */
bool fed_node_offered(struct fed_node *n, struct fed_feed *f, uint64_t num);

/*
 * An entry of our own was stored by others than the node: a post.  tip: its link.  Where a record
 * has cut the feed before it, it is cut again.
 */
void fed_node_issued(struct fed_node *n, struct fed_feed *f, const struct fed_link *tip);

/*
 * Act on a control entry that is held: after a start, for a crash may have come between the disk
 * and the act, and for one of our own, which nobody else gives us.  KERR_WAIT; KERR_NOTFOUND: it is
 * none, or its text is not here.
 */
int fed_node_control_again(struct fed_node *n, struct fed_feed *f, uint64_t num);

/* The entries after the end are out; tip: the link of what is `high` now. */
void fed_node_cut(struct fed_node *n, struct fed_feed *f, const struct fed_link *tip);

/* The feed begins where it was told to; tip: of what follows there without a gap. */
void fed_node_begun(struct fed_node *n, struct fed_feed *f, const struct fed_link *tip);

/* A record of our own making (or the admin's): judged, then kept like any other. */
NODISCARD enum fed_reg_got fed_node_give_record(
	struct fed_node *n, struct slice text, struct err *why);

/* ---- what a neighbour that dialled us may have ---- */

struct fed_heads_query {
	const struct fed_oid *who;
	uint64_t since;            /* the count of an answer before; 0: all */
	const struct fed_gid *gid; /* NULL: of all groups */
};

/*
 * Feeds that changed since, in the order of change, as far as `who` may know; then records.  low:
 * no entry before it is told of.
 */
typedef bool (*fed_head_fn)(void *arg, const struct fed_feed *f, uint64_t low);
void fed_node_heads(
	const struct fed_node *n, const struct fed_heads_query *q, fed_head_fn fn, void *arg);

/* A record that is told: two of one serial are told both. */
typedef bool (*fed_line_fn)(
	void *arg, const struct fed_record_key *key, uint64_t serial, const struct fed_hash *hash);
void fed_node_records(
	const struct fed_node *n, const struct fed_heads_query *q, fed_line_fn fn, void *arg);
/* The lines of one record, if `who` may know of it.  False: fn has said so. */
bool fed_node_lines(const struct fed_node *n, const struct fed_oid *who,
	const struct fed_record_key *key, fed_line_fn fn, void *arg);

/* The count up to now, and the number of this life: together the cookie. */
uint64_t fed_node_count(const struct fed_node *n);
uint64_t fed_node_cookie(const struct fed_node *n);

enum fed_give {
	FED_GIVE_ARTICLE, /* 292: out has the article, Kokod-Sign in front */
	FED_GIVE_STUB,    /* 293: out has the stub */
	FED_GIVE_LATER,   /* 490 */
	FED_GIVE_NONE,    /* 491 */
	FED_GIVE_DENIED,  /* 492: also when there is no such group */
	FED_GIVE_OUTSIDE, /* 493 */
};

/* KART.  0 and *give_out, or KERR_WAIT.  mid_out: of the entry, "" of a heartbeat. */
NODISCARD int fed_node_give_entry(struct fed_node *n, const struct fed_oid *who,
	const struct fed_feed_name *name, uint64_t num, struct buf *out,
	char mid_out[MSGID_MAX + 1], enum fed_give *give_out);

/* KENT: the signature lines of from..to that are here, at most 1000.  As above. */
NODISCARD int fed_node_give_signs(struct fed_node *n, const struct fed_oid *who,
	const struct fed_feed_name *name, uint64_t from, uint64_t to, struct buf *out,
	enum fed_give *give_out);

/* The newest serial of a record that is on our disk: higher ones are told to nobody.  0: none. */
uint64_t fed_node_durable(const struct fed_node *n, const struct fed_record_key *key);

/*
 * KREC: the text; p is NULL when there is none that `who` may have.  serial 0: the one in force;
 * version: the one with this hash, "" any.
 */
struct slice fed_node_give_record_text(const struct fed_node *n, const struct fed_oid *who,
	const struct fed_record_key *key, uint64_t serial, const struct fed_hash *version,
	uint64_t *serial_out);

/* ---- heartbeats, and who is late: docs/federation.md section 7.6 ---- */

enum {
	FED_BEAT_S = 24 * 3600,      /* an own feed without an entry for so long gets a heartbeat */
	FED_LIVE_S = 30 * 24 * 3600, /* ... if it had another entry in this time */
	FED_SILENT_S = 48 * 3600,    /* an origin of which nothing is heard */
	FED_BEHIND_S = 3600,         /* a neighbour that does not get what others have */
};

/*
 * The own feeds in which a heartbeat is due now; ask every few minutes.  The outside makes one
 * (fed_sign_set_heartbeat), stores it like a post, and says fed_node_issued; not where it has left
 * the feed's epoch and put nothing into the next one yet.
 */
typedef void (*fed_beat_fn)(void *arg, struct fed_feed *f);
void fed_node_beats(struct fed_node *n, fed_beat_fn fn, void *arg);

/* Active origins that owe heartbeats and were not heard of for 48 h; late: seconds. */
typedef void (*fed_late_fn)(void *arg, const struct fed_oid *who, int64_t late);
void fed_node_silent(struct fed_node *n, fed_late_fn fn, void *arg);

/*
 * Neighbours that have been up for the last hour and still do not tell what we had at its begin;
 * late: in how many feeds.  Each is said once an hour; ask every few minutes.
 */
void fed_node_behind(struct fed_node *n, fed_late_fn fn, void *arg);

/*
 * Does this cancel count: is it of the origin of what it cancels, of the owner, of a moderator?
 * Also for a post of our own that is one, when its place is known (s is sealed).
 */
NODISCARD bool fed_cancel_counts(
	const struct fed_reg *reg, const struct fed_sign *s, struct slice actor, struct slice mid);

/* ---- figures ---- */

struct fed_peer_stats {
	uint64_t got[FED_GOT_KINDS]; /* entries by what became of them */
	uint64_t behind;             /* entries that it has and we have not */
};

/*
 * Entries of our own that this daemon may have and has not told of, and for how long there have
 * been any (by the tick).  False: it has told nothing since we were started.
 */
bool fed_node_ahead(
	const struct fed_node *n, const struct fed_oid *oid, uint64_t *n_out, int64_t *seconds_out);

void fed_node_peer_stats(const struct fed_node *n, unsigned peer, struct fed_peer_stats *out);

#endif
