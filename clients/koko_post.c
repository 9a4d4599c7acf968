/* SPDX-License-Identifier: GPL-3.0-or-later */
/* koko post and koko reply: the text comes from standard input. */
#include <stdio.h>

#include "clients/i18n.h"
#include "clients/koko.h"
#include "clients/koko_text.h"
#include "proto/base/text.h"

static int read_text(struct buf *b, struct err *err)
{
	size_t n = 1;

	while (n > 0) {
		char *room = buf_room(b, 4096);

		if (!room)
			return err_set(err, KERR_TOOBIG, _("the text is too long"));
		n = fread(room, 1, 4096, stdin);
		buf_commit(b, n);
	}
	return ferror(stdin) ? err_set(err, KERR_IO, _("standard input cannot be read")) : 0;
}

static int send_post(struct net *net, const struct koko_post *p, struct err *err)
{
	struct buf article;

	buf_init(&article, KOKO_ARTICLE_MAX);
	int rc = koko_compose(p, &article, err);
	if (rc == 0)
		rc = net_post(net, buf_slice(&article), err);
	if (rc == 0)
		printf("%s: %s\n", p->group, net_answer(net));
	buf_fini(&article);
	return rc;
}

static int check_from(const struct koko_opts *o, struct err *err)
{
	return o->from ? 0
		       : err_set(err, KERR_INVALID,
				 _("no author: --from \"NAME <ADDRESS>\" is missing"));
}

int koko_post_cmd(struct koko_opts *o, char **args, int n_args, struct err *err)
{
	struct buf body;
	struct net *net = NULL;

	if (n_args != 1 || !o->subject)
		return err_set(err, KERR_INVALID, "koko post GROUP -s SUBJECT");
	int rc = check_from(o, err);
	buf_init(&body, KOKO_ARTICLE_MAX);
	if (rc == 0)
		rc = read_text(&body, err);
	if (rc == 0)
		rc = koko_connect(o, &net, err);
	if (rc == 0) {
		struct koko_post p = {.from = o->from,
			.group = args[0],
			.subject = o->subject,
			.body = buf_slice(&body)};

		rc = send_post(net, &p, err);
		net_close(net);
	}
	buf_fini(&body);
	return rc;
}

/* Quoted text, if asked for, then the text of standard input; to the parent's group. */
static int send_reply(struct net *net, struct koko_opts *o, struct koko_reply *r, struct err *err)
{
	struct buf body;

	buf_init(&body, KOKO_ARTICLE_MAX);
	if (o->quote)
		buf_add(&body, buf_slice(&r->quote));
	int rc = read_text(&body, err);
	if (rc == 0) {
		struct koko_post p = {.from = o->from,
			.group = buf_cstr(&r->group),
			.subject = o->subject ? o->subject : buf_cstr(&r->subject),
			.references = buf_slice(&r->references),
			.body = buf_slice(&body)};

		rc = send_post(net, &p, err);
	}
	buf_fini(&body);
	return rc;
}

static int reply_to(
	struct net *net, struct koko_opts *o, const char *group, uint32_t num, struct err *err)
{
	struct koko_reply r;
	struct net_group g;
	struct buf parent;
	int rc = net_group(net, group, &g, err);

	if (rc < 0)
		return rc;
	buf_init(&parent, KOKO_ARTICLE_MAX);
	rc = net_article(net, num, &parent, err);
	if (rc == 0) {
		rc = koko_reply_init(&r, buf_slice(&parent), err);
		if (rc == 0)
			rc = send_reply(net, o, &r, err);
		koko_reply_fini(&r);
	}
	buf_fini(&parent);
	return rc;
}

int koko_reply_cmd(struct koko_opts *o, char **args, int n_args, struct err *err)
{
	struct net *net = NULL;
	uint64_t num;

	if (n_args != 2 || !text_number(slice_str(args[1]), INT32_MAX, &num))
		return err_set(err, KERR_INVALID, "koko reply GROUP NUM");
	int rc = check_from(o, err);
	if (rc == 0)
		rc = koko_connect(o, &net, err);
	if (rc < 0)
		return rc;
	rc = reply_to(net, o, args[0], (uint32_t)num, err);
	net_close(net);
	return rc;
}
