/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store's public face: plain C types, no engine, no wire formats.  docs/store.md says how it
 * lies on disk and why.
 *
 * Reading: view_open, copy what is needed, view_close, all within one callback; a view never lives
 * longer.  Writing: a job goes to the writer thread, which applies what was queued in one
 * transaction, commits durably, and then answers each job on its home (the loop it came from).
 * Checks that need no transaction are made by the caller; checks that must hold at commit time
 * (duplicate Message-ID, name taken) are made by the job before its first write.
 *
 * Results are 0 or KERR_*; any read may answer KERR_WAIT (see kv.h), and then it has done nothing:
 * no callback was called, nothing was appended.
 */
#ifndef STORAGE_STORE_H
#define STORAGE_STORE_H

#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"
#include "storage/ranges.h"

struct store;
struct view;      /* a snapshot; one callback */
struct store_job; /* a change that is out */

enum {
	STORE_NAME_MAX = 200,            /* bytes of a group name */
	STORE_BOX_MAX = 480,             /* bytes of a mailbox name */
	STORE_BOXES = 1024,              /* mailboxes of a person */
	STORE_KEYWORDS = 48,             /* keywords of a person */
	STORE_KEYWORD_MAX = 64,          /* bytes of one */
	STORE_STRUCTURE_MAX = 16 * 1024, /* bytes of the structure kept in a row */
	STORE_TITLE_MAX = 255,           /* bytes of a title or display name, UTF-8 */
	STORE_LOGIN_MAX = 64,            /* bytes of a login */
	STORE_ADDRESS_MAX = 254,         /* bytes of an addr-spec */
	STORE_ADDRESSES = 8,             /* addresses of an account */
	STORE_HASH_MAX = 128,            /* bytes of a crypt(3) string */
	STORE_PLACES = 32,               /* groups of one cross-post */
	STORE_CHUNK = 48 * 1024,         /* content bytes per chunk */
	STORE_MID_HASH = 16,             /* bytes of a Message-ID's hash */
	STORE_ARTICLE_MAX = 64 * 1024 * 1024,
	STORE_SENT_DAYS = 5, /* a mail is known again; RFC 5321 section 4.5.4.1 */
};

/* ---- life cycle ---- */

struct store_opts {
	const char *dir;   /* data directory, created when missing; NULL: in memory, for tests */
	uint64_t map_size; /* bytes; 0: 64 GiB */
	uint64_t reserve;  /* bytes of the reserve file; 0: none */
	bool lost_keys;    /* the file `keys` is lost or is not whole: make another one */
	bool manual;       /* no writer thread: store_run() does its work (tests) */
	int zstd_level;    /* 0: default (1) */

	/* Run fn(arg) on `home`; thread-safe, never fails.  NULL with manual. */
	void (*post)(void *home, void (*fn)(void *arg), void *arg);
	/* After a commit that added to the log; called on the writer thread. */
	void (*news)(void *news_arg, uint64_t last_seq);
	void *news_arg;
	/* Writing has ended for good (KERR_IO): the daemon should end.  Called once, on the
	   writer's or a posting thread. */
	void (*failed)(void *news_arg, int rc);
};

/*
 * Open or create.  KERR_EXISTS: another process has it open; KERR_VERSION: made by a newer program;
 * KERR_DAMAGED, KERR_IO: *err says what.  A restored store (generation) is renumbered here.
 *
 * KERR_NOTFOUND: `keys` is missing, too short, or of another store, and *err says what to do.  With
 * lost_keys another one is made, and what was sealed under the keys that are missing is lost;
 * KERR_INVALID then: none are.
 */
NODISCARD int store_open(const struct store_opts *o, struct store **out, struct err *err);

/* Finish what is queued, write the generation file, close.  NULL is allowed. */
void store_close(struct store *s);

/* manual only: run all queued jobs in one batch and answer them; number of jobs answered. */
size_t store_run(struct store *s);

