/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * struct mail: the forum as mailboxes, for one conversation.  The second table beside forum.h; what
 * is said there about rights, KERR_WAIT, callbacks and tickets holds here.
 *
 * A walk (boxes, rows) that answers KERR_WAIT may have called back before: go on behind the last.
 *
 * Names are UTF-8 with `/` between levels.  Personal mailboxes stand at the top (INBOX, Drafts,
 * "Verträge/2026"); the group nrw.koko.forum is "Gruppen/nrw/koko/forum".  A level without a
 * mailbox of its own ("Gruppen/nrw") is listed, not selectable.  Everything needs a login.
 *
 * A number is UID and article number in one; it is never reused.  UIDVALIDITY is the mailbox's id.
 * A mod-sequence is a number of the store's one sequence.  RFC 3501, RFC 7162
 */
#ifndef PROTO_MAIL_H
#define PROTO_MAIL_H

#include "proto/forum.h"

enum {
	MAIL_NAME_MAX = 480,   /* bytes of a mailbox name */
	MAIL_KEYWORDS = 48,    /* keywords of one person, all mailboxes together */
	MAIL_KEYWORD_MAX = 64, /* bytes of one */
};

/* Flags: system flags, then one bit per keyword of the person. */
enum {
	MAIL_SEEN = 1 << 0,
	MAIL_ANSWERED = 1 << 1,
	MAIL_FLAGGED = 1 << 2,
	MAIL_DELETED = 1 << 3,
	MAIL_DRAFT = 1 << 4,
	MAIL_SYSTEM_FLAGS = 5,
	MAIL_KEYWORD_BIT = 8, /* keyword i is bit 8 + i of a uint64_t */
};

/* RFC 6154 */
enum mail_use { USE_NONE, USE_DRAFTS, USE_SENT, USE_TRASH, USE_JUNK, USE_ARCHIVE };

/* RFC 4314 section 2.1, as far as a role has them */
enum mail_right {
	MAIL_LOOKUP = 1 << 0,     /* l */
	MAIL_READ = 1 << 1,       /* r */
	MAIL_SEEN_RIGHT = 1 << 2, /* s */
	MAIL_WRITE = 1 << 3,      /* w: flags but \Seen and \Deleted */
	MAIL_INSERT = 1 << 4,     /* i */
	MAIL_POST = 1 << 5,       /* p */
	MAIL_CREATE = 1 << 6,     /* k */
	MAIL_DELETE_BOX = 1 << 7, /* x */
	MAIL_DELETE_MSG = 1 << 8, /* t */
	MAIL_EXPUNGE = 1 << 9,    /* e */
	MAIL_ADMIN = 1 << 10,     /* a */
};

struct mail_box {
	uint32_t id;        /* UIDVALIDITY; 0: only a level, not selectable */
	uint32_t low, next; /* numbers are in low..next-1; next is UIDNEXT */
	uint32_t count;
	uint64_t modseq; /* HIGHESTMODSEQ for this person, at least 1 */
	uint64_t bytes;  /* of all messages, as RFC822.SIZE counts */
	enum mail_use use;
	unsigned rights; /* enum mail_right, or-ed */
	bool shared;     /* a group */
	bool subscribed;
	bool has_children;
	char name[MAIL_NAME_MAX + 1];
};

/* A range of numbers, both ends in it. */
struct mail_range {
	uint32_t first, last;
};

struct mail_ranges {
	struct mail_range *v; /* ascending, not touching */
	size_t n, cap;
};

/* What mail_rows shall bring beside numbers. */
enum mail_want {
	MAIL_WANT_FLAGS = 1 << 0,      /* flags and modseq */
	MAIL_WANT_META = 1 << 1,       /* date, size, content */
	MAIL_WANT_OVER = 1 << 2,       /* overview fields */
	MAIL_WANT_STRUCT = 1 << 3,     /* envelope, structure */
	MAIL_WANT_BARE_FLAGS = 1 << 4, /* flags without modseq: alone it costs sets, not rows */
};

/* A message; slices end with the callback. */
struct mail_row {
	uint32_t num;
	uint64_t flags;
	uint64_t modseq;
	int64_t date;     /* INTERNALDATE */
	int64_t saved_at; /* SAVEDATE */
	uint64_t size;    /* RFC822.SIZE, head prefix included */
	uint64_t content;
	uint32_t prefix;        /* bytes of the head prefix, see mail_read */
	struct slice fields;    /* as forum_over.fields */
	struct slice envelope;  /* "(...)", ready to send */
	struct slice structure; /* BODYSTRUCTURE "(...)" */
	struct slice body;      /* BODY "(...)" without extension data */
};

