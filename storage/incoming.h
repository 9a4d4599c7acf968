/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message on its way into the store: compressed and sealed on the calling thread, put by a job.
 *
 * A big content goes ahead in pieces, under a content id that meta remembers until the job that
 * refers to it is done; if that one is refused, the pieces are swept.
 */
#ifndef STORAGE_INCOMING_H
#define STORAGE_INCOMING_H

#include "storage/content.h"
#include "storage/row.h"
#include "storage/writer.h"

struct piece_job;

struct incoming {
	struct sealed content;
	struct buf overview, structure; /* sealed, for the row */
	struct piece_job *pieces;       /* none: the content goes with the job that refers to it */
	size_t n_pieces;
};

/*
 * Seal a message and what derives from it; a structure over STORE_STRUCTURE_MAX is left out.
 * id: as content_seal.  KERR_FULL, KERR_IO: no key could be had; KERR_TOOBIG.
 */
NODISCARD int incoming_make(struct store *s, uint64_t id, struct slice message,
	struct slice overview, struct slice structure, struct incoming *in);
void incoming_fini(struct incoming *in);

/*
 * Append the jobs of the pieces (if any) to a queue that goes on with the job that refers to the
 * content.  They lie in `in`, which that job's release frees.
 */
void incoming_pieces(struct incoming *in, struct list *jobs);

/* In the job that refers to it: what became of the pieces; put the content. */
NODISCARD int incoming_check(const struct incoming *in);
void incoming_put(struct txn *t, const struct incoming *in);

/* After the job: the content is not referred to. */
void incoming_refused(struct store *s, const struct incoming *in);

/* Bytes that the job itself will write, `rows` rows included. */
size_t incoming_cost(const struct incoming *in, size_t rows);

static inline struct row_sealed incoming_sealed(const struct incoming *in)
{
	return (struct row_sealed){buf_slice(&in->overview), buf_slice(&in->structure)};
}

#endif