/* A random secret of this store (Cancel-Lock, keyed answers); stable for its life. */
void store_secret(struct store *s, uint8_t out[32]);

/* A number that is another one when the file `keys` is: of the store's life otherwise. */
uint64_t store_keys_mark(struct store *s);

struct store_stats {
	uint64_t n_jobs, n_commits, n_articles, n_duplicates, n_refused;
	uint64_t n_full, n_busy; /* turned away: disk nearly full, queue full */
	uint64_t n_pruned;       /* removals forgotten */
	uint64_t bytes_used, bytes_map, bytes_free_disk;
	uint64_t bytes_free; /* of bytes_used: what the next commits take */
	uint64_t last_seq;
	uint64_t commit_us; /* time in commits */
	uint64_t n_readers;
	bool map_high; /* over 70 % of the map are in use */
	bool stopped;  /* writing has ended after an I/O error */
	bool paused;   /* disk nearly full: no content is taken */
};

void store_stats(struct store *s, struct store_stats *out);

/* Free bytes below which content from peers, and posts, are refused.  Defaults 1 GiB, 256 MiB. */
void store_set_watermarks(struct store *s, uint64_t peers, uint64_t posts);

/* ---- records ---- */

enum group_kind { GROUP_FORUM = 1, GROUP_BOARD, GROUP_MAILBOX };

/* What a program keeps in a mailbox (group_rec.use).  RFC 6154 */
enum store_use {
	STORE_USE_NONE,
	STORE_USE_DRAFTS,
	STORE_USE_SENT,
	STORE_USE_TRASH,
	STORE_USE_JUNK,
	STORE_USE_ARCHIVE,
};

enum group_class { CLASS_CLOSED = 1, CLASS_PUBLIC };

enum group_posting { POSTING_MEMBERS = 1, POSTING_MODERATORS };

/* Whom an answer written with a mail program goes to. */
enum group_reply { REPLY_AUTHOR, REPLY_GROUP };

struct group_rec {
	uint32_t id;
	uint32_t owner; /* account of a personal mailbox; 0: shared */
	enum group_kind kind;
	enum group_class cls;
	enum group_posting posting;
	enum group_reply reply; /* holds for articles that arrive later */
	int64_t created_at;
	uint32_t use; /* of a mailbox: what its owner's program keeps there; 0: nothing special */
	char name[STORE_BOX_MAX + 1]; /* of a shared group at most STORE_NAME_MAX bytes */
	char title[STORE_TITLE_MAX + 1];
	char creator[STORE_LOGIN_MAX + 1]; /* login, for LIST ACTIVE.TIMES; may be "" */
};

struct group_state {
	uint32_t low, next, count; /* low is `next` in an empty group; high is next - 1 */
	uint64_t modseq;
	uint64_t bytes; /* of its articles and of the heads of their rows */
	uint32_t heads; /* rows that have one */
};

enum role { ROLE_NONE, ROLE_READER, ROLE_WRITER, ROLE_MODERATOR, ROLE_OWNER };

enum account_state { ACCOUNT_ACTIVE = 1, ACCOUNT_DISABLED };

enum account_right {
	RIGHT_POST_AS_ANY = 1, /* imports and load tests: From is not bound to the login */
};

struct account {
	uint32_t id;
	enum account_state state;
	uint32_t rights; /* enum account_right, or-ed */
	int64_t created_at;
	unsigned n_addresses;
	char login[STORE_LOGIN_MAX + 1];
	char name[STORE_TITLE_MAX + 1];
	char lang[8];
	char hash[STORE_HASH_MAX + 1];
	char addresses[STORE_ADDRESSES][STORE_ADDRESS_MAX + 1];
};

