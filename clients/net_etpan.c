/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libetpan's newsnntp behind our types.  Arguments are checked for control characters here, since
 * libetpan puts them into its command lines as they are.
 */
#include "clients/net_etpan.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <libetpan/libetpan.h>

#include "clients/net_tls.h"
#include "proto/base/coll.h"
#include "proto/base/mem.h"

enum { TIMEOUT_S = 60, ARGUMENT_MAX = 400 /* libetpan's line is 513 */ };

struct net {
	newsnntp *nntp;
	struct buf name; /* of the selected group */
};

const char *net_answer(const struct net *n)
{
	return n->nntp->nntp_response ? n->nntp->nntp_response : "";
}

static int code_to_kerr(int code)
{
	switch (code) {
	case NEWSNNTP_ERROR_REQUEST_AUTHORIZATION_USERNAME:
	case NEWSNNTP_WARNING_REQUEST_AUTHORIZATION_PASSWORD:
		return KERR_LOGIN;
	case NEWSNNTP_ERROR_NO_SUCH_NEWS_GROUP:
	case NEWSNNTP_ERROR_INVALID_ARTICLE_NUMBER:
	case NEWSNNTP_ERROR_ARTICLE_NOT_FOUND:
	case NEWSNNTP_ERROR_NO_ARTICLE_SELECTED:
		return KERR_NOTFOUND;
	case NEWSNNTP_ERROR_POSTING_NOT_ALLOWED:
	case NEWSNNTP_ERROR_POSTING_FAILED:
	case NEWSNNTP_ERROR_NO_PERMISSION:
	case NEWSNNTP_ERROR_AUTHENTICATION_REJECTED:
		return KERR_DENIED;
	default:
		return KERR_IO;
	}
}

/* libetpan's code as ours; what says what was asked. */
static int failed(const struct net *n, int code, const char *what, struct err *err)
{
	int rc = code_to_kerr(code);

	if (code == NEWSNNTP_ERROR_STREAM)
		return err_set(err, KERR_IO, "%s: the connection is lost", what);
	if (rc == KERR_LOGIN)
		return err_set(err, rc, "%s: the server wants a login", what);
	return err_set(err, rc, "%s: %s", what, net_answer(n));
}

static int check_argument(const char *text, struct err *err)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 127)
			return err_set(err, KERR_INVALID, "control characters in an argument");
	return len <= ARGUMENT_MAX ? 0 : err_set(err, KERR_INVALID, "an argument is too long");
}

/* ---- connection ---- */

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

static int open_stream(const struct net_opts *o, mailstream **out, struct err *err)
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

static int log_in(struct net *n, const struct net_opts *o, struct err *err)
{
	int rc = check_argument(o->user, err);

	if (rc == 0)
		rc = check_argument(o->password, err);
	if (rc < 0)
		return rc;
	int code = newsnntp_authinfo_username(n->nntp, o->user);
	if (code == NEWSNNTP_WARNING_REQUEST_AUTHORIZATION_PASSWORD)
		code = newsnntp_authinfo_password(n->nntp, o->password);
	return code == NEWSNNTP_NO_ERROR ? 0 : failed(n, code, "login", err);
}

int net_open(const struct net_opts *o, struct net **out, struct err *err)
{
	mailstream *stream;
	int rc = open_stream(o, &stream, err);

	if (rc < 0)
		return rc;
	struct net *n = mem_new(struct net);
	buf_init(&n->name, 1024);
	n->nntp = newsnntp_new(0, NULL);
	int code = newsnntp_connect(n->nntp, stream);
	if (code != NEWSNNTP_NO_ERROR)
		rc = failed(n, code, "greeting", err);
	if (rc == 0)
		(void)newsnntp_mode_reader(n->nntp); /* servers without it answer 500 */
	if (rc == 0 && o->user)
		rc = log_in(n, o, err);
	if (rc < 0)
		net_close(n);
	else
		*out = n;
	return rc;
}

void net_close(struct net *n)
{
	if (!n)
		return;
	if (n->nntp->nntp_stream)
		newsnntp_quit(n->nntp);
	newsnntp_free(n->nntp);
	buf_fini(&n->name);
	free(n);
}

/* ---- groups ---- */

