/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store's public face for federation: feeds, entries, records.  docs/federation.md says what
 * they mean, docs/store.md how they lie on disk.
 *
 * The store reads neither the name of a feed, nor what an entry's signature line says, nor a
 * record: it keeps them beside the articles and changes them in the transaction that changes the
 * articles, so that after a crash a feed has every article it names.  Results and threads are as
 * in store.h.
 */
#ifndef STORAGE_STORE_FED_H
#define STORAGE_STORE_FED_H

#include "storage/store.h"

enum {
	STORE_FEED_NAME = 120,  /* bytes of a feed's name */
	STORE_ENTRY_HASH = 32,  /* bytes of an entry's hash */
	STORE_SIGN_MAX = 1024,  /* bytes of its signature line */
	STORE_NOTE_MAX = 64,    /* bytes that the caller keeps with an entry */
	STORE_PATH_MAX = 255,   /* bytes of a Path that is kept beside its article */
	STORE_RECORD_KEY = 128, /* bytes of a record's key */
	STORE_RECORD_MAX = 1024 * 1024,
};

/* ---- the past of the database ---- */

/* What has become of the database, for whoever keeps something about it beside it. */
struct store_past {
	uint64_t lineage; /* another one after each restore from a backup; 0: there was none yet */
	uint64_t remade;  /* another one after each damaged feed that was made anew; 0: none was */
	bool put_back;    /* restored, and store_put_back_seen was not called since */
};

NODISCARD int view_past(struct view *v, struct store_past *out);

/* What is kept beside the database fits it again. */
NODISCARD int store_put_back_seen(struct store *s, const struct store_call *c);

/* ---- feeds and entries ---- */

/*
 * One chain of entries.  low..high is complete, high is low - 1 when there is none; entries may
 * also lie beyond a gap.  The tip is the entry `high`, or what came before `low`.
 */
struct feed_rec {
	uint32_t id;
	char name[STORE_FEED_NAME + 1]; /* the caller's; unique */
	uint64_t low, high;
	uint64_t end; /* entries after this one are void; UINT64_MAX: none is */
	uint8_t tip[STORE_ENTRY_HASH];
	uint8_t n_note;
	uint8_t note[STORE_NOTE_MAX]; /* of the tip */
	uint64_t changed_seq;         /* of the last change */
};

enum entry_kind { ENTRY_ARTICLE = 1, ENTRY_CONTROL, ENTRY_BEAT };

struct entry_rec {
	uint32_t feed;
	uint64_t n;
	enum entry_kind kind;
	uint8_t absent; /* why its content is not here (the caller's codes); 0: it is, or a beat */
	uint64_t content;   /* 0: none.  With `absent`: it was here, and is lost */
	uint64_t path;      /* of its article, for view_head; 0: not kept */
	struct place place; /* where it stands; {0, 0}: nowhere */
	uint8_t hash[STORE_ENTRY_HASH];
	uint8_t mid[STORE_MID_HASH]; /* zeros while the content is not here */
	struct slice sign; /* slices are valid until the view ends or the callback returns */
	struct slice note;
	bool damaged; /* nothing but feed and n is known: its row is, and it is to come again */
};

/* Its content is here, and whole as far as is known. */
static inline bool entry_is_here(const struct entry_rec *e)
{
	return e->content != 0 && e->absent == 0;
}

/* It was here, and store_mend gives it back. */
static inline bool entry_is_lost(const struct entry_rec *e)
{
	return e->content != 0 && e->absent != 0;
}

NODISCARD int view_feed(struct view *v, uint32_t feed, struct feed_rec *out);
NODISCARD int view_feed_named(struct view *v, struct slice name, struct feed_rec *out);

/* Feeds with id > after, in the order in which they came; fn returns false to stop. */
typedef bool (*feed_fn)(void *arg, const struct feed_rec *f);
NODISCARD int view_feeds(struct view *v, uint32_t after, feed_fn fn, void *arg);

NODISCARD int view_entry(struct view *v, uint32_t feed, uint64_t n, struct entry_rec *out);

/* Entries from..to that are here, damaged ones too, in order; fn returns false to stop. */
typedef bool (*entry_fn)(void *arg, const struct entry_rec *e);
NODISCARD int view_entries(
	struct view *v, uint32_t feed, uint64_t from, uint64_t to, entry_fn fn, void *arg);

/* Entries of all feeds behind entry n of that feed, by feed and number; (0, 0): from the first. */
NODISCARD int view_entries_after(struct view *v, uint32_t feed, uint64_t n, entry_fn fn, void *arg);

/* The entry of an article that came through a feed; KERR_NOTFOUND. */
NODISCARD int view_entry_of(struct view *v, struct slice mid, struct entry_rec *out);

/* What a new entry of our own follows. */
struct entry_place {
	uint64_t n;         /* the number that it gets */
	const uint8_t *tip; /* the hash of the one before, STORE_ENTRY_HASH bytes */
	struct slice note;  /* of the one before; empty: there is none */
};

/* What the caller makes of it. */
struct entry_made {
	uint8_t hash[STORE_ENTRY_HASH];
	struct buf sign; /* ceiling STORE_SIGN_MAX; the store begins and ends it */
	uint8_t n_note;
	uint8_t note[STORE_NOTE_MAX];
};

/*
 * An entry that is to be stored, alone (store_entry) or with its article (store_post.entry).
 *
 * n == 0: one of our own, the next of its feed: `seal` makes signature, hash and note of it, on the
 * writer's thread, inside the transaction, after everything that could refuse.  It must be quick
 * and may be called again for the same job; a negative result refuses the job.
 *
 * n > 0: one that came: hash, sign and note are given.  KERR_EXISTS: it is here already.
 * KERR_CONFLICT: another one with that number is.  An entry that is here without its content gets
 * it (store_post with the same hash).  KERR_TOOBIG: it is void (beyond feed_rec.end).  One whose
 * row is damaged comes as if it had not been here; store_post of its article puts the entry alone.
 */
