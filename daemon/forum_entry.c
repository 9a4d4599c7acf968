/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Posts in groups that other daemons have too: what of them is different. */
#include "daemon/fed_relay.h"
#include "daemon/forum_posting.h"
#include "proto/base/mem.h"
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
		.cancels = p->control.kind == CONTROL_CANCEL ? p->control.target : lit("")};
	int rc;

	if (p->how != FORUM_POST || !p->shared)
		return 0;
	rc = fed_posting_begin(p->f->env->fed, &wish, &p->out, &p->signed_bytes, &p->entry, p->why);
	if (rc == 0 && p->entry)
		rc = article_parse(&p->out, buf_slice(&p->signed_bytes), &none);
	return rc;
}

/* ---- entries that another news server brings ---- */

int posting_find_entry(struct posting *p)
{
	struct slice rest = p->in.value[ART_NEWSGROUPS], name;

	while (newsgroups_next(&rest, &name))
		p->is_entry = p->is_entry || fed_plans_shared(p->f->env->fed, name);
	if (p->is_entry && !article_has(&p->in, ART_KOKOD_SIGN))
		return err_set(p->why, KERR_DENIED, "the group takes signed articles only");
	return 0;
}

struct entry_call {
	forum_done_fn done;
	void *arg;
	struct fed_relay *relay;
	char mid[MSGID_MAX + 1];
};

static void on_relayed(void *arg, int rc)
{
	struct entry_call *c = arg;
	struct forum_result r = {.rc = rc,
		.why = rc == KERR_INVALID ? "its signature or its place in the group does not hold"
					  : posting_why(rc),
		.mid = slice_str(c->mid)};

	c->done(c->arg, &r);
	free(c);
}

static void drop(void *call)
{
	struct entry_call *c = call;

	fed_relay_drop(c->relay);
	free(c);
}

int posting_relay_entry(
	struct posting *p, struct slice raw, forum_done_fn done, void *arg, struct ticket *t)
{
	struct entry_call *c = mem_new(struct entry_call);

	*c = (struct entry_call){.done = done, .arg = arg};
	memcpy(c->mid, p->mid, sizeof c->mid);
	c->relay = fed_relay_new(p->f->env->fed, raw, p->f->who.home, on_relayed, c);
	*t = (struct ticket){c, drop};
	return 0;
}
