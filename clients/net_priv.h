/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by net_etpan.c (connections), net_nntp.c and net_imap.c (the two doors), net_smtp.c. */
#ifndef CLIENTS_NET_PRIV_H
#define CLIENTS_NET_PRIV_H

#include <libetpan/libetpan.h>

#include "clients/net_etpan.h"

struct net_ops {
	void (*close)(struct net *n);
	int (*group)(struct net *n, const char *name, struct net_group *out, struct err *err);
	int (*groups)(
		struct net *n, const char *pattern, net_group_fn fn, void *arg, struct err *err);
	int (*newsgroup)(struct net *n, const char *name, struct buf *out);
	int (*overview)(struct net *n, uint32_t low, uint32_t high, net_over_fn fn, void *arg,
		struct err *err);
	int (*article)(struct net *n, uint32_t num, struct buf *out, struct err *err);
	int (*post)(struct net *n, const char *group, struct slice article, struct err *err);
	const char *(*answer)(const struct net *n);
};

/* Each door's struct begins with it. */
struct net {
	const struct net_ops *ops;
};

/* Greet and log in on a stream, which is the door's afterwards in any case. */
NODISCARD int net_nntp_open(
	const struct net_opts *o, mailstream *stream, struct net **out, struct err *err);
NODISCARD int net_imap_open(
	const struct net_opts *o, mailstream *stream, struct net **out, struct err *err);

/* Connect, with TLS if asked for.  KERR_CLOSED, KERR_DENIED, KERR_IO. */
NODISCARD int net_stream(const struct net_opts *o, mailstream **out, struct err *err);

/* No control characters, not too long for libetpan's line.  KERR_INVALID. */
NODISCARD int net_argument(const char *text, struct err *err);

#endif
