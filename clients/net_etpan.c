/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections of libetpan, and the doors behind one face.  Arguments are checked for control
 * characters here, since libetpan puts them into its command lines as they are.
 */
#include "clients/net_etpan.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "clients/net_priv.h"
#include "clients/net_tls.h"

enum { TIMEOUT_S = 60, ARGUMENT_MAX = 400 /* libetpan's line is 513 */ };

int net_argument(const char *text, struct err *err)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 127)
			return err_set(err, KERR_INVALID, "control characters in an argument");
	return len <= ARGUMENT_MAX ? 0 : err_set(err, KERR_INVALID, "an argument is too long");
}

static int connect_one(const struct addrinfo *ai)
{
	const struct timeval limit = {TIMEOUT_S, 0};
	int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, ai->ai_protocol);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
		return fd;
	close(fd);
	return -1;
}

static int connect_host(const char *host, uint16_t port, struct err *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *all;
	char service[8];
	int fd = -1;

	snprintf(service, sizeof service, "%u", port);
	int rc = getaddrinfo(host, service, &hints, &all);
	if (rc != 0)
		return err_set(err, KERR_CLOSED, "%s: %s", host, gai_strerror(rc));
	for (const struct addrinfo *ai = all; ai && fd < 0; ai = ai->ai_next)
		fd = connect_one(ai);
	int why = errno;
	freeaddrinfo(all);
	if (fd < 0)
		return err_set(err, KERR_CLOSED, "%s port %u: %s", host, port, strerror(why));
	return fd;
}

int net_stream(const struct net_opts *o, mailstream **out, struct err *err)
{
	mailstream_low *low;
	int rc = 0;
	int fd = connect_host(o->host, o->port, err);

	if (fd < 0)
		return fd;
	if (o->tls)
		rc = net_tls_open(fd, o->host, o->ca, &low, err);
	else
		low = mailstream_low_socket_open(fd);
	if (rc < 0)
		return rc;
	*out = low ? mailstream_new(low, 8192) : NULL;
	return *out ? 0 : err_set(err, KERR_IO, "out of memory");
}

/* ---- doors ---- */

int net_open(const struct net_opts *o, struct net **out, struct err *err)
{
	mailstream *stream;
	int rc = net_stream(o, &stream, err);

	if (rc < 0)
		return rc;
	return o->door == NET_IMAP ? net_imap_open(o, stream, out, err)
				   : net_nntp_open(o, stream, out, err);
}

void net_close(struct net *n)
{
	if (n)
		n->ops->close(n);
}

int net_group(struct net *n, const char *name, struct net_group *out, struct err *err)
{
	return n->ops->group(n, name, out, err);
}

int net_groups(struct net *n, const char *pattern, net_group_fn fn, void *arg, struct err *err)
{
	return n->ops->groups(n, pattern, fn, arg, err);
}

int net_newsgroup(struct net *n, const char *name, struct buf *out)
{
	return n->ops->newsgroup(n, name, out);
}

int net_overview(
	struct net *n, uint32_t low, uint32_t high, net_over_fn fn, void *arg, struct err *err)
{
	return n->ops->overview(n, low, high, fn, arg, err);
}

int net_article(struct net *n, uint32_t num, struct buf *out, struct err *err)
{
	return n->ops->article(n, num, out, err);
}

int net_post(struct net *n, const char *group, struct slice article, struct err *err)
{
	return n->ops->post(n, group, article, err);
}

const char *net_answer(const struct net *n)
{
	return n->ops->answer(n);
}
