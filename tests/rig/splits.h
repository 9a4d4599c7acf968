/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One input, every cut: a parser must give one answer however its input arrives.  Every piece
 * lies in a heap block of exactly its size, so that a sanitizer sees a single byte too far.
 */
#ifndef TESTS_RIG_SPLITS_H
#define TESTS_RIG_SPLITS_H

#include "proto/base/buf.h"

/* Run a fresh parser over the pieces, in order, and write all that it said to `answer`. */
typedef void (*splits_fn)(void *arg, const struct slice *pieces, size_t n, struct buf *answer);

/*
 * Feed `in` whole, byte by byte and cut in two at every place.  The answers must be equal to the
 * first, which is left in *answer (initialised by the caller).  false, and the cut and both
 * answers on stderr, when one differs.
 */
NODISCARD bool splits_check(splits_fn fn, void *arg, struct slice in, struct buf *answer);

/* Call fn with every prefix of `in`, the empty one and the whole included. */
void splits_prefixes(void (*fn)(void *arg, struct slice prefix), void *arg, struct slice in);

/* A copy in a heap block of exactly s.len bytes; splits_free releases it. */
struct slice splits_copy(struct slice s);
void splits_free(struct slice s);

#endif
