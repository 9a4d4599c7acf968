/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Old removals are forgotten.  They lie by group and sequence, so the old ones of a group are the
 * front of its rows; a job looks at some and hands the rest to a new one.  Meta says up to where
 * they are gone before the first of them goes, so nobody takes what is left for all there were.
 */
#include "proto/base/mem.h"
#include "storage/meta.h"
#include "storage/schema.h"
#include "storage/store_priv.h"
#include "storage/writer.h"

enum {
	PRUNE_ROWS = 1024,  /* of a slice */
	PRUNE_GROUPS = 256, /* looked at in a slice */
};

struct prune_job {
	struct store_job job;
	uint64_t upto;
	uint32_t group, next; /* where to begin, where to go on; 0: at the end */
	uint64_t n;           /* rows that went */
};

struct front {
	uint64_t upto;
	uint32_t group; /* of the first row met; 0: none */
	struct vec keys;
};

static struct prune_job *prune_of(struct store_job *job)
{
	return container_of(job, struct prune_job, job);
}

/* Collect the old rows of one group, from the first on. */
static bool front_on(void *arg, struct slice key, struct slice value)
{
	struct front *f = arg;
	struct dec d = dec_of_key(key, TABLE_REMOVED);
	uint32_t group = take_u32(&d);

	(void)value;
	if (f->group == 0)
		f->group = group;
	if (group != f->group || take_u64(&d) > f->upto)
		return false;
	struct key *k = vec_push(&f->keys);
	key_bytes(k, key);
	return f->keys.n < PRUNE_ROWS;
}

/* The old removals of the first group at or above `group`; 0: there is no such group. */
static uint32_t prune_group(struct txn *t, struct prune_job *j, uint32_t group)
{
	struct front f = {.upto = j->upto};
	struct key table, from, to;

	vec_init(&f.keys, sizeof(struct key));
	key_begin(&table, TABLE_REMOVED);
	struct kv_range r = range_of(&table, &to);
	key_of_u32(&from, TABLE_REMOVED, group);
	r.from = key_slice(&from);
	if (t->rc == 0)
		t->rc = kv_batch_scan(t->b, &r, front_on, &f);
	for (size_t i = 0; i < f.keys.n; i++)
		txn_del(t, vec_at(&f.keys, i));
	j->n += f.keys.n;
	bool whole = f.keys.n < PRUNE_ROWS;
	vec_fini(&f.keys);
	return f.group == 0 ? 0 : f.group + whole;
}

static int prune_run(struct txn *t, struct store_job *job)
{
	struct prune_job *j = prune_of(job);
	struct slice value;
	struct key k;
	uint64_t old = 0;

	j->n = 0;
	j->next = j->group;
	meta_key(&k, META_PRUNED);
	if (txn_get(t, &k, &value) == 0) {
		struct dec d = dec_of(value);
		old = take_u64(&d);
	}
	job->res.seq = j->upto;
	if (old >= j->upto && j->group == 0) { /* nothing has grown old since */
		j->next = 0;
		return t->rc;
	}
	if (old < j->upto)
		txn_put_u64(t, &k, j->upto);
	for (int i = 0; i < PRUNE_GROUPS && j->n < PRUNE_ROWS && t->rc == 0; i++) {
		j->next = prune_group(t, j, j->next);
		if (j->next == 0)
			break;
	}
	return t->rc;
}

static void prune_release(struct store_job *job)
{
	job_fini(job);
	free(prune_of(job));
}

static void prune_after(struct store *s, struct store_job *job)
{
	struct prune_job *old = prune_of(job);

	if (job->res.rc < 0)
		return;
	s->n_pruned += old->n;
	if (old->next == 0)
		return;
	struct prune_job *j = mem_new(struct prune_job);
	*j = *old;
	j->group = old->next;
	job_pass_on(s, &old->job, &j->job);
}

int store_prune(struct store *s, int64_t before_at, const struct store_call *c)
{
	struct list jobs;
	struct view *v;
	uint64_t upto = 0;
	int rc = view_open(s, &v);

	if (rc < 0)
		return rc;
	rc = view_log_since(v, before_at, &upto);
	view_close(v);
	if (rc < 0)
		return rc;
	struct prune_job *j = mem_new(struct prune_job);
	job_init(&j->job, (size_t)JOB_COST * PRUNE_GROUPS, c, lit("prune"));
	j->job.run = prune_run;
	j->job.after = prune_after;
	j->job.release = prune_release;
	j->upto = upto;
	list_init(&jobs);
	list_append(&jobs, &j->job.node);
	rc = writer_add(s, &jobs, false);
	if (rc < 0)
		prune_release(&j->job);
	return rc;
}