/* Answer to a change. */
struct mail_result {
	int rc;
	const char *why;                  /* as in forum_result */
	uint32_t box;                     /* UIDVALIDITY of the mailbox that grew or is new */
	uint64_t modseq;                  /* of the change */
	uint64_t had;                     /* flags: the highest one that changed had before, or 0 */
	const struct mail_ranges *from;   /* COPY: what was copied, */
	const struct mail_ranges *to;     /* APPEND, COPY: the numbers given, in the same order */
	const struct mail_ranges *failed; /* UNCHANGEDSINCE: these had changed */
};

typedef void (*mail_done_fn)(void *arg, const struct mail_result *r);
typedef bool (*mail_box_fn)(void *arg, const struct mail_box *b);
typedef bool (*mail_row_fn)(void *arg, const struct mail_row *r);

enum mail_flag_op { FLAGS_SET, FLAGS_ADD, FLAGS_REMOVE };

struct mail;

struct mail_ops {
	int (*box)(struct mail *m, struct slice name, struct mail_box *out);
	int (*boxes)(struct mail *m, struct slice after, mail_box_fn fn, void *arg);
	int (*unseen)(struct mail *m, uint32_t box, uint32_t *count_out, uint32_t *first_out);
	int (*absent)(struct mail *m, uint32_t box, struct mail_ranges *out);
	int (*rows)(struct mail *m, uint32_t box, uint32_t lo, uint32_t hi, unsigned want,
		uint64_t changed_since, mail_row_fn fn, void *arg);
	int (*flagged)(struct mail *m, uint32_t box, uint64_t flag, struct mail_ranges *out);
	int (*gone)(struct mail *m, uint32_t box, uint64_t since, struct mail_ranges *out);
	int (*read)(struct mail *m, uint32_t box, const struct mail_row *r, uint64_t from,
		size_t max, struct buf *out);
	int (*keywords)(struct mail *m, char out[MAIL_KEYWORDS][MAIL_KEYWORD_MAX + 1], size_t *n);
	int (*keyword_add)(
		struct mail *m, struct slice name, mail_done_fn done, void *arg, struct ticket *t);
	int (*flags)(struct mail *m, uint32_t box, const struct mail_ranges *r,
		enum mail_flag_op op, uint64_t flags, uint64_t unchanged_since, mail_done_fn done,
		void *arg, struct ticket *t);
	int (*expunge)(struct mail *m, uint32_t box, const struct mail_ranges *r, mail_done_fn done,
		void *arg, struct ticket *t);
	int (*append)(struct mail *m, uint32_t box, struct buf *message_take, uint64_t flags,
		int64_t date, mail_done_fn done, void *arg, struct ticket *t, struct err *why);
	int (*copy)(struct mail *m, uint32_t from, const struct mail_ranges *r, uint32_t to,
		bool move, mail_done_fn done, void *arg, struct ticket *t);
	int (*create)(struct mail *m, struct slice name, enum mail_use use, mail_done_fn done,
		void *arg, struct ticket *t);
	int (*remove)(
		struct mail *m, struct slice name, mail_done_fn done, void *arg, struct ticket *t);
	int (*rename)(struct mail *m, struct slice from, struct slice to, mail_done_fn done,
		void *arg, struct ticket *t);
	int (*subscribe)(struct mail *m, struct slice name, bool on, mail_done_fn done, void *arg,
		struct ticket *t);
	void (*watch)(struct mail *m, uint32_t box); /* 0: none */
};

struct mail {
	const struct mail_ops *ops;
};

/* The mailboxes of a forum conversation; they live and end together. */
struct mail *forum_mail(struct forum *f);

/* A mailbox, or a level (id 0), by name; INBOX in any case.  KERR_NOTFOUND, KERR_LOGIN. */
static inline int mail_box(struct mail *m, struct slice name, struct mail_box *out)
{
	return m->ops->box(m, name, out);
}

/* Mailboxes and levels with a name > after, in byte order of names; fn returns false to stop. */
static inline int mail_boxes(struct mail *m, struct slice after, mail_box_fn fn, void *arg)
{
	return m->ops->boxes(m, after, fn, arg);
}

/* Messages without \Seen: how many, and the first one's number (0: none).  No scan of rows. */
static inline int mail_unseen(
	struct mail *m, uint32_t box, uint32_t *count_out, uint32_t *first_out)
{
	return m->ops->unseen(m, box, count_out, first_out);
}

/*
 * The numbers in 1..next-1 that are not there (any more), those below `low` too.  A session maps
 * sequence numbers with this; it costs what was removed, not what is there.
 */
static inline int mail_absent(struct mail *m, uint32_t box, struct mail_ranges *out)
{
	return m->ops->absent(m, box, out);
}

/*
 * Rows in lo..hi, ascending, with what is wanted; changed_since > 0: only those with a greater
 * modseq (then modseq is known even without MAIL_WANT_FLAGS).
 */