struct store_entry {
	struct slice feed;   /* name; a feed that is not there is made */
	uint64_t first;      /* of a feed that is made: its first number */
	const uint8_t *root; /* ... and the hash before it; NULL: zeros */
	uint64_t n;
	enum entry_kind kind;
	uint8_t absent; /* with store_entry: why there is no content */
	uint8_t hash[STORE_ENTRY_HASH];
	struct slice sign, note; /* copied */
	/* Value of the article's Path, which nobody signed: with it an article that is lost and
	   fetched again from others has the bytes that it had.  Copied; empty, or too long: none is
	   kept. */
	struct slice path;
	int (*seal)(void *arg, const struct entry_place *at, struct entry_made *out);
	void *seal_arg; /* must live until the answer */
};

/* What became of it: store_result.fed, set when the call was about a feed. */
struct store_fed_result {
	uint32_t feed;
	uint64_t n;
	uint64_t high; /* of the feed now: gaps that were filled are counted */
	bool more;     /* of store_feed_end: call it again */
	uint8_t hash[STORE_ENTRY_HASH];
};

/* Store an entry without content: a heartbeat, or one whose content is not taken. */
NODISCARD int store_entry(struct store *s, const struct store_entry *e, const struct store_call *c);

/*
 * Entries after `end` are void: out of their groups, not served any more; `high` falls to end, and
 * none beyond it is taken.  A call does a slice; result.fed.more says that it wants another one.
 * KERR_INVALID: end is greater than it was, for void entries do not come back.
 */
NODISCARD int store_feed_end(
	struct store *s, struct slice feed, uint64_t end, const struct store_call *c);

/*
 * The feed begins at `low` now, behind or before where it began: entries before it stay where they
 * stand, and are none of the feed; `high` is what follows there without a gap, low - 1 when nothing
 * does.  KERR_NOTFOUND: no such feed.
 */
NODISCARD int store_feed_begin(
	struct store *s, struct slice feed, uint64_t low, const struct store_call *c);

/* ---- content that is lost, and comes again ---- */

/*
 * Rows behind number num of that group, of all groups and mailboxes, by group and number; shared:
 * it came as an entry of a feed.  (0, 0): from the first.
 */
typedef bool (*row_shared_fn)(void *arg, const struct row *r, bool shared);
NODISCARD int view_rows_after(
	struct view *v, uint32_t group, uint32_t num, row_shared_fn fn, void *arg);

/* What is said of the content of an entry. */
struct store_mark {
	uint32_t feed;
	uint64_t n, content;
	uint8_t absent; /* why it is not here (the caller's code); 0: it is whole after all */
	bool wrong;     /* it opens, and is not what it should be: it is deleted now */
};

/*
 * Numbers, Message-ID, history and what else leads to the article stay, so that it is the same one
 * when it comes again; unless `wrong` its bytes stay too, for the keys may be found again.
 * KERR_NOTFOUND: there is no such entry, or it has another content; KERR_EXISTS: so it is already.
 */
NODISCARD int store_entry_mark(
	struct store *s, const struct store_mark *m, const struct store_call *c);

/* The article of an entry that is lost, as it was. */
struct store_mend {
	uint32_t feed;
	uint64_t n, content;
	const uint8_t *hash;                       /* of the entry, STORE_ENTRY_HASH bytes */
	struct slice article, overview, structure; /* as in struct store_post */
	uint32_t lines;
	/* For a row that is gone too: */
	int64_t arrived_at;
	struct store_head head; /* text empty: none */
};

/*
 * Put it where it was: the same content id, so that copies in mailboxes read it again, the same
 * numbers.  KERR_NOTFOUND: there is no such entry.  result.fed.
 */
NODISCARD int store_mend(struct store *s, const struct store_mend *m, const struct store_call *c);

/* ---- records ---- */

enum record_type {
	RECORD_FEDERATION = 1,
	RECORD_DAEMON,
	RECORD_GROUP,
	RECORD_MEMBERS,
	RECORD_PROOF,
	RECORD_PEER,
	RECORD_FORK,
	RECORD_DRAFT,
	RECORD_NOTES
};

/* serial 0: the newest.  KERR_NOTFOUND. */
NODISCARD int view_record(struct view *v, enum record_type type, struct slice key, uint64_t serial,
	struct buf *out, uint64_t *serial_out);

/* All records of all serials, by type, key, serial; fn returns false to stop. */
typedef bool (*record_fn)(
	void *arg, enum record_type type, struct slice key, uint64_t serial, struct slice text);
NODISCARD int view_records(struct view *v, record_fn fn, void *arg);
/* How many pieces of records a flipped bit has damaged; nobody knows of which. */
NODISCARD int view_records_damaged(struct view *v, size_t *n_out);

/* Keep a record.  KERR_EXISTS: the same bytes are here; KERR_CONFLICT: others are. */
NODISCARD int store_record(struct store *s, enum record_type type, struct slice key,
	uint64_t serial, struct slice text, const struct store_call *c);

/*
 * The same, and the serials before it go in the same transaction: of what has no history.
 * KERR_CONFLICT: one with that serial, or a later one, is here.
 */
NODISCARD int store_record_replace(struct store *s, enum record_type type, struct slice key,
	uint64_t serial, struct slice text, const struct store_call *c);

/* Take a record (all its serials) out: peers, member lists.  KERR_NOTFOUND. */
NODISCARD int store_record_del(
	struct store *s, enum record_type type, struct slice key, const struct store_call *c);

#endif
