/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sweeping.  Meta names each content that was begun, so no table is scanned for them. */
#include "storage/sweep.h"

#include <time.h>

#include "proto/base/mem.h"
#include "storage/content.h"
#include "storage/meta.h"
#include "storage/writer.h"

enum { SWEEP_CHUNKS = 64 };

struct sweep_job {
	struct store_job job;
	uint64_t content;
	bool more;
};

/* One slice; false: nothing is left and meta has forgotten it. */
static bool sweep_slice(struct txn *t, uint64_t content)
{
	struct key k;

	if (content_del(t, content, SWEEP_CHUNKS) == SWEEP_CHUNKS)
		return true;
	meta_key_big(&k, content);
	txn_del(t, &k);
	return false;
}

static int sweep_run(struct txn *t, struct store_job *job)
{
	struct sweep_job *w = container_of(job, struct sweep_job, job);

	w->more = sweep_slice(t, w->content);
	return t->rc;
}

static void sweep_after(struct store *s, struct store_job *job)
{
	struct sweep_job *w = container_of(job, struct sweep_job, job);

	if (job->res.rc == 0 && w->more)
		sweep_later(s, w->content);
}

static void sweep_release(struct store_job *job)
{
	free(container_of(job, struct sweep_job, job));
}

void sweep_later(struct store *s, uint64_t content)
{
	struct sweep_job *w = mem_new(struct sweep_job);
	struct list jobs;

	w->content = content;
	job_init(&w->job, JOB_COST * SWEEP_CHUNKS, NULL, lit(""));
	w->job.run = sweep_run;
	w->job.after = sweep_after;
	w->job.release = sweep_release;
	list_init(&jobs);
	list_append(&jobs, &w->job.node);
	if (writer_add(s, &jobs, true) < 0)
		sweep_release(&w->job);
}

static int first_begun(struct store *s, uint64_t *content_out)
{
	struct kv_view *v;
	int rc = kv_view_open(s->kv, &v);

	if (rc < 0)
		return rc;
	rc = meta_first_big(v, content_out);
	kv_view_close(v);
	return rc;
}

int sweep_all(struct store *s)
{
	uint64_t content;
	struct txn t;
	int rc;

	while ((rc = first_begun(s, &content)) == 0) {
		rc = txn_begin(s->kv, &s->counters, time(NULL), &t);
		if (rc < 0)
			break;
		sweep_slice(&t, content);
		rc = txn_commit(&t);
		if (rc < 0)
			break;
	}
	return rc == KERR_NOTFOUND ? 0 : rc;
}