static inline int mail_rows(struct mail *m, uint32_t box, uint32_t lo, uint32_t hi, unsigned want,
	uint64_t changed_since, mail_row_fn fn, void *arg)
{
	return m->ops->rows(m, box, lo, hi, want, changed_since, fn, arg);
}

/* The numbers that carry one flag; for SEARCH and STATUS without a scan. */
static inline int mail_flagged(struct mail *m, uint32_t box, uint64_t flag, struct mail_ranges *out)
{
	return m->ops->flagged(m, box, flag, out);
}

/* The numbers removed after mod-sequence `since`; for one too old, all that are absent. */
static inline int mail_gone(struct mail *m, uint32_t box, uint64_t since, struct mail_ranges *out)
{
	return m->ops->gone(m, box, since, out);
}

/*
 * Append at most max bytes of the message from byte `from` on: the head prefix of the mailbox, then
 * the article.  KERR_NOTFOUND behind the end.
 */
static inline int mail_read(struct mail *m, uint32_t box, const struct mail_row *r, uint64_t from,
	size_t max, struct buf *out)
{
	return m->ops->read(m, box, r, from, max, out);
}

/* The person's keywords: out[i] is bit MAIL_KEYWORD_BIT + i. */
static inline int mail_keywords(
	struct mail *m, char out[MAIL_KEYWORDS][MAIL_KEYWORD_MAX + 1], size_t *n)
{
	return m->ops->keywords(m, out, n);
}

/* A new keyword; KERR_FULL when MAIL_KEYWORDS are there, KERR_EXISTS when it is. */
static inline int mail_keyword_add(
	struct mail *m, struct slice name, mail_done_fn done, void *arg, struct ticket *t)
{
	return m->ops->keyword_add(m, name, done, arg, t);
}

/*
 * Change flags of what is there of r.  unchanged_since > 0: not of messages with a greater modseq;
 * these are in result.failed.  KERR_DENIED: one of them may not get \Deleted (another's article).
 */
static inline int mail_flags(struct mail *m, uint32_t box, const struct mail_ranges *r,
	enum mail_flag_op op, uint64_t flags, uint64_t unchanged_since, mail_done_fn done,
	void *arg, struct ticket *t)
{
	return m->ops->flags(m, box, r, op, flags, unchanged_since, done, arg, t);
}

/* Take messages out; in a group that is a cancel (one's own, or a moderator's). */
static inline int mail_expunge(struct mail *m, uint32_t box, const struct mail_ranges *r,
	mail_done_fn done, void *arg, struct ticket *t)
{
	return m->ops->expunge(m, box, r, done, arg, t);
}

/*
 * Add a message (taken but for KERR_WAIT); date 0: now.  In a group that is posting.  A personal
 * mailbox takes any bytes but NUL.
 */
static inline int mail_append(struct mail *m, uint32_t box, struct buf *message_take,
	uint64_t flags, int64_t date, mail_done_fn done, void *arg, struct ticket *t,
	struct err *why)
{
	return m->ops->append(m, box, message_take, flags, date, done, arg, t, why);
}

/*
 * Copy, or move, with flags and dates; content is shared, not copied.  Into a group each is posted
 * as an article of its own; what was done before one is refused stays, and is in result.from and
 * to.
 */
static inline int mail_copy(struct mail *m, uint32_t from, const struct mail_ranges *r, uint32_t to,
	bool move, mail_done_fn done, void *arg, struct ticket *t)
{
	return m->ops->copy(m, from, r, to, move, done, arg, t);
}

/* Personal mailboxes; levels above are made as needed.  KERR_EXISTS, KERR_DENIED (groups). */
static inline int mail_create(struct mail *m, struct slice name, enum mail_use use,
	mail_done_fn done, void *arg, struct ticket *t)
{
	return m->ops->create(m, name, use, done, arg, t);
}

/* Mailboxes below stay.  INBOX: KERR_DENIED. */
static inline int mail_remove(
	struct mail *m, struct slice name, mail_done_fn done, void *arg, struct ticket *t)
{
	return m->ops->remove(m, name, done, arg, t);
}

/* With all below; INBOX: its messages move to a new mailbox.  RFC 3501 section 6.3.5 */
static inline int mail_rename(struct mail *m, struct slice from, struct slice to, mail_done_fn done,
	void *arg, struct ticket *t)
{
	return m->ops->rename(m, from, to, done, arg, t);
}

static inline int mail_subscribe(
	struct mail *m, struct slice name, bool on, mail_done_fn done, void *arg, struct ticket *t)
{
	return m->ops->subscribe(m, name, on, done, arg, t);
}

/* Wake the session (WAKE_NEWS) after commits that touch this mailbox or its flags; 0: no more. */
static inline void mail_watch(struct mail *m, uint32_t box)
{
	m->ops->watch(m, box);
}

#endif