struct peer_rec {
	char name[STORE_NAME_MAX + 1]; /* path identity of the other server */
	char host[STORE_NAME_MAX + 1]; /* "" : we do not dial it */
	char groups[1024];             /* wildmat: what goes to it and is taken from it */
	char cert[STORE_NAME_MAX + 1]; /* name its certificate must carry; "": name */
	uint16_t port;
	bool tls;
	bool paused;
	uint64_t start_seq; /* where its cursor began */
};

struct place {
	uint32_t group, num;
};

enum history_state {
	HISTORY_ARTICLE = 1, /* stands in places */
	HISTORY_CONTROL,     /* travels, stands nowhere */
	HISTORY_CANCELLED,   /* taken out; content kept until retention */
	HISTORY_ERASED,      /* a tomb */
	HISTORY_AWAITED,     /* cancelled before it came: content is the cancelling article */
};

struct history {
	enum history_state state;
	uint64_t content;
	unsigned n_places;
	struct place places[STORE_PLACES];
	uint32_t feed; /* it came as entry n of that feed; 0: as none */
	uint64_t n;
};

/* One article in one group.  Slices are valid until the view ends or the callback returns. */
struct row {
	uint32_t group, num;
	uint64_t content, seq;
	int64_t arrived_at;  /* of an appended mail: the date its program gave */
	int64_t saved_at;    /* when it came into this group */
	uint64_t bytes;      /* of the article as stored, CRLF counted */
	uint32_t lines;      /* of the body */
	uint64_t head;       /* for view_head; 0: it has none */
	uint32_t head_bytes; /* of the head with what its caller adds to it */
	bool head_shapes;    /* its structure was made with it */
	unsigned n_places;   /* all places, this one included; 1 unless cross-posted */
	struct place places[STORE_PLACES];
	struct slice overview;  /* five fields joined by TAB; empty unless asked for */
	struct slice structure; /* as the caller gave it; empty unless asked for, or not kept */
};

enum log_kind {
	LOG_ARRIVED = 1,
	LOG_CONTROL,
	LOG_REMOVED,
	LOG_MARKS,
	LOG_RENAMED,
	LOG_FILED, /* a message came into a personal mailbox */
};

struct log_entry {
	uint64_t seq;
	enum log_kind kind;
	bool first; /* of the places of its article: links follow only these */
	uint32_t group, num, account;
	uint64_t content;
	int64_t at;
	uint8_t mid[STORE_MID_HASH];
};

void store_mid_hash(struct slice mid, uint8_t out[STORE_MID_HASH]);

/* ---- reading ---- */

NODISCARD int view_open(struct store *s, struct view **out);
void view_close(struct view *v);

NODISCARD int view_group(struct view *v, uint32_t group, struct group_rec *out);
NODISCARD int view_group_named(
	struct view *v, uint32_t owner, struct slice name, struct group_rec *out);
NODISCARD int view_group_state(struct view *v, uint32_t group, struct group_state *out);

/* Groups of owner whose name is > after, in name order; fn returns false to stop. */
typedef bool (*group_fn)(void *arg, const struct group_rec *g);
NODISCARD int view_groups(
	struct view *v, uint32_t owner, struct slice after, group_fn fn, void *arg);

/* The row, with its overview if asked for.  KERR_NOTFOUND: no such number. */
NODISCARD int view_row(
	struct view *v, uint32_t group, uint32_t num, bool overview, struct row *out);

/*
 * Rows with lo <= num <= hi in ascending (or descending) order; fn returns false to stop.  Without
 * overview nothing is opened: the scan costs the numbers only.
 */
enum rows_flags { ROWS_OVERVIEW = 1, ROWS_REVERSE = 2, ROWS_STRUCTURE = 4 };

typedef bool (*row_fn)(void *arg, const struct row *r);
NODISCARD int view_rows(struct view *v, uint32_t group, uint32_t lo, uint32_t hi,
	enum rows_flags flags, row_fn fn, void *arg);

/* Was this Message-ID ever accepted?  KERR_NOTFOUND: never. */
NODISCARD int view_history(struct view *v, struct slice mid, struct history *out);