int net_group(struct net *n, const char *name, struct net_group *out, struct err *err)
{
	struct newsnntp_group_info *info;
	int rc = check_argument(name, err);

	if (rc < 0)
		return rc;
	int code = newsnntp_group(n->nntp, name, &info);
	if (code != NEWSNNTP_NO_ERROR)
		return failed(n, code, name, err);
	buf_reset(&n->name);
	buf_addz(&n->name, name);
	*out = (struct net_group){
		.name = buf_cstr(&n->name),
		.low = info->grp_first,
		.high = info->grp_last,
		.count = info->grp_count,
		.title = "",
	};
	newsnntp_group_free(info);
	return 0;
}

/* Titles by group name; borrowed from the list, which the caller frees. */
static clist *titles(struct net *n, const char *pattern, struct map *by_name)
{
	clist *list;

	if (newsnntp_list_newsgroups(n->nntp, pattern, &list) != NEWSNNTP_NO_ERROR)
		return NULL;
	for (clistiter *i = clist_begin(list); i; i = clist_next(i)) {
		struct newsnntp_group_description *d = clist_content(i);

		map_put(by_name, slice_str(d->grp_name), d->grp_description);
	}
	return list;
}

int net_groups(struct net *n, const char *pattern, net_group_fn fn, void *arg, struct err *err)
{
	clist *active, *described;
	int rc = pattern ? check_argument(pattern, err) : 0;

	if (rc < 0)
		return rc;
	int code = newsnntp_list_active(n->nntp, pattern, &active);
	if (code != NEWSNNTP_NO_ERROR)
		return failed(n, code, "LIST ACTIVE", err);

	struct map *by_name = map_new();
	described = titles(n, pattern, by_name);
	for (clistiter *i = clist_begin(active); i; i = clist_next(i)) {
		const struct newsnntp_group_info *info = clist_content(i);
		const char *title = map_get(by_name, slice_str(info->grp_name));

		fn(arg, &(struct net_group){
				.name = info->grp_name,
				.low = info->grp_first,
				.high = info->grp_last,
				.title = title ? title : "",
			});
	}
	map_free(by_name);
	if (described)
		newsnntp_list_newsgroups_free(described);
	newsnntp_list_active_free(active);
	return 0;
}

/* ---- articles ---- */

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

int net_overview(
	struct net *n, uint32_t low, uint32_t high, net_over_fn fn, void *arg, struct err *err)
{
	clist *list;
	int code = newsnntp_xover_range(n->nntp, low, high, &list);

	if (code == NEWSNNTP_ERROR_INVALID_ARTICLE_NUMBER ||
		code == NEWSNNTP_ERROR_NO_ARTICLE_SELECTED)
		return 0; /* no articles there */
	if (code != NEWSNNTP_NO_ERROR)
		return failed(n, code, "XOVER", err);
	for (clistiter *i = clist_begin(list); i; i = clist_next(i)) {
		const struct newsnntp_xover_resp_item *item = clist_content(i);

		fn(arg, &(struct net_over){
				.num = item->ovr_article,
				.subject = or_empty(item->ovr_subject),
				.from = or_empty(item->ovr_author),
				.date = or_empty(item->ovr_date),
				.msgid = or_empty(item->ovr_message_id),
				.references = or_empty(item->ovr_references),
			});
	}
	newsnntp_xover_resp_list_free(list);
	return 0;
}

int net_article(struct net *n, uint32_t num, struct buf *out, struct err *err)
{
	char what[32], *text;
	size_t len;
	int code = newsnntp_article(n->nntp, num, &text, &len);

	snprintf(what, sizeof what, "article %u", num);
	if (code != NEWSNNTP_NO_ERROR)
		return failed(n, code, what, err);
	buf_add(out, slice_of(text, len));
	newsnntp_article_free(text);
	return out->bad ? err_set(err, KERR_TOOBIG, "%s: too big", what) : 0;
}

int net_post(struct net *n, struct slice article, struct err *err)
{
	size_t len = article.len;

	if (slice_ends(article, lit("\r\n")))
		len -= 2; /* libetpan ends the last line itself */
	int code = newsnntp_post(n->nntp, article.p, len);

	return code == NEWSNNTP_NO_ERROR ? 0 : failed(n, code, "posting", err);
}
