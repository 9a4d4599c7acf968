/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libetpan's newsnntp behind our types. */
#include <stdio.h>

#include "clients/net_priv.h"
#include "proto/base/coll.h"
#include "proto/base/mem.h"

struct nntp {
	struct net net;
	newsnntp *nntp;
	struct buf name; /* of the selected group */
};

static struct nntp *nntp_of(struct net *n)
{
	return container_of(n, struct nntp, net);
}

static const char *nntp_answer(const struct net *n)
{
	const struct nntp *h = container_of(n, const struct nntp, net);

	return h->nntp->nntp_response ? h->nntp->nntp_response : "";
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
static int failed(const struct nntp *n, int code, const char *what, struct err *err)
{
	int rc = code_to_kerr(code);

	if (code == NEWSNNTP_ERROR_STREAM)
		return err_set(err, KERR_IO, "%s: the connection is lost", what);
	if (rc == KERR_LOGIN)
		return err_set(err, rc, "%s: the server wants a login", what);
	return err_set(err, rc, "%s: %s", what, nntp_answer(&n->net));
}

static int log_in(struct nntp *n, const struct net_opts *o, struct err *err)
{
	int rc = net_argument(o->user, err);

	if (rc == 0)
		rc = net_argument(o->password, err);
	if (rc < 0)
		return rc;
	int code = newsnntp_authinfo_username(n->nntp, o->user);
	if (code == NEWSNNTP_WARNING_REQUEST_AUTHORIZATION_PASSWORD)
		code = newsnntp_authinfo_password(n->nntp, o->password);
	return code == NEWSNNTP_NO_ERROR ? 0 : failed(n, code, "login", err);
}

static void nntp_close(struct net *net)
{
	struct nntp *n = nntp_of(net);

	if (n->nntp->nntp_stream)
		newsnntp_quit(n->nntp);
	newsnntp_free(n->nntp);
	buf_fini(&n->name);
	free(n);
}

/* ---- groups ---- */

static int nntp_group(struct net *net, const char *name, struct net_group *out, struct err *err)
{
	struct nntp *n = nntp_of(net);
	struct newsnntp_group_info *info;
	int rc = net_argument(name, err);

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
static clist *titles(struct nntp *n, const char *pattern, struct map *by_name)
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

static int nntp_groups(
	struct net *net, const char *pattern, net_group_fn fn, void *arg, struct err *err)
{
	struct nntp *n = nntp_of(net);
	clist *active, *described;
	int rc = pattern ? net_argument(pattern, err) : 0;

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

static int nntp_overview(
	struct net *net, uint32_t low, uint32_t high, net_over_fn fn, void *arg, struct err *err)
{
	struct nntp *n = nntp_of(net);
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

static int nntp_article(struct net *net, uint32_t num, struct buf *out, struct err *err)
{
	struct nntp *n = nntp_of(net);
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

static int nntp_post(struct net *net, const char *group, struct slice article, struct err *err)
{
	struct nntp *n = nntp_of(net);
	size_t len = article.len;

	(void)group; /* the article names it */
	if (slice_ends(article, lit("\r\n")))
		len -= 2; /* libetpan ends the last line itself */
	int code = newsnntp_post(n->nntp, article.p, len);

	return code == NEWSNNTP_NO_ERROR ? 0 : failed(n, code, "posting", err);
}

static int nntp_newsgroup(struct net *net, const char *name, struct buf *out)
{
	(void)net;
	buf_addz(out, name);
	return 0;
}

static const struct net_ops nntp_ops = {
	.close = nntp_close,
	.group = nntp_group,
	.groups = nntp_groups,
	.newsgroup = nntp_newsgroup,
	.overview = nntp_overview,
	.article = nntp_article,
	.post = nntp_post,
	.answer = nntp_answer,
};

int net_nntp_open(const struct net_opts *o, mailstream *stream, struct net **out, struct err *err)
{
	struct nntp *n = mem_new(struct nntp);
	int rc = 0;

	n->net.ops = &nntp_ops;
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
		nntp_close(&n->net);
	else
		*out = &n->net;
	return rc;
}
