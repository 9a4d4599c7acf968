/* SPDX-License-Identifier: GPL-3.0-or-later */
/* koko post and koko reply: the text comes from standard input. */
#include <stdio.h>

#include "clients/i18n.h"
#include "clients/koko.h"
#include "clients/koko_text.h"
#include "proto/base/text.h"
#include "proto/msg/fields.h"

enum { ADDRESS_TEXT_MAX = 1024 };

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

/* The address of a group: at the domain of its author, whose daemon knows both. */
static int add_group_address(struct buf *b, const char *group, const char *sender, struct err *err)
{
	struct slice spec = slice_str(sender);

	if (!group_name_valid(slice_str(group)))
		return err_set(err, KERR_INVALID, _("\"%s\" is no group name"), group);
	buf_addf(b, "%s@%s", group, sender + slice_chr(spec, '@') + 1);
	return 0;
}

static int send_mail(struct koko_opts *o, const char *sender, const char *to,
	const struct koko_post *post, struct err *err)
{
	struct koko_post p = *post;
	struct buf mail, answer;

	p.to = to;
	buf_init(&mail, KOKO_ARTICLE_MAX);
	buf_init(&answer, 4096);
	int rc = koko_compose(&p, &mail, err);
	if (rc == 0)
		rc = koko_send(o, sender, to, buf_slice(&mail), &answer, err);
	if (rc == 0)
		printf("%s: %s\n", to, buf_cstr(&answer));
	buf_fini(&mail);
	buf_fini(&answer);
	return rc;
}

/* To a person (p->to) or a group, by mail. */
static int submit(struct koko_opts *o, const struct koko_post *p, struct err *err)
{
	struct buf sender, to;
	int rc = 0;

	if (!o->submission)
		return err_set(err, KERR_INVALID,
			_("no mail can be sent: --submission HOST:PORT is missing"));
	buf_init(&sender, ADDRESS_TEXT_MAX);
	buf_init(&to, ADDRESS_TEXT_MAX);
	if (!koko_add_address(&sender, slice_str(p->from)))
		rc = err_set(err, KERR_INVALID, _("\"%s\" is no address"), p->from);
	else if (!p->to)
		rc = add_group_address(&to, p->group, buf_cstr(&sender), err);
	else if (!koko_add_address(&to, slice_str(p->to)))
		rc = err_set(err, KERR_INVALID, _("\"%s\" is no address"), p->to);
	if (rc == 0)
		rc = send_mail(o, buf_cstr(&sender), buf_cstr(&to), p, err);
	buf_fini(&sender);
	buf_fini(&to);
	return rc;
}

/* Through the server, unless there is another for mail. */
static int send_post(
	struct net *net, struct koko_opts *o, const struct koko_post *p, struct err *err)
{
	struct buf article;

	if (p->to || o->submission)
		return submit(o, p, err);
	buf_init(&article, KOKO_ARTICLE_MAX);
	int rc = koko_compose(p, &article, err);
	if (rc == 0)
		rc = net_post(net, p->group, buf_slice(&article), err);
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

/* Post body where `name` says: a group, or a person's address. */
static int post_to(struct koko_opts *o, const char *name, struct slice body, struct err *err)
{
	bool person = strchr(name, '@') != NULL;
	struct koko_post p = {.from = o->from, .subject = o->subject, .body = body};
	struct net *net = NULL;
	struct buf group;
	int rc = 0;

	buf_init(&group, GROUP_NAME_MAX);
	if (person)
		p.to = name;
	else if (o->submission)
		buf_addz(&group, name);
	else
		rc = koko_connect(o, &net, err);
	if (net && net_newsgroup(net, name, &group) < 0)
		rc = err_set(err, KERR_INVALID, _("\"%s\" is no group name"), name);
	p.group = buf_cstr(&group);
	if (rc == 0)
		rc = send_post(net, o, &p, err);
	net_close(net);
	buf_fini(&group);
	return rc;
}

int koko_post_cmd(struct koko_opts *o, char **args, int n_args, struct err *err)
{
	struct buf body;

	if (n_args != 1 || !o->subject)
		return err_set(err, KERR_INVALID, "koko post GROUP -s SUBJECT");
	int rc = check_from(o, err);
	buf_init(&body, KOKO_ARTICLE_MAX);
	if (rc == 0)
		rc = read_text(&body, err);
	if (rc == 0)
		rc = post_to(o, args[0], buf_slice(&body), err);
	buf_fini(&body);
	return rc;
}

/*
 * Quoted text, if asked for, then the text of standard input; to the parent's group, or to the
 * author of what stands in none.
 */
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
			.to = r->group.len == 0 ? buf_cstr(&r->author) : NULL,
			.subject = o->subject ? o->subject : buf_cstr(&r->subject),
			.references = buf_slice(&r->references),
			.body = buf_slice(&body)};

		rc = send_post(net, o, &p, err);
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
		if (rc == 0 && r.group.len == 0 && net_newsgroup(net, group, &r.group) < 0)
			buf_reset(&r.group); /* a mail: its author gets the reply */
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
