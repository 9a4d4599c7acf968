/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client's side of a streaming link: MODE STREAM, CHECK and TAKETHIS in a window; IHAVE where
 * the other server cannot stream.  RFC 4644, RFC 3977 section 6.3.2
 *
 * Pure: articles come from a source, answers move its cursor.  An entry is settled only after 239,
 * 438, 439, 235, 435 or 437 (also: unwanted, over the peer's limits).  431, 436, 400, a time-out
 * and a close mean again.  `settled(seq)` is told only for a gap-free front, so a durable cursor at
 * seq never skips an article.
 */
#ifndef PROTO_NNTP_NNTP_FEEDER_H
#define PROTO_NNTP_NNTP_FEEDER_H

#include "proto/base/session.h"

struct feeder_item {
	uint64_t seq; /* place in the arrival log */
	uint64_t content;
	char mid[256]; /* with < > */
};

struct feeder_source {
	/* The next article for this peer with a sequence > after.  KERR_NOTFOUND: none now;
	 *scanned_out is how far it looked, so that unwanted stretches are skipped. */
	int (*next)(void *arg, uint64_t after, struct feeder_item *out, uint64_t *scanned_out);
	/* Append the article as it goes to the peer: CRLF, not dot-stuffed. */
	int (*read)(void *arg, const struct feeder_item *item, struct buf *out);
	/* All up to seq is settled. */
	void (*settled)(void *arg, uint64_t seq);
	/* One answer: for counters and the reason shown by `kokoctl peer status`.  item is NULL for
	   what concerns the link as a whole: greeting, MODE STREAM, 400. */
	void (*answered)(void *arg, const struct feeder_item *item, int code, struct slice text);
	void *arg;
};

struct feeder_opts {
	const char *id;     /* for logs */
	unsigned window;    /* commands outstanding, 1..FEEDER_WINDOW_MAX; 0: FEEDER_WINDOW */
	uint64_t start_seq; /* cursor */
	unsigned defer_max; /* entries put aside after 431 / 436, and those behind them, before
			       the front is waited for; 0: FEEDER_DEFER_MAX */
	bool starttls;      /* use STARTTLS before anything else */
};

enum {
	FEEDER_WINDOW = 64,
	FEEDER_WINDOW_MAX = 256,
	FEEDER_DEFER_MAX = 10000,
	FEEDER_RETRY_S = 2,      /* until an entry that was put aside is offered again, doubled */
	FEEDER_RETRY_MAX_S = 60, /* ... each time up to this */
};

struct nntp_feeder;
struct nntp_feeder *nntp_feeder_new(const struct feeder_source *src, const struct feeder_opts *o);

/*
 * feed: the server's answers.  WAKE_NEWS: there may be more in the source, or FEEDER_RETRY_S have
 * gone by.  WAKE_SHUTDOWN: QUIT when all that was asked is answered.  NEED_RETRY: the source said
 * KERR_WAIT.  What `next` gives must ascend.
 */
extern const struct session_ops nntp_feeder_ops;

#endif