/* Chunk i (0..) of a content, decoded, appended to out.  KERR_NOTFOUND: past the last, or erased.
 */
NODISCARD int view_content(struct view *v, uint64_t content, uint32_t chunk, struct buf *out);

/* The text of the head of a row that was read, appended to out.  KERR_NOTFOUND. */
NODISCARD int view_head(struct view *v, uint64_t head, struct buf *out);

/* All chunks, at most out->max bytes. */
NODISCARD int view_content_all(struct view *v, uint64_t content, struct buf *out);

/*
 * Was this mail delivered for the account in the last STORE_SENT_DAYS days?  hash: as in struct
 * store_deliver.  0, KERR_NOTFOUND.
 */
NODISCARD int view_sent(
	struct view *v, uint32_t account, const uint8_t hash[STORE_MID_HASH], int64_t now_at);

/* The Message-ID by which login's client knew an article that got another one here. */
NODISCARD int view_alias(struct view *v, uint32_t account, struct slice old_mid, struct buf *out);

NODISCARD int view_account(struct view *v, uint32_t account, struct account *out);
/* By login or by one of the addresses, ASCII case ignored. */
NODISCARD int view_account_named(struct view *v, struct slice name, struct account *out);
typedef bool (*account_fn)(void *arg, const struct account *a);
NODISCARD int view_accounts(struct view *v, uint32_t after, account_fn fn, void *arg);

/* Role of account in group; KERR_NOTFOUND: none. */
NODISCARD int view_role(struct view *v, uint32_t group, uint32_t account, enum role *out);
typedef bool (*member_fn)(void *arg, uint32_t group, uint32_t account, enum role role);
NODISCARD int view_members(struct view *v, uint32_t group, member_fn fn, void *arg);
NODISCARD int view_memberships(struct view *v, uint32_t account, member_fn fn, void *arg);

/* Log entries with seq > after, in order. */
typedef bool (*log_fn)(void *arg, const struct log_entry *e);
NODISCARD int view_log(struct view *v, uint64_t after, log_fn fn, void *arg);
/* The last sequence before the hour of `at`: where a search for newer arrivals starts. */
NODISCARD int view_log_since(struct view *v, int64_t at, uint64_t *after_out);
NODISCARD int view_last_seq(struct view *v, uint64_t *seq_out);

NODISCARD int view_peer(struct view *v, struct slice name, struct peer_rec *out);
typedef bool (*peer_fn)(void *arg, const struct peer_rec *p, uint64_t cursor);
NODISCARD int view_peers(struct view *v, peer_fn fn, void *arg);
NODISCARD int view_cursor(struct view *v, struct slice peer, uint64_t *seq_out);

/*
 * Marks: a set of numbers per (account, group, set), as ranges "1-500,502".
 * set 1 is \Seen; others are named by the mail door.
 */
NODISCARD int view_marks(
	struct view *v, uint32_t account, uint32_t group, unsigned set, struct buf *ranges_out);
/* The sequence of the last change to the account's marks in group; 0: none yet. */
NODISCARD int view_marks_modseq(
	struct view *v, uint32_t account, uint32_t group, uint64_t *seq_out);

/* ---- mailboxes: reading ---- */

/* Numbers within low..next-1 of a group that are not there, added to out (empty before). */
NODISCARD int view_absent(
	struct view *v, uint32_t group, const struct group_state *st, struct ranges *out);

/*
 * Numbers taken out of a group after sequence `since`, added to out (empty before).  KERR_NOTFOUND:
 * removals that old are forgotten (store_prune).
 */
NODISCARD int view_removed(struct view *v, uint32_t group, uint64_t since, struct ranges *out);

/*
 * Flags are sets of marks: bit b (0..7) of a flag word is set b + 1, bit b (8..55) set b + 8.
 * What an account has marked in lo..hi of a group; ask for numbers in ascending order.
 */
