/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * struct forum: all that a session may ask of the forum, for one conversation.
 *
 * daemon/forum.c answers: policy (may this login?) first, then the store.  What a login may not
 * see answers KERR_NOTFOUND exactly as what is not there; before login everything that is not
 * public answers KERR_LOGIN whether it exists or not.  Any read may answer KERR_WAIT: the handler
 * returns CMD_WAIT and is called again at the same place.
 *
 * Reads are synchronous and bounded by the callbacks' `false`; nothing is held between calls.
 * Asynchronous calls (login, post) give a ticket; the answer is passed to done on the session's
 * thread, never from within the call itself.
 */
#ifndef PROTO_FORUM_H
#define PROTO_FORUM_H

#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

/* An asynchronous call that is out; {0} when none is.  Dropping it keeps done silent. */
struct ticket {
	void *call;
	void (*drop)(void *call);
};

static inline void ticket_drop(struct ticket *t)
{
	if (t->call)
		t->drop(t->call);
	t->call = NULL;
}

static inline bool ticket_out(const struct ticket *t)
{
	return t->call != NULL;
}

enum {
	FORUM_NAME_MAX = 200,
	FORUM_RCPT_MAX = 254,  /* RFC 5321 section 4.5.3.1.3 */
	FORUM_XREF_MAX = 1023, /* bytes of an Xref value; places that do not fit are left out */
};

/* A group as this login sees it. */
struct forum_group {
	uint32_t id;
	uint32_t low, high, count; /* RFC 3977 section 6.1.1.2: empty is low = high + 1 */
	char status;               /* 'y' may post, 'n' may not, 'm' moderated */
	int64_t created_at;
	char name[FORUM_NAME_MAX + 1];
	char title[256];
	char creator[96];
};

/* An article in a group; the slices end with the callback. */
struct forum_over {
	uint32_t num;
	uint64_t bytes;
	uint32_t lines;
	int64_t arrived_at;
	struct slice fields; /* subject TAB from TAB date TAB message-id TAB references */
	struct slice xref;   /* "host group:num ...": the value, places this login may see */
};

/* Where an article's bytes are; plain values, may be kept for the length of a command. */
struct forum_art {
	uint32_t group, num; /* 0 when asked for by Message-ID and it stands in no group seen */
	uint64_t content;
	uint64_t bytes;
	uint32_t lines;
	char xref[FORUM_XREF_MAX + 1]; /* value, or "" */
};

enum forum_how {
	FORUM_POST,  /* a person's article: injected (RFC 5537 section 3.5) */
	FORUM_RELAY, /* from a peer (RFC 5537 section 3.6, 3.7) */
};

enum forum_rcpt_kind { FORUM_RCPT_GROUP, FORUM_RCPT_PERSON };

/* Where an address of an envelope leads to; plain values, may be kept. */
struct forum_rcpt {
	enum forum_rcpt_kind kind;
	bool shared;      /* a group that goes to other daemons: the one group of its article */
	uint32_t account; /* the person, or 0 */
	char name[FORUM_RCPT_MAX + 1]; /* of the group; or an address of the person */
};

/* A mail's envelope. */
struct forum_mail {
	const struct forum_rcpt *to; /* different ones */
	size_t n_to;
	struct slice sender; /* "anna@example.org", quoted where it must be; empty: null */
	struct slice with;   /* how it came: "ESMTPSA".  RFC 3848 */
};

/* Answer to an asynchronous call. */
struct forum_result {
	int rc;
	const char *why;  /* for people, ASCII, no CR LF; never NULL */
	struct slice mid; /* Message-ID the article has now */
	uint32_t num;     /* its number in the first group, 0 for control articles */
};

typedef void (*forum_done_fn)(void *arg, const struct forum_result *r);
typedef bool (*forum_group_fn)(void *arg, const struct forum_group *g);
typedef bool (*forum_over_fn)(void *arg, const struct forum_over *o);
typedef bool (*forum_num_fn)(void *arg, uint32_t num);
typedef bool (*forum_mid_fn)(void *arg, struct slice mid);

struct forum;

