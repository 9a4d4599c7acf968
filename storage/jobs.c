/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The small jobs: groups, accounts, members, peers, marks, meta.  Each is a copy of its arguments
 * and a call into the table's module. */
#include "proto/base/mem.h"
#include "storage/group.h"
#include "storage/marks.h"
#include "storage/member.h"
#include "storage/meta.h"
#include "storage/modseq.h"
#include "storage/peerpos.h"
#include "storage/store_fed.h"
#include "storage/user.h"
#include "storage/writer.h"

enum { WHAT_MAX = 1024 }; /* bytes of an audit line */

struct small_job {
	struct store_job job;

	union {
		struct group_rec group;
		struct account account;
		struct peer_rec peer;

		struct {
			uint32_t group, account;
			enum role role;
		} member;

		struct {
			char name[STORE_NAME_MAX + 1];
			uint64_t seq;
		} cursor;

		struct {
			uint32_t account, group;
			uint8_t set;
			bool add;
			struct ranges ranges;
		} marks;
	} u;
};

static struct small_job *small_of(struct store_job *job)
{
	return container_of(job, struct small_job, job);
}

static void release(struct store_job *job)
{
	job_fini(job);
	mem_wipe(&small_of(job)->u, sizeof small_of(job)->u); /* an account has a hash */
	free(small_of(job));
}

static struct small_job *new_job(int (*run)(struct txn *t, struct store_job *job),
	const struct store_call *c, struct buf *what)
{
	struct small_job *j = mem_new(struct small_job);

	job_init(&j->job, JOB_COST, c, buf_slice(what));
	buf_fini(what);
	j->job.run = run;
	j->job.release = release;
	return j;
}

static int add(struct store *s, struct small_job *j)
{
	struct list jobs;

	list_init(&jobs);
	list_append(&jobs, &j->job.node);
	int rc = writer_add(s, &jobs, false);
	if (rc < 0)
		j->job.release(&j->job);
	return rc;
}

/* ---- groups, accounts, members ---- */

static int run_group(struct txn *t, struct store_job *job)
{
	return group_put(t, &small_of(job)->u.group, &job->res.id);
}

int store_group_put(struct store *s, const struct group_rec *g, const struct store_call *c)
{
	struct buf what;

	if (g->name[0] == '\0')
		return KERR_INVALID;
	if (g->owner == 0 && strlen(g->name) > STORE_NAME_MAX)
		return KERR_TOOBIG;
	buf_init(&what, WHAT_MAX);
	buf_addf(&what, "group put %s kind=%d class=%d posting=%d title=%s", g->name, (int)g->kind,
		(int)g->cls, (int)g->posting, g->title);
	struct small_job *j = new_job(run_group, c, &what);
	j->u.group = *g;
	return add(s, j);
}

static int run_account(struct txn *t, struct store_job *job)
{
	return account_put(t, &small_of(job)->u.account, &job->res.id);
}

int store_account_put(struct store *s, const struct account *a, const struct store_call *c)
{
	struct buf what;

	if (a->login[0] == '\0' || a->n_addresses > STORE_ADDRESSES)
		return KERR_INVALID;
	buf_init(&what, WHAT_MAX);
	buf_addf(&what, "account put %s state=%d rights=%u name=%s", a->login, (int)a->state,
		a->rights, a->name);
	struct small_job *j = new_job(run_account, c, &what);
	j->u.account = *a;
	return add(s, j);
}

static int run_member(struct txn *t, struct store_job *job)
{
	struct small_job *j = small_of(job);

	return member_put(t, j->u.member.group, j->u.member.account, j->u.member.role);
}

int store_member_put(struct store *s, uint32_t group, uint32_t account, enum role role,
	const struct store_call *c)
{
	struct buf what;

	buf_init(&what, WHAT_MAX);
	buf_addf(&what, "member put group=%u account=%u role=%d", group, account, (int)role);
	struct small_job *j = new_job(run_member, c, &what);
	j->u.member.group = group;
	j->u.member.account = account;
	j->u.member.role = role;
	return add(s, j);
}

