/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages on their way in; see incoming.h. */
#include "storage/incoming.h"

#include "proto/base/mem.h"
#include "storage/meta.h"
#include "storage/sweep.h"

enum {
	PIECE_CHUNKS = 5, /* chunks of a piece: 240 KiB */
	ROW_COST = 256,   /* row without what is sealed, log entry, state */
};

struct piece_job {
	struct store_job job;
	struct sealed *content; /* of the job that refers to it, which comes later in the queue */
	size_t from, to;
};

int incoming_make(struct store *s, uint64_t id, struct slice message, struct slice overview,
	struct slice structure, struct incoming *in)
{
	if (message.len > STORE_ARTICLE_MAX || overview.len > ROW_OVERVIEW_MAX)
		return KERR_TOOBIG;
	int rc = content_seal(s, id, message, &in->content);
	if (rc < 0)
		return rc;
	buf_init(&in->overview, ROW_OVERVIEW_MAX + SEAL_EXTRA);
	buf_init(&in->structure, STORE_STRUCTURE_MAX + SEAL_EXTRA);
	content_seal_row(in->content.key, in->content.id, overview, &in->overview);
	if (structure.len > 0 && structure.len <= STORE_STRUCTURE_MAX)
		content_seal_row(in->content.key, in->content.id, structure, &in->structure);
	return 0;
}

void incoming_fini(struct incoming *in)
{
	content_free(&in->content);
	buf_fini(&in->overview);
	buf_fini(&in->structure);
	free(in->pieces);
}

/* ---- pieces ---- */

static int piece_run(struct txn *t, struct store_job *job)
{
	struct piece_job *p = container_of(job, struct piece_job, job);
	struct key k;

	if (p->from == 0) {
		meta_key_big(&k, p->content->id);
		txn_put(t, &k, lit(""));
	}
	content_put(t, p->content, p->from, p->to);
	return t->rc;
}

/* It lies in the array of the job that refers to it. */
static void piece_release(struct store_job *job)
{
	(void)job;
}

static void add_pieces(struct incoming *in, struct list *jobs)
{
	in->n_pieces = (in->content.n_chunks + PIECE_CHUNKS - 1) / PIECE_CHUNKS;
	in->pieces = mem_array(in->n_pieces, sizeof *in->pieces);
	for (size_t i = 0; i < in->n_pieces; i++) {
		struct piece_job *piece = &in->pieces[i];
		size_t end = (i + 1) * PIECE_CHUNKS;

		piece->content = &in->content;
		piece->from = i * PIECE_CHUNKS;
		piece->to = end < in->content.n_chunks ? end : in->content.n_chunks;
		job_init(&piece->job, (piece->to - piece->from) * (STORE_CHUNK + JOB_COST), NULL,
			lit(""));
		piece->job.run = piece_run;
		piece->job.release = piece_release;
		list_append(jobs, &piece->job.node);
	}
}

static bool is_big(const struct incoming *in)
{
	return in->content.n_chunks > PIECE_CHUNKS;
}

void incoming_pieces(struct incoming *in, struct list *jobs)
{
	if (is_big(in))
		add_pieces(in, jobs);
}

/* ---- the job that refers to it ---- */

int incoming_check(const struct incoming *in)
{
	for (size_t i = 0; i < in->n_pieces; i++)
		if (in->pieces[i].job.res.rc < 0)
			return in->pieces[i].job.res.rc;
	return 0;
}

void incoming_put(struct txn *t, const struct incoming *in)
{
	struct key k;

	if (in->n_pieces == 0) {
		content_put(t, &in->content, 0, in->content.n_chunks);
		return;
	}
	meta_key_big(&k, in->content.id);
	txn_del(t, &k);
}

void incoming_refused(struct store *s, const struct incoming *in)
{
	if (in->n_pieces > 0)
		sweep_later(s, in->content.id);
}

size_t incoming_cost(const struct incoming *in, size_t rows)
{
	return JOB_COST + (is_big(in) ? 0 : in->content.bytes) +
	       rows * (ROW_COST + in->overview.len + in->structure.len);
}
