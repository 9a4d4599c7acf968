/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Posts in groups that other daemons have too: what of them is different. */
#include "daemon/forum_posting.h"
#include "proto/base/wildmat.h"

struct shared_walk {
	struct slice name;
	bool shared;
};

static bool shared_on(void *arg, const struct peer_rec *p, uint64_t cursor)
{
	struct shared_walk *w = arg;

	(void)cursor;
	w->shared = wildmat_match(slice_str(p->groups), w->name);
	return !w->shared;
}

int forum_group_shared(struct db_forum *f, struct view *v, struct slice name, bool *shared_out)
{
	struct shared_walk w = {name, fed_plans_shared(f->env->fed, name)};
	int rc = w.shared ? 0 : view_peers(v, shared_on, &w);

	*shared_out = w.shared;
	return rc;
}

/* The bytes that are signed are those that are stored: the article is read from them again. */
int posting_entry(struct posting *p)
{
	static const struct msg_limits none = {0};
	struct fed_wish wish = {.group = slice_trim(p->out.value[ART_NEWSGROUPS]),
		.login = slice_str(p->account.login),
		.control = p->control.kind == CONTROL_CANCEL};
	int rc;

	if (p->how != FORUM_POST || !p->shared)
		return 0;
	rc = fed_posting_begin(p->f->env->fed, &wish, &p->out, &p->signed_bytes, &p->entry, p->why);
	if (rc == 0 && p->entry)
		rc = article_parse(&p->out, buf_slice(&p->signed_bytes), &none);
	return rc;
}