struct forum_ops {
	int (*group)(struct forum *f, struct slice name, struct forum_group *out);
	int (*groups)(struct forum *f, struct slice after, forum_group_fn fn, void *arg);
	int (*nums)(struct forum *f, uint32_t group, uint32_t lo, uint32_t hi, bool reverse,
		forum_num_fn fn, void *arg);
	int (*over)(struct forum *f, uint32_t group, uint32_t lo, uint32_t hi, forum_over_fn fn,
		void *arg);
	int (*over_mid)(struct forum *f, struct slice mid, forum_over_fn fn, void *arg);
	int (*article)(struct forum *f, uint32_t group, uint32_t num, struct forum_art *out);
	int (*article_mid)(struct forum *f, struct slice mid, struct forum_art *out);
	int (*read)(struct forum *f, const struct forum_art *a, uint32_t chunk, struct buf *out);
	int (*wanted)(struct forum *f, struct slice mid);
	int (*newnews)(struct forum *f, struct slice wildmat, int64_t since_at, uint64_t *place,
		forum_mid_fn fn, void *arg);
	int (*login)(struct forum *f, struct slice user, struct slice pass, forum_done_fn done,
		void *arg, struct ticket *t);
	int (*post)(struct forum *f, enum forum_how how, struct buf *article_take, struct slice mid,
		forum_done_fn done, void *arg, struct ticket *t, struct err *why);
	int (*sender)(struct forum *f, struct slice local, struct slice domain);
	int (*rcpt)(
		struct forum *f, struct slice local, struct slice domain, struct forum_rcpt *out);
	int (*submit)(struct forum *f, const struct forum_mail *m, struct buf *mail_take,
		forum_done_fn done, void *arg, struct ticket *t, struct err *why);
	bool (*may_post)(struct forum *f);
	bool (*may_relay)(struct forum *f);
	bool (*may_login)(struct forum *f);
	bool (*has_login)(struct forum *f);
	const char *(*host)(struct forum *f);
	size_t (*max_article)(struct forum *f);
};

struct forum {
	const struct forum_ops *ops;
};

/* Find a group by name.  KERR_NOTFOUND, KERR_LOGIN. */
static inline int forum_group(struct forum *f, struct slice name, struct forum_group *out)
{
	return f->ops->group(f, name, out);
}

/* Groups this login sees, name > after, in name order; fn returns false to stop. */
static inline int forum_groups(struct forum *f, struct slice after, forum_group_fn fn, void *arg)
{
	return f->ops->groups(f, after, fn, arg);
}

/* Numbers present in lo..hi, ascending or (reverse) descending: LISTGROUP, NEXT, LAST. */
static inline int forum_nums(struct forum *f, uint32_t group, uint32_t lo, uint32_t hi,
	bool reverse, forum_num_fn fn, void *arg)
{
	return f->ops->nums(f, group, lo, hi, reverse, fn, arg);
}

/* Overview of lo..hi in ascending order; fn returns false to stop. */
static inline int forum_over(
	struct forum *f, uint32_t group, uint32_t lo, uint32_t hi, forum_over_fn fn, void *arg)
{
	return f->ops->over(f, group, lo, hi, fn, arg);
}

/* Overview of one article by Message-ID; num is 0 in it (RFC 3977 section 8.3.2). */
static inline int forum_over_mid(struct forum *f, struct slice mid, forum_over_fn fn, void *arg)
{
	return f->ops->over_mid(f, mid, fn, arg);
}

/* An article by number, or by Message-ID.  KERR_NOTFOUND, KERR_LOGIN. */
static inline int forum_article(
	struct forum *f, uint32_t group, uint32_t num, struct forum_art *out)
{
	return f->ops->article(f, group, num, out);
}

static inline int forum_article_mid(struct forum *f, struct slice mid, struct forum_art *out)
{
	return f->ops->article_mid(f, mid, out);
}

/* Append chunk 0, 1, ... of the article's bytes to out; KERR_NOTFOUND behind the last. */
static inline int forum_read(
	struct forum *f, const struct forum_art *a, uint32_t chunk, struct buf *out)
{
	return f->ops->read(f, a, chunk, out);
}