enum { STORE_FLAG_BITS = 56 };

struct view_flags;
NODISCARD int view_flags_open(struct view *v, uint32_t account, uint32_t group, uint32_t lo,
	uint32_t hi, struct view_flags **out);
void view_flags_close(struct view_flags *f);
/* modseq: of the last change of flags, 0: none. */
void view_flags_at(struct view_flags *f, uint32_t num, uint64_t *flags_out, uint64_t *modseq_out);
/* All numbers with that bit; borrowed. */
const struct ranges *view_flags_set(const struct view_flags *f, unsigned bit);
/* Numbers whose flags changed after `since`, added to out (empty before). */
void view_flags_changed(const struct view_flags *f, uint64_t since, struct ranges *out);

typedef bool (*keyword_fn)(void *arg, unsigned i, struct slice name);
NODISCARD int view_keywords(struct view *v, uint32_t account, keyword_fn fn, void *arg);

/* Has the account said that it is (not) subscribed?  KERR_NOTFOUND: it has said nothing. */
NODISCARD int view_subscribed(struct view *v, uint32_t account, struct slice name, bool *on_out);

/* The audit log: entries with seq > after, in order.  Slices are valid during the call. */
struct audit_entry {
	uint64_t seq;
	int64_t at;
	struct slice actor, what;
};

typedef bool (*audit_fn)(void *arg, const struct audit_entry *e);
NODISCARD int view_audit(struct view *v, uint64_t after, audit_fn fn, void *arg);

/* ---- writing ---- */

struct store_fed_result;

struct store_result {
	int rc;       /* 0 or why not; nothing was changed then */
	uint64_t seq; /* of the (first) log entry */
	uint64_t had; /* of flags: the highest modseq that one of what changed had before, or 0 */
	uint32_t id;  /* of a new group or account */
	unsigned n_places;
	struct place places[STORE_PLACES];
	/* of copies and of flags; NULL with the others */
	const struct ranges *from, *to, *failed;
	const struct store_fed_result *fed; /* store_fed.h; NULL unless a feed was concerned */
};

/* Called on home; res is valid during the call. */
typedef void (*store_done_fn)(void *arg, const struct store_result *res);

struct store_entry;

/* Who is answered, and where.  done may be NULL. */
struct store_call {
	void *home;
	store_done_fn done;
	void *arg;
	const char *actor;          /* login or "kokoctl": for the audit log; NULL: not audited */
	struct store_job **job_out; /* for store_drop; may be NULL */
	/* Many of the kind follow each other and nobody waits for one of them: a commit may be put
	   off for some ms until others are there, for its cost is shared by all in it. */
	bool can_wait;
};

/* Forget the answer: done stays silent.  On home only; the change is made all the same. */
void store_drop(struct store_job *job);

/*
 * What mail programs see in front of an article in a group, fixed when it arrives.  The text is the
 * same for many articles and kept once; what differs is made by the caller when it is read.
 */
struct store_head {
	struct slice text;
	uint32_t bytes; /* with what the caller adds */
	bool shapes;    /* the structure is that of the article with this head */
};

struct store_post {
	struct slice mid;
	struct slice article;   /* whole, CRLF, dot-unstuffed, without Xref; copied */
	struct slice overview;  /* five fields joined by TAB */
	struct slice structure; /* kept beside it when not too long; may be empty */
	uint32_t lines;
	int64_t arrived_at;
	const uint32_t *groups; /* where it shall stand; none with `control` */
	unsigned n_groups;
	const struct store_head *heads; /* of groups, in their order; NULL: none */
	bool control;                   /* a cancel: kept and relayed, stands in no group */
	struct slice cancels;           /* Message-ID to take out in the same transaction, or empty;
					   the caller has checked the authority */
	uint32_t alias_account;         /* with alias: remember old name for this account */
	struct slice alias;             /* the client's Message-ID that was replaced, or empty */
	bool obey_awaited; /* if mid is HISTORY_AWAITED then, that cancel has been judged good:
			      keep the content, stand nowhere, state HISTORY_CANCELLED */
	bool from_peer;    /* which watermark counts */
	const struct store_entry *entry; /* of a feed (store_fed.h); NULL: none */
};

