/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The writer: the only one who changes the store.  It takes what was queued while the previous
 * commit ran, runs the jobs in one transaction, commits durably, then answers.
 */
#ifndef STORAGE_WRITER_H
#define STORAGE_WRITER_H

#include "proto/base/coll.h"
#include "storage/store_priv.h"
#include "storage/txn.h"

enum {
	BATCH_JOBS = 1024,
	BATCH_COST = 3 * 1024 * 1024,  /* estimated bytes; KV_BATCH_MAX is the engine's limit */
	QUEUE_JOBS = 16 * 1024,        /* more: KERR_BUSY */
	QUEUE_COST = 64 * 1024 * 1024, /* likewise, unless the queue is empty */
	JOB_COST = 512,                /* of a job that writes a few small rows */
	PATIENT_JOBS = 128,            /* so many that can wait have a commit of their own ... */
	PATIENCE_MS = 20,              /* ... and fewer after that time */
};

struct store_job {
	struct list node;
	size_t cost; /* bytes it will write, about */

	/*
	 * Check, then write.  A negative result means refused: nothing was written.  Failures of
	 * steps stick in t->rc and fail the batch.  It may be run again, from the start.
	 */
	int (*run)(struct txn *t, struct store_job *job);
	/* The result is final; on the writer's thread, before the answer.  May be NULL. */
	void (*after)(struct store *s, struct store_job *job);
	/* Free the job and all it holds. */
	void (*release)(struct store_job *job);

	void *home;
	store_done_fn done; /* NULL: nobody asks, or not any more */
	bool answers;       /* done was set when it was queued */
	bool patient;       /* store_call.can_wait */
	void *arg;
	char *actor, *what; /* for the audit log, or NULL */
	struct store_result res;
};

/* c may be NULL: an internal job.  `what` is for the audit log and copied when c names an actor. */
void job_init(struct store_job *job, size_t cost, const struct store_call *c, struct slice what);
void job_fini(struct store_job *job);

/*
 * For `after` of a job too long for one batch: `next`, a copy of it (list node and all), goes on in
 * a batch to come and has its answer; `old` answers nobody any more.  When the store closes, `next`
 * is released.
 */
void job_pass_on(struct store *s, struct store_job *old, struct store_job *next);

NODISCARD int writer_open(struct store *s);

/* Run what is queued, and end. */
void writer_close(struct store *s);

/* End writing for good, and say so once.  Any thread. */
void writer_stop(struct store *s, int rc);

/* Is there room for a job of that cost?  0, KERR_BUSY or KERR_CLOSED. */
NODISCARD int writer_check(struct store *s, size_t cost);

/*
 * Queue jobs in this order, all or none; they are the writer's then.  KERR_BUSY, KERR_CLOSED: they
 * are still the caller's.  Jobs of the store itself (`own`) are not counted.
 */
NODISCARD int writer_add(struct store *s, struct list *jobs, bool own);

#endif