/*
 * Does a peer that offers this Message-ID have to send it?  0: yes, and until it has come (or some
 * seconds have gone by) others are told to wait; KERR_EXISTS: it was accepted once (tombs count);
 * KERR_BUSY: another peer was just told to send it.
 */
static inline int forum_wanted(struct forum *f, struct slice mid)
{
	return f->ops->wanted(f, mid);
}

/*
 * Message-IDs of articles that arrived at since_at or later in groups that match and are seen.
 * *place is 0 at first and keeps where fn stopped.  RFC 3977 section 7.4
 */
static inline int forum_newnews(struct forum *f, struct slice wildmat, int64_t since_at,
	uint64_t *place, forum_mid_fn fn, void *arg)
{
	return f->ops->newnews(f, wildmat, since_at, place, fn, arg);
}

/*
 * Check a password (in the pool) and, when right, be that login from then on.
 * done: 0, KERR_DENIED (wrong, unknown or disabled: one answer), KERR_BUSY (too many tries).
 */
static inline int forum_login(struct forum *f, struct slice user, struct slice pass,
	forum_done_fn done, void *arg, struct ticket *t)
{
	return f->ops->login(f, user, pass, done, arg, t);
}

/*
 * Give an article to the forum; its bytes are taken (the buf is empty afterwards) for any result
 * but KERR_WAIT.
 * FORUM_RELAY: mid is the Message-ID the peer named; it must be that of the article.
 *
 * KERR_WAIT: nothing was taken, call again when woken.
 * 0: a ticket is out and done will be called: with 0 when the article is on disk, or a code below.
 * Otherwise refused at once, done stays silent, *why (may be NULL) says it in ASCII without CR LF:
 * KERR_EXISTS known already; KERR_INVALID, KERR_DENIED, KERR_TOOBIG refused for good;
 * KERR_BUSY, KERR_FULL try again later; KERR_CLOSED no more writing.
 */
static inline int forum_post(struct forum *f, enum forum_how how, struct buf *article_take,
	struct slice mid, forum_done_fn done, void *arg, struct ticket *t, struct err *why)
{
	return f->ops->post(f, how, article_take, mid, done, arg, t, why);
}

/* May this login send mail as local@domain?  0, KERR_DENIED, KERR_WAIT. */
static inline int forum_sender(struct forum *f, struct slice local, struct slice domain)
{
	return f->ops->sender(f, local, domain);
}

/*
 * Who is local@domain?  KERR_DENIED: not of this daemon; KERR_NOTFOUND: nobody and no group, or
 * one that this login may not write to.
 */
static inline int forum_rcpt(
	struct forum *f, struct slice local, struct slice domain, struct forum_rcpt *out)
{
	return f->ops->rcpt(f, local, domain, out);
}

/*
 * Give a mail to the forum, for recipients that forum_rcpt found: one article in all their groups,
 * and a copy in the INBOX of each person, all of it or nothing.  Bytes, results and answer as in
 * forum_post; rights are looked at again.
 * 1: this very mail (Message-ID, body, recipients) of this login was delivered some days ago or
 * less: its program did not hear the answer.  Nothing is done, done stays silent.
 */
static inline int forum_submit(struct forum *f, const struct forum_mail *m, struct buf *mail_take,
	forum_done_fn done, void *arg, struct ticket *t, struct err *why)
{
	return f->ops->submit(f, m, mail_take, done, arg, t, why);
}

/* May this conversation post at all (greeting 200 or 201), relay, be asked for a password here? */
static inline bool forum_may_post(struct forum *f)
{
	return f->ops->may_post(f);
}

static inline bool forum_may_relay(struct forum *f)
{
	return f->ops->may_relay(f);
}

static inline bool forum_may_login(struct forum *f)
{
	return f->ops->may_login(f);
}

static inline bool forum_has_login(struct forum *f)
{
	return f->ops->has_login(f);
}

/* Name of this daemon: path identity, right side of its Message-IDs. */
static inline const char *forum_host(struct forum *f)
{
	return f->ops->host(f);
}

/* Largest article taken, bytes. */
static inline size_t forum_max_article(struct forum *f)
{
	return f->ops->max_article(f);
}

#endif