/*
 * Store an article.  Content is compressed and sealed on the calling thread; over 256 KiB it is
 * committed in pieces before the referring job.  Answers KERR_EXISTS (Message-ID known),
 * KERR_FULL, KERR_BUSY (queue over its limit), KERR_CLOSED, KERR_NOTFOUND (group gone).
 * A negative return means that done will not be called.
 */
NODISCARD int store_post(struct store *s, const struct store_post *p, const struct store_call *c);

/*
 * The two halves of store_post, for who posts many: first what takes time (the article is
 * compressed and sealed), on any thread; then the queue, which takes it whatever is answered.
 * Nothing of *p is needed any more in between.
 */
struct store_made;
NODISCARD int store_post_make(
	struct store *s, const struct store_post *p, struct store_made **made_out);
NODISCARD int store_post_made(struct store *s, struct store_made *made, const struct store_call *c);
/* It is not posted after all. */
void store_made_free(struct store_made *made);

/* Take an article out of all its groups (history stays, state cancelled). */
NODISCARD int store_cancel(struct store *s, struct slice mid, const struct store_call *c);

/* New (id 0) or changed group; KERR_EXISTS when the name is taken.  result.id. */
NODISCARD int store_group_put(
	struct store *s, const struct group_rec *g, const struct store_call *c);

/* New (id 0) or changed account; logins and addresses are unique.  result.id. */
NODISCARD int store_account_put(
	struct store *s, const struct account *a, const struct store_call *c);

/* ROLE_NONE removes. */
NODISCARD int store_member_put(struct store *s, uint32_t group, uint32_t account, enum role role,
	const struct store_call *c);

NODISCARD int store_peer_put(struct store *s, const struct peer_rec *p, const struct store_call *c);
NODISCARD int store_peer_del(struct store *s, struct slice name, const struct store_call *c);
/* The peer has everything up to seq. */
NODISCARD int store_cursor_put(
	struct store *s, struct slice peer, uint64_t seq, const struct store_call *c);

/* Add (or take away) ranges to a set of marks; one modseq. */
NODISCARD int store_marks_change(struct store *s, uint32_t account, uint32_t group, unsigned set,
	struct slice ranges, bool add, const struct store_call *c);

/* ---- mailboxes: writing ---- */

/* INBOX and the others that every person has, when there is no INBOX yet. */
NODISCARD int store_boxes_start(
	struct store *s, uint32_t account, int64_t now_at, const struct store_call *c);

/* A new mailbox.  KERR_EXISTS, KERR_FULL (STORE_BOXES), KERR_TOOBIG.  result.id, result.seq. */
NODISCARD int store_box_new(struct store *s, uint32_t account, struct slice name, uint32_t use,
	int64_t now_at, const struct store_call *c);

/* At once; what was in it is cleaned up later.  KERR_NOTFOUND. */
NODISCARD int store_box_remove(
	struct store *s, uint32_t account, struct slice name, const struct store_call *c);

/* With all whose names begin with from + "/".  KERR_NOTFOUND, KERR_EXISTS, KERR_TOOBIG. */
NODISCARD int store_box_rename(struct store *s, uint32_t account, struct slice from,
	struct slice to, const struct store_call *c);

NODISCARD int store_subscribe(
	struct store *s, uint32_t account, struct slice name, bool on, const struct store_call *c);

/* result.id: its number.  KERR_EXISTS, KERR_FULL. */
NODISCARD int store_keyword_add(
	struct store *s, uint32_t account, struct slice name, const struct store_call *c);

