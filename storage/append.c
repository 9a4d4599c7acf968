/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages that come into personal mailboxes from outside; see append.h. */
#include "storage/append.h"

#include "proto/base/mem.h"
#include "storage/box.h"
#include "storage/file.h"
#include "storage/flags.h"
#include "storage/group.h"
#include "storage/refs.h"
#include "storage/schema.h"
#include "storage/user.h"

enum {
	ROWS_MAX = 1024 * 1024, /* bytes of structures that one job writes: more are left out */
	INBOX_COST = 2 * JOB_COST,
};

int append_make(struct store *s, const struct store_append *a, const uint32_t *accounts,
	size_t n_accounts, struct appended *out)
{
	bool fits = n_accounts * a->structure.len <= ROWS_MAX;
	int rc = room_check(&s->room, ROOM_POST);

	if (rc == 0)
		rc = incoming_make(s, CONTENT_ID_NONE, a->message, a->overview,
			fits ? a->structure : lit(""), &out->in);
	if (rc < 0)
		return rc;
	out->box = a->box;
	out->flags = a->flags;
	out->row = (struct row){.content = out->in.content.id,
		.arrived_at = a->arrived_at,
		.saved_at = a->saved_at,
		.bytes = a->message.len,
		.lines = a->lines};
	out->accounts = mem_array(n_accounts, sizeof *out->accounts);
	memcpy(out->accounts, accounts, n_accounts * sizeof *out->accounts);
	out->n_accounts = n_accounts;
	return 0;
}

void append_fini(struct appended *a)
{
	incoming_fini(&a->in);
	free(a->accounts);
}

size_t append_cost(const struct appended *a)
{
	return incoming_cost(&a->in, a->n_accounts) +
	       (a->box == 0 ? a->n_accounts : 0) * INBOX_COST;
}

/* The mailbox of that account, unless its INBOX is to be made. */
static int box_of(struct txn *t, const struct appended *a, uint32_t account, uint32_t *box_out)
{
	*box_out = a->box;
	return a->box != 0 ? 0 : box_inbox_find(t, account, box_out);
}

static int check_one(struct txn *t, const struct appended *a, uint32_t account)
{
	struct group_state st;
	uint32_t box;
	int rc = account_exists(t, account);

	if (rc < 0)
		return rc;
	rc = box_of(t, a, account, &box);
	if (rc == KERR_NOTFOUND)
		return 0; /* it will be made */
	if (rc == 0)
		rc = state_get(t, box, &st);
	return rc == 0 && st.next >= NUM_MAX ? KERR_TOOBIG : rc;
}

int append_check(struct txn *t, const struct appended *a)
{
	int rc = incoming_check(&a->in);

	for (size_t i = 0; rc == 0 && i < a->n_accounts; i++)
		rc = check_one(t, a, a->accounts[i]);
	return rc;
}

static void put_one(struct txn *t, const struct appended *a, uint32_t account, struct row *r)
{
	const struct row_sealed sealed = incoming_sealed(&a->in);
	uint32_t box = a->box;
	int rc = box == 0 ? box_inbox(t, account, a->row.saved_at, &box) : 0;

	if (rc < 0) {
		txn_damaged(t, "mailbox"); /* cannot be: append_check saw that it can be made */
		return;
	}
	*r = a->row;
	file_row(t, r, &sealed, box, account);
	refs_add(t, r->content, false);
	flags_add(t, account, box, r->num, a->flags);
}

void append_put(struct txn *t, const struct appended *a, struct store_result *res)
{
	struct row r = a->row;

	incoming_put(t, &a->in);
	for (size_t i = 0; i < a->n_accounts; i++)
		put_one(t, a, a->accounts[i], &r);
	res->seq = r.seq;
	res->n_places = 1;
	res->places[0] = r.places[0];
}

/* ---- store_append ---- */

struct append_job {
	struct store_job job;
	struct appended a;
};

static struct append_job *append_of(struct store_job *job)
{
	return container_of(job, struct append_job, job);
}

static int append_run(struct txn *t, struct store_job *job)
{
	const struct appended *a = &append_of(job)->a;
	int rc = append_check(t, a);

	if (rc < 0)
		return rc;
	append_put(t, a, &job->res);
	return t->rc;
}

static void append_after(struct store *s, struct store_job *job)
{
	if (job->res.rc < 0)
		incoming_refused(s, &append_of(job)->a.in);
}

static void append_release(struct store_job *job)
{
	append_fini(&append_of(job)->a);
	job_fini(job);
	free(append_of(job));
}

int store_append(struct store *s, const struct store_append *a, const struct store_call *c)
{
	int rc = writer_check(s, a->message.len);

	if (rc < 0)
		return rc;
	struct append_job *j = mem_new(struct append_job);
	rc = append_make(s, a, &a->account, 1, &j->a);
	if (rc == 0) {
		struct list jobs;

		job_init(&j->job, append_cost(&j->a), c, lit("append"));
		j->job.run = append_run;
		j->job.after = append_after;
		j->job.release = append_release;
		list_init(&jobs);
		incoming_pieces(&j->a.in, &jobs);
		list_append(&jobs, &j->job.node);
		rc = writer_add(s, &jobs, false);
	}
	if (rc < 0)
		append_release(&j->job);
	if (rc == KERR_IO)
		writer_stop(s, rc); /* the key file could not be synced */
	return rc;
}
