/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An NNTP or IMAP server as libetpan sees it, and submission: the one home of its network calls. */
#ifndef CLIENTS_NET_ETPAN_H
#define CLIENTS_NET_ETPAN_H

#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

struct net;

enum net_door { NET_NNTP, NET_IMAP, NET_SMTP };

struct net_opts {
	enum net_door door;
	const char *host;
	uint16_t port;
	bool tls;                    /* from the first byte */
	const char *ca;              /* PEM file; NULL: the system's authorities */
	const char *user, *password; /* NULL: no login */
};

/*
 * Connect, greet, log in.  All errors carry the server's answer where there is one.
 * KERR_CLOSED: nobody there.  KERR_DENIED: certificate or password.  KERR_IO.
 */
NODISCARD int net_open(const struct net_opts *o, struct net **out, struct err *err);
void net_close(struct net *n);

struct net_group {
	const char *name;
	uint32_t low, high, count;
	const char *title; /* net_groups only; may be "" */
};

/*
 * Select a group.  Over IMAP that is the mailbox of a newsgroup's name, or any mailbox by its name
 * with a `/` or without a dot; numbers are UIDs.  KERR_NOTFOUND: there is none; KERR_LOGIN.
 */
NODISCARD int net_group(struct net *n, const char *name, struct net_group *out, struct err *err);

/* Groups that match a wildmat (NULL: all), in the server's order. */
typedef void (*net_group_fn)(void *arg, const struct net_group *g);
NODISCARD int net_groups(
	struct net *n, const char *pattern, net_group_fn fn, void *arg, struct err *err);

/* The newsgroup's name of what net_group would select.  KERR_NOTFOUND: a personal mailbox. */
NODISCARD int net_newsgroup(struct net *n, const char *name, struct buf *out);

/* One line of the overview; fields as they came, not decoded. */
struct net_over {
	uint32_t num;
	const char *subject, *from, *date, *msgid, *references;
};

typedef void (*net_over_fn)(void *arg, const struct net_over *o);
NODISCARD int net_overview(
	struct net *n, uint32_t low, uint32_t high, net_over_fn fn, void *arg, struct err *err);

/* An article of the selected group with LF or CRLF as libetpan gives it, at most out->max bytes. */
NODISCARD int net_article(struct net *n, uint32_t num, struct buf *out, struct err *err);

/* Post an article with CRLF; over IMAP by APPEND.  KERR_DENIED: refused; err says why. */
NODISCARD int net_post(struct net *n, const char *group, struct slice article, struct err *err);

/* The server's last answer, without its code. */
const char *net_answer(const struct net *n);

/*
 * Submit a mail with CRLF; the door of o is NET_SMTP.  answer gets what the server said.
 * KERR_DENIED: refused, KERR_BUSY: for now; err says why.  RFC 6409
 */
NODISCARD int net_send(const struct net_opts *o, const char *sender, const char *rcpt,
	struct slice mail, struct buf *answer, struct err *err);

#endif