struct store_append {
	uint32_t account, box;            /* the owner, his mailbox; 0: INBOX, made if need be */
	struct slice message;             /* copied; any bytes */
	struct slice overview, structure; /* as in struct store_post */
	uint32_t lines;
	uint64_t flags;
	int64_t arrived_at, saved_at;
};

/*
 * File a message in a personal mailbox; as store_post, but history is not touched.
 * result.places[0].  KERR_NOTFOUND: the mailbox (or the account) is gone.
 */
NODISCARD int store_append(
	struct store *s, const struct store_append *a, const struct store_call *c);

struct store_deliver {
	const struct store_post *article; /* for groups; NULL: to persons alone */
	const struct store_append *mail;  /* for INBOXes, account and box are not looked at; NULL */
	const uint32_t *accounts;         /* whose INBOX, different ones */
	size_t n_accounts;
	uint32_t sender;     /* whose client sent it, ... */
	const uint8_t *sent; /* ... STORE_MID_HASH bytes that know its repetition again; or NULL */
	int64_t now_at;
};

/*
 * Deliver a mail to groups and persons: all of it in one transaction, or nothing.  A mail that was
 * delivered before (sent) answers 0 without a place, and nothing is stored again.  result.places
 * are those of the article, or (no article) one of the INBOXes.  Otherwise as store_post; what it
 * refuses is refused to all.
 */
NODISCARD int store_deliver(
	struct store *s, const struct store_deliver *d, const struct store_call *c);

enum store_flag_op { STORE_FLAGS_SET, STORE_FLAGS_ADD, STORE_FLAGS_TAKE };

/*
 * Change an account's flags of what is there of r; with unchanged_since > 0 not of messages with a
 * greater mod-sequence: these are result.failed.  result.seq: 0 when nothing changed.
 */
NODISCARD int store_flags(struct store *s, uint32_t account, uint32_t group, const struct ranges *r,
	enum store_flag_op op, uint64_t flags, uint64_t unchanged_since,
	const struct store_call *c);

/* Take messages out of a personal mailbox, in slices.  result.seq: of the last one. */
NODISCARD int store_expunge(struct store *s, uint32_t account, uint32_t box, const struct ranges *r,
	const struct store_call *c);

/*
 * Copy rows of any group to a personal mailbox, with the account's flags and the dates; move: take
 * them out of `from`, which is personal too.  What vanishes meanwhile is left out.  Done in slices,
 * but a copy is whole or, when refused or cut short by a crash, taken back; a move that is refused
 * stays as far as it came, with each message in one of the two.
 * result.from, result.to, result.seq.
 */
NODISCARD int store_copy_rows(struct store *s, uint32_t account, uint32_t from,
	const struct ranges *r, uint32_t to, bool move, int64_t now_at, const struct store_call *c);

/* ---- care ---- */

/*
 * Forget removals (view_removed) of before the hour of before_at.  Done in slices; result.seq: up
 * to which sequence.
 */
NODISCARD int store_prune(struct store *s, int64_t before_at, const struct store_call *c);

struct check_report {
	uint64_t n_groups, n_rows, n_contents, n_history, n_log, n_accounts;
	uint64_t n_faults;   /* cross-references or hashes that do not hold */
	uint64_t n_repaired; /* derived data that was put right */
	struct buf lines;    /* one line per fault, at most 64 KiB; buf_init by store_check */
};

/*
 * Verify every cross-reference and that every content opens; long: run it in the pool.  It reads in
 * slices, each in a view of its own, up to the last sequence at its start.
 */
NODISCARD int store_check(struct store *s, struct check_report *out);

/*
 * A consistent, compacted copy of the database into the empty directory dir, while others read and
 * write; long: run it in the pool.  Put back, it is known as restored.  The file `keys` is not in
 * it: it is backed up apart.
 */
NODISCARD int store_copy(struct store *s, const char *dir, struct err *err);

#endif