/* ---- peers ---- */

static int run_peer(struct txn *t, struct store_job *job)
{
	return peer_put(t, &small_of(job)->u.peer);
}

int store_peer_put(struct store *s, const struct peer_rec *p, const struct store_call *c)
{
	struct buf what;

	if (p->name[0] == '\0')
		return KERR_INVALID;
	buf_init(&what, WHAT_MAX);
	buf_addf(&what, "peer put %s host=%s port=%u tls=%d groups=%.400s", p->name, p->host,
		p->port, p->tls, p->groups);
	struct small_job *j = new_job(run_peer, c, &what);
	j->u.peer = *p;
	return add(s, j);
}

static int run_peer_del(struct txn *t, struct store_job *job)
{
	return peer_del(t, slice_str(small_of(job)->u.cursor.name));
}

int store_peer_del(struct store *s, struct slice name, const struct store_call *c)
{
	struct buf what;

	if (name.len == 0 || name.len > STORE_NAME_MAX)
		return KERR_INVALID;
	buf_init(&what, WHAT_MAX);
	buf_addf(&what, "peer del %.*s", SLICE_ARG(name));
	struct small_job *j = new_job(run_peer_del, c, &what);
	memcpy(j->u.cursor.name, name.p, name.len);
	return add(s, j);
}

static int run_cursor(struct txn *t, struct store_job *job)
{
	struct small_job *j = small_of(job);

	return cursor_put(t, slice_str(j->u.cursor.name), j->u.cursor.seq);
}

int store_cursor_put(struct store *s, struct slice peer, uint64_t seq, const struct store_call *c)
{
	struct buf what;

	if (peer.len == 0 || peer.len > STORE_NAME_MAX)
		return KERR_INVALID;
	buf_init(&what, WHAT_MAX);
	buf_addf(&what, "cursor put %.*s seq=%llu", SLICE_ARG(peer), (unsigned long long)seq);
	struct small_job *j = new_job(run_cursor, c, &what);
	memcpy(j->u.cursor.name, peer.p, peer.len);
	j->u.cursor.seq = seq;
	return add(s, j);
}

/* ---- what has become of the database ---- */

static int run_seen(struct txn *t, struct store_job *job)
{
	struct key k;

	(void)job;
	meta_key(&k, META_PUT_BACK);
	txn_del(t, &k);
	return t->rc;
}

int store_put_back_seen(struct store *s, const struct store_call *c)
{
	struct buf what;

	buf_init(&what, WHAT_MAX);
	buf_addz(&what, "put back, seen");
	return add(s, new_job(run_seen, c, &what));
}

/* ---- marks ---- */

static int run_marks(struct txn *t, struct store_job *job)
{
	struct small_job *j = small_of(job);

	return marks_change(t, j->u.marks.account, j->u.marks.group, j->u.marks.set,
		&j->u.marks.ranges, j->u.marks.add, &job->res.seq);
}

static void release_marks(struct store_job *job)
{
	ranges_fini(&small_of(job)->u.marks.ranges);
	release(job);
}

int store_marks_change(struct store *s, uint32_t account, uint32_t group, unsigned set,
	struct slice ranges, bool add_them, const struct store_call *c)
{
	struct ranges parsed;
	struct buf what;

	if (set == SET_MODSEQ || set >= SET_RUNS || account == 0)
		return KERR_INVALID;
	int rc = ranges_parse(ranges, &parsed);
	if (rc < 0)
		return rc;
	buf_init(&what, WHAT_MAX);
	buf_addf(&what, "marks %s account=%u group=%u set=%u", add_them ? "add" : "take", account,
		group, set);
	struct small_job *j = new_job(run_marks, c, &what);
	j->job.release = release_marks;
	j->job.cost += ranges.len * 2;
	j->u.marks.account = account;
	j->u.marks.group = group;
	j->u.marks.set = (uint8_t)set;
	j->u.marks.add = add_them;
	j->u.marks.ranges = parsed;
	return add(s, j);
}
